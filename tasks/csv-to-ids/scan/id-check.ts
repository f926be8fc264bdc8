/** Whether a cell is an id, judged from its bytes: done once for every title of the file, so it is optimised. */

/** IMDb's title ids as TMDB takes them. */
export const TITLE_ID_PATTERN = "^tt\\d{7,10}$";

/** Whether the cell `bytes[start, end)` is an id. */
export type IdCheck = (bytes: Uint8Array, start: number, end: number) => boolean;

const SMALL_T = 0x74;
const ZERO = 0x30;

/**
 * A check for a pattern, given as the source of a regular expression with the flag `u`. Raises `SyntaxError` if it is
 * invalid.
 */
export function compileIdCheck(pattern: string): IdCheck {
  if (pattern === TITLE_ID_PATTERN) return isTitleId;
  const expression = new RegExp(pattern, "u");
  return (bytes, start, end) => expression.test(Buffer.from(bytes.subarray(start, end)).toString("utf8"));
}

/** `tt` and 7 to 10 digits: the same as TITLE_ID_PATTERN, without making a text of the bytes. */
function isTitleId(bytes: Uint8Array, start: number, end: number): boolean {
  const length = end - start;
  if (length < 9 || length > 12 || bytes[start] !== SMALL_T || bytes[start + 1] !== SMALL_T) return false;
  for (let at = start + 2; at < end; at++) {
    const digit = (bytes[at] ?? 0) - ZERO;
    if (digit < 0 || digit > 9) return false;
  }
  return true;
}
