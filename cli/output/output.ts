/** What commands print: lines, tables and JSON on standard output. Foreign text is made harmless here. */
import pc from "picocolors";
import { escapeControlCharacters } from "../../model/text/control-character.ts";
import { showInUtc } from "../../model/time/local-time.ts";
import { drawTable, type Cell, type Column } from "./table.ts";
import { wrapText } from "./text-width.ts";

export interface Output {
  readonly isTerminal: boolean;
  /** One line; line feeds in the text are escaped. */
  line(text?: string): void;
  /**
   * One line: a label that takes so many columns, and a text. In a terminal the text is broken between words, and each
   * further line begins below its first.
   */
  labelled(label: string, columns: number, text: string): void;
  /**
   * Columns in the order given; numbers to the right. No rows: `empty` instead. A plain title is a column that always stays
   * and is never broken; in a terminal, see `table.ts` for what gives way to the others.
   */
  table(columns: readonly (string | Column)[], rows: readonly (readonly unknown[])[], empty: string): void;
  json(value: unknown): void;
  /** As `json`, with a list of any length under `name` after the fields of `head`. */
  jsonList(head: Readonly<Record<string, unknown>>, name: string): JsonList;
  /**
   * A text for other programs, such as lines of CSV: written as it is, except that a terminal gets no control characters. `false`: the
   * reader is slow, and the next text should wait for the stream's `drain`.
   */
  data(text: string): boolean;
  /** One line on standard error; line feeds in the text are escaped. */
  fault(text: string): void;
  /** Colours, or plain text where the output is not a terminal. */
  readonly paint: Paint;
  /** From now on every time in a text is shown in UTC. */
  useUtc(): void;
  readonly isUtc: boolean;
}

/** A JSON document that is written while its rows are read. */
export interface JsonList {
  add(rows: readonly unknown[]): void;
  /** With the document's last fields. */
  end(tail: Readonly<Record<string, unknown>>): void;
}

export interface Paint {
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly warn: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly bold: (text: string) => string;
}

/** What is asked of a stream here. */
export interface OutputTarget {
  readonly isTTY: boolean;
  /** Of the terminal; 0 or `undefined` where it does not tell. */
  readonly columns: number;
  write(text: string): boolean;
}

interface Streams {
  readonly stdout: OutputTarget;
  readonly stderr: Pick<OutputTarget, "write">;
}

/** The text after a label is not broken to less. */
const LEAST_ROOM = 24;

export function createOutput({ stdout, stderr }: Streams, startsInUtc = false): Output {
  const paint = createPaint(pc.createColors(stdout.isTTY && pc.isColorSupported));
  let isUtc = startsInUtc;
  const translate = (text: string): string => (isUtc ? showInUtc(text) : text);
  const show = (text: string): string => disarm(translate(text));
  return {
    isTerminal: stdout.isTTY,
    paint,
    useUtc() {
      isUtc = true;
    },
    get isUtc() {
      return isUtc;
    },
    line(text = "") {
      stdout.write(`${show(text)}\n`);
    },
    labelled(label, columns, text) {
      const room = stdout.isTTY && stdout.columns > 0 ? stdout.columns - columns : Infinity;
      const lines = wrapText(show(text), Math.max(LEAST_ROOM, room));
      stdout.write(`${label}${lines.join(`\n${" ".repeat(columns)}`)}\n`);
    },
    table(columns, rows, empty) {
      if (rows.length === 0) {
        stdout.write(`${translate(empty)}
`);
        return;
      }
      const { lines, hidden } = drawTable(
        columns.map((column) =>
          typeof column === "string"
            ? { title: translate(column) }
            : { ...column, title: translate(column.title) },
        ),
        rows.map((row) => columns.map((_, index) => formatCell(row[index], paint, translate))),
        stdout.isTTY && stdout.columns > 0 ? stdout.columns : undefined,
        paint.bold,
      );
      stdout.write(`${lines.join("\n")}\n`);
      if (hidden.length === 0) return;
      const names = hidden.filter((title) => title !== "").join(", ");
      stdout.write(`${paint.dim(`Hidden: ${names}. A wider terminal shows them, and so does --json.`)}
`);
    },
    json(value) {
      stdout.write(`${disarmJson(JSON.stringify(value, null, 2))}\n`);
    },
    jsonList(head, name) {
      const write = (text: string): void => {
        stdout.write(disarmJson(text));
      };
      const fields = (values: Readonly<Record<string, unknown>>): string =>
        JSON.stringify(values, null, 2).slice(2, -2);
      let count = 0;
      write(`{\n${fields(head)},\n  ${JSON.stringify(name)}: [`);
      return {
        add(rows) {
          const texts = rows.map((row) => JSON.stringify(row, null, 2).replaceAll("\n", "\n    "));
          if (texts.length > 0) write(`${count > 0 ? "," : ""}\n    ${texts.join(",\n    ")}`);
          count += texts.length;
        },
        end(tail) {
          write(`${count > 0 ? "\n  " : ""}],\n${fields(tail)}\n}\n`);
        },
      };
    },
    data(text) {
      return stdout.write(stdout.isTTY ? disarmJson(text) : text);
    },
    fault(text) {
      stderr.write(`${show(text)}\n`);
    },
  };
}

/** What `paint` puts around a text (ECMA-48, SGR): it changes how characters look and nothing else. */
// oxlint-disable-next-line no-control-regex -- the pattern looks for control characters
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

function formatCell(cell: unknown, paint: Paint, translate: (text: string) => string): Cell {
  if (cell === null || cell === undefined) return { text: "", isNumber: true, paint: asItIs };
  if (typeof cell === "number") return { text: cell.toLocaleString("en-US"), isNumber: true, paint: asItIs };
  const text = escapeControlCharacters(translate(typeof cell === "string" ? cell : JSON.stringify(cell)));
  const colour = STATE_COLOURS.get(text);
  return { text, isNumber: false, paint: colour === undefined ? asItIs : paint[colour] };
}

const asItIs = (text: string): string => text;

/** The last line of a truncated list. */
export function describeCut(shown: number, total: number): string {
  return `… ${shown.toLocaleString("en-US")} of ${total.toLocaleString("en-US")}; --limit 0 shows all`;
}
