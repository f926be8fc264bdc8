/** What commands print: lines, tables and JSON on standard output. Foreign text is made harmless here. */
import Table from "cli-table3";
import pc from "picocolors";
import { escapeControlCharacters } from "../../model/text/control-character.ts";

export interface Output {
  readonly isTerminal: boolean;
  /** One line, whatever the text holds. */
  line(text?: string): void;
  /** Columns in the order given; numbers to the right. No rows: `empty` instead. */
  table(columns: readonly string[], rows: readonly (readonly unknown[])[], empty: string): void;
  json(value: unknown): void;
  /** To standard error: what is wrong, in one readable line, whatever the text holds. */
  fault(text: string): void;
  /** Colours, or plain text where nobody sees them. */
  readonly paint: Paint;
}

export interface Paint {
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly warn: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly bold: (text: string) => string;
}

interface Streams {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}

export function createOutput({ stdout, stderr }: Streams): Output {
  const paint = createPaint(pc.createColors(stdout.isTTY && pc.isColorSupported));
  return {
    isTerminal: stdout.isTTY,
    paint,
    line(text = "") {
      stdout.write(`${disarm(text)}\n`);
    },
    table(columns, rows, empty) {
      stdout.write(rows.length === 0 ? `${empty}\n` : `${drawTable(columns, rows, paint)}\n`);
    },
    json(value) {
      stdout.write(`${disarmJson(JSON.stringify(value, null, 2))}\n`);
    },
    fault(text) {
      stderr.write(`${disarm(text)}\n`);
    },
  };
}

/** What `paint` puts around a text (ECMA-48, SGR): it changes how characters look and nothing else. */
// oxlint-disable-next-line no-control-regex -- these are what it looks for
const COLOUR = /(\u001b\[(?:1|2|22|31|32|33|39)m)/;

/** A title or a file's name may hold what steers a terminal; colours are let through, since they may be our own. */
function disarm(text: string): string {
  return text
    .split(COLOUR)
    .map((part, index) => (index % 2 === 1 ? part : escapeControlCharacters(part)))
    .join("");
}

/** JSON escapes the older half of the control characters by itself; the others stand in texts alone, where the escape means the same. */
function disarmJson(text: string): string {
  return text
    .split("\n")
    .map((line) => escapeControlCharacters(line))
    .join("\n");
}

function createPaint(colors: ReturnType<typeof pc.createColors>): Paint {
  return { good: colors.green, bad: colors.red, warn: colors.yellow, dim: colors.dim, bold: colors.bold };
}

function drawTable(columns: readonly string[], rows: readonly (readonly unknown[])[], paint: Paint): string {
  const isNumeric = columns.map((_, index) =>
    rows.every((row) => row[index] === null || typeof row[index] === "number"),
  );
  const blank = { top: "", "top-mid": "", "top-left": "", "top-right": "", bottom: "", "bottom-mid": "" };
  const table = new Table({
    head: columns.map((column) => paint.bold(column)),
    colAligns: isNumeric.map((numeric) => (numeric ? "right" : "left")),
    style: { head: [], border: [], "padding-left": 0, "padding-right": 2, compact: true },
    chars: {
      ...blank,
      "bottom-left": "",
      "bottom-right": "",
      left: "",
      "left-mid": "",
      mid: "",
      "mid-mid": "",
      right: "",
      "right-mid": "",
      middle: "",
    },
  });
  for (const row of rows) table.push(row.map((cell) => formatCell(cell, paint)));
  return table
    .toString()
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n");
}

const STATE_COLOURS: ReadonlyMap<string, keyof Paint> = new Map([
  ["success", "good"],
  ["stored", "good"],
  ["committed", "good"],
  ["failed", "bad"],
  ["upstream_failed", "bad"],
  ["broken", "bad"],
  ["missing", "bad"],
  ["differs", "bad"],
  ["doubled", "bad"],
  ["unreadable", "bad"],
  ["lost", "warn"],
  ["running", "warn"],
  ["up_for_retry", "warn"],
  ["not_found", "warn"],
]);

function formatCell(cell: unknown, paint: Paint): string {
  if (cell === null || cell === undefined) return "";
  if (typeof cell === "number") return cell.toLocaleString("en-US");
  const text = escapeControlCharacters(typeof cell === "string" ? cell : JSON.stringify(cell));
  const colour = STATE_COLOURS.get(text);
  return colour === undefined ? text : paint[colour](text);
}

/** What a list that is cut says of itself, for people. */
export function describeCut(shown: number, total: number): string {
  return `… ${shown.toLocaleString("en-US")} of ${total.toLocaleString("en-US")}; --limit 0 shows all`;
}
