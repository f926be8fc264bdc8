/** Which characters are shown as escapes: the first and last of each range, and their neighbours. */
import { expect, test } from "vitest";
import { escapeControlCharacters, findControlCharacter } from "../../../model/text/control-character.ts";

const show = (code: number) => escapeControlCharacters(String.fromCharCode(code));
const escapeOf = (code: number) => `\\u${code.toString(16).padStart(4, "0")}`;

test.each([0x00, 0x1f, 0x7f, 0x80, 0x9f, 0x2028, 0x2029, 0x200e, 0x200f, 0x202a, 0x202e, 0x2066, 0x2069])(
  "%i is shown as an escape",
  (code) => {
    expect(show(code)).toBe(escapeOf(code));
  },
);

test.each([0x20, 0x7e, 0xa0, 0x200d, 0x2010, 0x2027, 0x202f, 0x2065, 0x206a])(
  "%i is shown as it is",
  (code) => {
    expect(show(code)).toBe(String.fromCharCode(code));
  },
);

test("a whole text keeps the rest, and tab and line ends have their short names", () => {
  expect(escapeControlCharacters("a\tb\r\n\u001bc😀")).toBe("a\\tb\\r\\n\\u001bc😀");
});

test.each([
  ["a\u0000", 1],
  ["\u001f", 0],
  ["ab\u007f", 2],
  ["a\t\n\r b~\u0080", undefined],
])("the first control character of %j is at %s", (text, offset) => {
  expect(findControlCharacter(text)).toBe(offset);
});
