/** Colours of a terminal in a log line as classes, and what was searched for as marks. Everything else of a sequence is left out. */
import { html, type Html, type Piece } from "../frame/html.ts";

// oxlint-disable-next-line no-control-regex -- the sequences begin with it
const SEQUENCE = /\u001b\[([\d;]*)([A-Za-z])/g;

const CLASSES: Readonly<Record<string, string>> = {
  1: "bold",
  2: "dim",
  31: "red",
  32: "green",
  33: "yellow",
  34: "blue",
  35: "blue",
  36: "cyan",
  91: "red",
  92: "green",
  93: "yellow",
  94: "blue",
  95: "blue",
  96: "cyan",
};

/** `asked`: marked in any case; empty for nothing. */
export function colour(text: string, asked: string): Piece {
  const pieces: Html[] = [];
  let styles: readonly string[] = [];
  let from = 0;
  const add = (piece: string): void => {
    if (piece === "") return;
    const marked = mark(piece, asked);
    pieces.push(
      styles.length === 0 ? html`${marked}` : html`<span class="${styles.join(" ")}">${marked}</span>`,
    );
  };
  for (const match of text.matchAll(SEQUENCE)) {
    add(text.slice(from, match.index));
    from = match.index + match[0].length;
    if (match[2] === "m") styles = change(styles, match[1] ?? "");
  }
  add(text.slice(from));
  return pieces;
}

/** One of 256 colours, or of 16 million: their numbers are no codes. */
const MANY_COLOURS = /(?<=^|;)[34]8;(?:5;\d*|2;\d*;\d*;\d*)/g;

function change(styles: readonly string[], codes: string): readonly string[] {
  let changed = styles;
  for (const code of codes
    .replaceAll(MANY_COLOURS, "")
    .split(";")
    .map((part) => String(Number(part)))) {
    const style = CLASSES[code];
    if (code === "0") changed = [];
    else if (code === "39") changed = changed.filter((each) => each === "bold" || each === "dim");
    else if (code === "22") changed = changed.filter((each) => each !== "bold" && each !== "dim");
    else if (style !== undefined) changed = [...changed.filter((each) => each !== style), style];
  }
  return changed;
}

function mark(text: string, asked: string): Piece {
  if (asked === "") return text;
  const lower = text.toLowerCase();
  const wanted = asked.toLowerCase();
  // A letter whose small form is longer would move the places.
  if (lower.length !== text.length) return text;
  const pieces: Piece[] = [];
  let from = 0;
  for (let at = lower.indexOf(wanted); at !== -1; at = lower.indexOf(wanted, from)) {
    pieces.push(text.slice(from, at), html`<mark>${text.slice(at, at + wanted.length)}</mark>`);
    from = at + wanted.length;
  }
  return [...pieces, text.slice(from)];
}
