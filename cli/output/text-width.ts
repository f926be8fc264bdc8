/** How many columns of a terminal a text takes, and texts brought to a width. */

/** Combining marks, joiners and variation selectors take no column of their own. */
const NARROWEST = /^[\p{Mn}\p{Me}\p{Cf}]$/u;
/** East Asian wide and fullwidth characters, and pictures (Unicode Standard Annex 11). */
const WIDE =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]$/u;
const PLAIN = /^[ -~]*$/;

export function measureText(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += NARROWEST.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
  return width;
}

export function measureLongestWord(text: string): number {
  return Math.max(...text.split(" ").map(measureText));
}

export function padText(text: string, missing: number, isRight: boolean): string {
  const space = " ".repeat(Math.max(0, missing));
  return isRight ? space + text : text + space;
}

/** Broken between words; a word that is longer than the width stays whole, since it may be a key or an id. */
export function wrapText(text: string, width: number): readonly string[] {
  if (measureText(text) <= width) return [text];
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line !== "" && measureText(longer) > width) {
      lines.push(line);
      line = word;
    } else {
      line = longer;
    }
  }
  return [...lines, line];
}

/** As `wrapText`, for text whose every line must fit: a word that is longer than the width, such as a path, is split. */
export function breakText(text: string, width: number): readonly string[] {
  return wrapText(text, width).flatMap((line) => splitLine(line, width));
}

function splitLine(line: string, width: number): readonly string[] {
  if (measureText(line) <= width) return [line];
  const parts: string[] = [];
  let part = "";
  for (const character of line) {
    if (part !== "" && measureText(part + character) > width) {
      parts.push(part);
      part = "";
    }
    part += character;
  }
  return [...parts, part];
}
