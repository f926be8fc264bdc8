/** How values of unknown origin are written into a page: always as text. */

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Control characters are no text in HTML. */
const CONTROL = /[^\P{Cc}\t\n]/gu;

export function escapeHtml(text: string): string {
  return text.replaceAll(CONTROL, "\ufffd").replaceAll(/[&<>"']/g, (found) => ESCAPES[found] ?? found);
}

/** Whole numbers, or with one digit: enough for a coordinate. */
export function round(value: number): string {
  return String(Math.round(value * 10) / 10);
}
