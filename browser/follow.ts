/** A log that is still written is followed at its end. Scrolling up pauses that, and the page says so. */

const NEAR_PX = 120;

/** As the person has scrolled: lines that were added since do not count. */
let isAtEnd = false;

/** A log opens at its end; an address with a line, at that line. */
export function enableFollowing(): void {
  if (document.querySelector(".log[data-end]") !== null && location.hash === "") goToEnd();
  judge();
  addEventListener("scroll", judge, { passive: true });
  document.addEventListener("page-read", showPause);
}

/** Whether the log's end should be read again now. */
export function isFollowing(): boolean {
  return isAtEnd && document.querySelector("[data-follow]") !== null;
}

export function goToEnd(): void {
  scrollTo({ top: document.documentElement.scrollHeight });
}

function judge(): void {
  isAtEnd = innerHeight + scrollY >= document.documentElement.scrollHeight - NEAR_PX;
  showPause();
}

function showPause(): void {
  const note = document.querySelector<HTMLElement>("#paused");
  if (note !== null) note.hidden = isAtEnd;
}
