/** The server's clock: this machine's may be wrong. */

let readMs = performance.now();
let atMs = readServerNow();

document.addEventListener("page-read", () => {
  readMs = performance.now();
  atMs = readServerNow();
});

/** Milliseconds since 1970. */
export function serverTime(): number {
  return atMs + performance.now() - readMs;
}

function readServerNow(): number {
  const ms = Date.parse(document.documentElement.dataset["now"] ?? "");
  return Number.isNaN(ms) ? 0 : ms;
}
