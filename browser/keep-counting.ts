/** Durations of what is running grow while the page is open. */
import { showDuration } from "../web/pages/parts/figures.ts";
import { serverTime } from "./server-time.ts";

const EVERY_MS = 1_000;

export function keepCounting(): void {
  setInterval(() => {
    if (document.hidden) return;
    for (const element of document.querySelectorAll<HTMLElement>("[data-since]")) {
      const seconds = (serverTime() - Date.parse(element.dataset["since"] ?? "")) / 1_000;
      // Below ten seconds a page shows tenths, which would flicker.
      if (seconds >= 0)
        element.textContent = showDuration(seconds < 10 ? Math.max(1, Math.floor(seconds)) : seconds);
    }
  }, EVERY_MS);
}
