/** Keeps the page current: through the server's stream of changes, by asking now and then where the stream does not come through. */
import { goToEnd, isFollowing } from "./follow.ts";
import { readPage } from "./read-page.ts";
import { serverTime } from "./server-time.ts";

/** At most two reads a second, whatever happens. */
const READ_EVERY_MS = 500;
/** The stream gives a sign every 15 s. */
const SILENT_MS = 18_000;
const ASK_EVERY_MS = 5_000;
const FOLLOW_EVERY_MS = 1_000;

export function stayCurrent(): void {
  const address = document.querySelector<HTMLMetaElement>('meta[name="dagmar-stream"]')?.content;
  if (address === undefined) return;
  let streamMs = -Infinity;
  let readMs = performance.now();
  let isReading = false;
  let isWanted = false;

  async function read(): Promise<void> {
    isWanted = false;
    isReading = true;
    readMs = performance.now();
    const isAtLogEnd = isFollowing();
    const isAnswered = await readPage(location.href);
    if (isAtLogEnd) goToEnd();
    isReading = false;
    showStale(!isAnswered);
  }

  const stream = new EventSource(address);
  const heard = (): void => {
    streamMs = performance.now();
  };
  stream.addEventListener("open", heard);
  stream.addEventListener("heartbeat", heard);
  for (const kind of ["change", "event", "resync"]) {
    stream.addEventListener(kind, () => {
      heard();
      isWanted = true;
    });
  }
  // The browser connects again by itself, unless the server refused.
  stream.addEventListener("error", () => {
    streamMs = -Infinity;
    isWanted = true;
  });

  setInterval(() => {
    if (document.hidden || isReading) return;
    const nowMs = performance.now();
    const isSilent = nowMs - streamMs > SILENT_MS;
    if (isSilent && nowMs - readMs > ASK_EVERY_MS) isWanted = true;
    if (nowMs - readMs > FOLLOW_EVERY_MS && isFollowing()) isWanted = true;
    if (isWanted && nowMs - readMs >= READ_EVERY_MS) void read();
  }, READ_EVERY_MS / 2);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) isWanted = true;
  });
}

function showStale(isStale: boolean): void {
  const notice = document.querySelector<HTMLElement>("#stale");
  const since = document.querySelector("#stale-since");
  if (notice === null || since === null) return;
  if (isStale && notice.hidden) since.textContent = new Date(serverTime()).toLocaleTimeString();
  notice.hidden = !isStale;
}
