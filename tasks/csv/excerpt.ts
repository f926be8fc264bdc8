/** A short piece of a faulty line that is safe in a log: nothing in it can move a cursor or forge a line. */

/** Characters of an excerpt, at most, escapes included. */
const EXCERPT_CHARACTERS = 120;
/** Bytes of a line that suffice for its excerpt: four for each character, the longest in UTF-8. */
const EXCERPT_BYTES = EXCERPT_CHARACTERS * 4;

const INVISIBLE = /[\p{C}\p{Zl}\p{Zp}\uFFFD]/u;

/**
 * The line's beginning. Control, format and unassigned characters and line separators are written as `\u{9}`; invalid
 * UTF-8 as `\u{fffd}`. An ellipsis marks a line that is longer. `isWhole` means that `bytes` is the whole line.
 */
export function formatExcerpt(bytes: Uint8Array, isWhole: boolean): string {
  const head = bytes.subarray(0, EXCERPT_BYTES);
  const text = Buffer.from(head.buffer, head.byteOffset, head.length).toString("utf8");
  let excerpt = "";
  let isCut = !isWhole || bytes.length > EXCERPT_BYTES;
  for (const character of text) {
    const shown = INVISIBLE.test(character)
      ? `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`
      : character;
    if (excerpt.length + shown.length > EXCERPT_CHARACTERS - 1) {
      isCut = true;
      break;
    }
    excerpt += shown;
  }
  return isCut ? `${excerpt}…` : excerpt;
}
