/** Keys that lead through the pages. They are off in a field. */

const AREAS: Readonly<Record<string, number>> = { h: 0, d: 1, r: 2, l: 3, i: 4, b: 5, e: 6 };
const SECOND_KEY_MS = 1_500;

export function enableKeys(): void {
  let goMs = -Infinity;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    const { key } = event;
    if (event.timeStamp - goMs < SECOND_KEY_MS && key in AREAS) {
      goMs = -Infinity;
      document.querySelectorAll<HTMLElement>(".topbar nav a")[AREAS[key] ?? 0]?.click();
      return;
    }
    if (key === "g") goMs = event.timeStamp;
    else if (key === "/") press(event, () => document.querySelector<HTMLElement>("#jump")?.focus());
    else if (key === "?") press(event, () => document.querySelector<HTMLElement>("#keys-link")?.click());
    else if (key === "c") document.querySelector<HTMLElement>("[data-copy]")?.click();
    else if (key === "[" || key === "]") {
      document.querySelector<HTMLElement>(key === "[" ? 'a[rel="prev"]' : 'a[rel="next"]')?.click();
    }
  });
}

function press(event: KeyboardEvent, act: () => void): void {
  event.preventDefault();
  act();
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement && target.closest("input, textarea, select, [contenteditable]") !== null
  );
}
