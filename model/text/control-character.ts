/** Finds and escapes characters that control a terminal or a parser. */

/**
 * Offset of the first C0 control character except tab, line feed and carriage return, or of DEL; `undefined` if there
 * is none.
 */
export function findControlCharacter(text: string): number | undefined {
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    const isSpace = code === 0x09 || code === 0x0a || code === 0x0d;
    if ((code < 0x20 && !isSpace) || code === 0x7f) return index;
  }
  return undefined;
}

/** The text with every control character, C1 and line separators included, written as an escape such as `\u001b`. */
export function escapeControlCharacters(text: string): string {
  let escaped = "";
  for (const character of text) {
    const code = character.charCodeAt(0);
    const isControl =
      code < 0x20 || (code >= 0x7f && code <= 0x9f) || isLineSeparator(code) || isDirectional(code);
    escaped += isControl
      ? (SHORT_ESCAPES.get(code) ?? `\\u${code.toString(16).padStart(4, "0")}`)
      : character;
  }
  return escaped;
}

const SHORT_ESCAPES: ReadonlyMap<number, string> = new Map([
  [0x09, "\\t"],
  [0x0a, "\\n"],
  [0x0d, "\\r"],
]);

function isLineSeparator(code: number): boolean {
  return code === 0x2028 || code === 0x2029;
}

/** Marks that change the reading direction: with them a title can show a line in another order. */
function isDirectional(code: number): boolean {
  return (
    code === 0x200e ||
    code === 0x200f ||
    (code >= 0x202a && code <= 0x202e) ||
    (code >= 0x2066 && code <= 0x2069)
  );
}
