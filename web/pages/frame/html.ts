/** HTML from templates: every value is escaped, unless it is HTML from another template. */
import { escapeControlCharacters } from "../../../model/text/control-character.ts";

/** Only `html` and `join` make it; an object that was parsed from JSON is not one. */
class MadeHtml {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}
export type Html = MadeHtml;

/** `false`, `null` and `undefined` leave nothing, so that `condition && html…` reads well. */
export type Piece = Html | string | number | false | null | undefined | readonly Piece[];

/** Attributes are always written in double quotes. */
export function html(texts: TemplateStringsArray, ...pieces: readonly Piece[]): Html {
  let made = texts[0] ?? "";
  for (const [index, piece] of pieces.entries()) made += write(piece) + (texts[index + 1] ?? "");
  return new MadeHtml(made);
}

/** The pieces one after the other, with `between` them. */
export function join(pieces: readonly Piece[], between: Piece): Html {
  return new MadeHtml(pieces.map(write).join(write(between)));
}

function write(piece: Piece): string {
  if (typeof piece === "string") return escape(piece);
  if (typeof piece === "number") return String(piece);
  if (piece === false || piece === null || piece === undefined) return "";
  return piece instanceof MadeHtml ? piece.text : piece.map(write).join("");
}

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escape(text: string): string {
  return showHidden(text).replaceAll(/[&<>"']/g, (character) => ESCAPES[character] ?? "");
}

/** Control characters, and marks that turn the direction of writing, would hide what a name is: they are shown. */
const HIDDEN = /[^\P{Cc}\n\t]|[\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

function showHidden(text: string): string {
  return text.replaceAll(HIDDEN, escapeControlCharacters);
}
