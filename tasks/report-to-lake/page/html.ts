/** How values of unknown origin are written into a page: always as text. */

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

export function escapeHtml(text: string): string {
  // Control characters are no text in HTML.
  // oxlint-disable-next-line no-control-regex
  return text
    .replaceAll(/[\0-\u0008\u000b-\u001f\u007f]/g, "\ufffd")
    .replaceAll(/[&<>"']/g, (found) => ESCAPES[found] ?? found);
}

/** Whole numbers, or with one digit: enough for a coordinate. */
export function round(value: number): string {
  return String(Math.round(value * 10) / 10);
}
