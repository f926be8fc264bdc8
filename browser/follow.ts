/** A log that is still written is followed at its end. Scrolling up pauses that, and the page says so. */

const NEAR_PX = 120;

/** Whether the log's end should be read again now. */
export function isFollowing(): boolean {
  const log = document.querySelector("[data-follow]");
  if (log === null) return false;
  const isPaused = !isAtEnd();
  const note = document.querySelector<HTMLElement>("#paused");
  if (note !== null) note.hidden = !isPaused;
  return !isPaused;
}

function isAtEnd(): boolean {
  return innerHeight + scrollY >= document.documentElement.scrollHeight - NEAR_PX;
}

export function goToEnd(): void {
  scrollTo({ top: document.documentElement.scrollHeight });
}

/** A log opens at its end; an address with a line, at that line. */
export function openAtEnd(): void {
  if (document.querySelector(".log[data-end]") !== null && location.hash === "") goToEnd();
}
