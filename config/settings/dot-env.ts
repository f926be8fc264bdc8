/**
 * The variables in the lines of a `.env`, and every line that sets none and is no comment. environment decides which
 * source wins.
 */

export interface DotEnv {
  readonly values: Readonly<Record<string, string>>;
  /** One for each faulty line, with its number. None repeats a value, which may be a secret. */
  readonly faults: readonly string[];
}

type Value =
  | { readonly value: string; readonly lastIndex: number }
  | { readonly fault: string; readonly lastIndex: number };

const ASSIGNMENT = /^(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)[ \t]*=(.*)$/s;
/** Inside a value of several lines, such a line is a variable that an open quote would swallow. */
const VARIABLE = /^[ \t]*(?:export[ \t]+)?[A-Z][A-Z0-9_]*[ \t]*=/;
const QUOTES = new Set(['"', "'", "`"]);
/** Control characters, except tab and line feed, and invisible characters. */
const UNSEEN = /(?![\t\n])[\p{Cc}\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/u;

/** Syntax that a shell, Compose or a dotenv library would expand; nothing is expanded here. */
const EXPANDED = /\$[\w{($]|`/;
const HOME = /^(?:file:(?:\/\/)?)?~/;
const TYPOGRAPHIC = /^[“”„‟‘’‚‛«»]|[“”„‟‘’‚‛«»]$/;

/** The file's bytes, read as UTF-8 with or without its byte order mark. */
export function parseDotEnv(bytes: Uint8Array): DotEnv {
  const text = decode(bytes);
  if (text === undefined) {
    const fault = `line ${findUndecodable(bytes)} is not UTF-8 text: save the file as UTF-8`;
    return { values: {}, faults: [fault] };
  }
  const lines = text.split(/\r\n|\n|\r/);
  const values = new Map<string, string>();
  const givenAt = new Map<string, number>();
  const faults: string[] = [];
  for (let index = 0; index < lines.length; index += 1) {
    const number = index + 1;
    const line = (lines[index] ?? "").trim();
    if (line === "" || line.startsWith("#")) continue;
    const [, name, rest] = ASSIGNMENT.exec(line) ?? [];
    if (name === undefined || rest === undefined) {
      faults.push(`line ${number} sets no variable: write NAME=value, or # before a comment`);
      continue;
    }
    const read = readValue(rest, lines, index);
    index = read.lastIndex;
    const earlier = givenAt.get(name);
    const fault =
      "fault" in read
        ? read.fault
        : (findUnseen(read.value) ??
          findUnexpanded(rest, read.value) ??
          (earlier === undefined ? undefined : `is set on line ${earlier} already`));
    if (fault !== undefined) faults.push(`line ${number}: ${name} ${fault}`);
    else if ("value" in read) values.set(name, read.value);
    givenAt.set(name, earlier ?? number);
  }
  return { values: Object.fromEntries(values), faults };
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function findUndecodable(bytes: Uint8Array): number {
  let number = 1;
  for (let start = 0; start < bytes.length; number += 1) {
    const lineFeed = bytes.indexOf(0x0a, start);
    const end = lineFeed < 0 ? bytes.length : lineFeed + 1;
    if (decode(bytes.subarray(start, end)) === undefined) break;
    start = end;
  }
  return number;
}

/** As Node reads it: a quoted value may have several lines, and `\n` in double quotes is a line feed. */
function readValue(rest: string, lines: readonly string[], index: number): Value {
  const start = rest.trimStart();
  const quote = start.slice(0, 1);
  if (!QUOTES.has(quote)) return { ...readPlain(rest), lastIndex: index };
  let body = start.slice(1);
  for (let last = index; ; last += 1) {
    const end = body.indexOf(quote);
    if (end >= 0) {
      const after = body.slice(end + 1).trim();
      if (after !== "" && !after.startsWith("#")) {
        return { fault: "has text after its closing quote", lastIndex: last };
      }
      const value = body.slice(0, end);
      return { value: quote === '"' ? value.replaceAll("\\n", "\n") : value, lastIndex: last };
    }
    const next = lines[last + 1];
    if (next === undefined || VARIABLE.test(next)) {
      return { fault: "opens a quote that is not closed", lastIndex: last };
    }
    body = `${body}\n${next}`;
  }
}

/** Readers of `.env` disagree about a # inside a value, so it is refused. */
function readPlain(rest: string): { readonly value: string } | { readonly fault: string } {
  const comment = /[ \t]#/.exec(rest);
  const value = (comment === null ? rest : rest.slice(0, comment.index)).trim();
  if (value.includes("#")) {
    return { fault: "holds a #: put the value in quotes, or a space before a comment" };
  }
  return { value };
}

function findUnseen(value: string): string | undefined {
  return UNSEEN.test(value) ? "holds an invisible character" : undefined;
}

/** Single quotes mean that the text is literal. */
function findUnexpanded(rest: string, value: string): string | undefined {
  if (rest.trimStart().startsWith("'")) return undefined;
  if (EXPANDED.test(value)) {
    return "holds a $NAME or a command, which is not expanded: write its value, or put a value that holds $ or ` in single quotes";
  }
  if (HOME.test(value)) return "begins with ~, which is not expanded: write the whole path";
  if (TYPOGRAPHIC.test(value)) return "has typographic quotes around it: write ' or \"";
  return undefined;
}
