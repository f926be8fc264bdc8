/**
 * The text of a Dag file as a plain value, with the place of every field in it. Decides what YAML may contain here and
 * how much of it; the schema decides what the fields mean.
 *
 * One YAML 1.2 document, core schema. Refused: tags, directives, several documents, keys that are not text or that
 * JavaScript treats specially, duplicate keys, and anything larger, deeper or more self-referring than a Dag can be.
 */
import {
  LineCounter,
  Lexer,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  parseDocument,
  type Document,
  type Node,
  type Scalar,
} from "yaml";
import { cutText } from "../../model/text/cut-text.ts";
import type { DagIssue } from "../../model/errors.ts";
import type { JsonValue } from "../../model/dag/dag.ts";
import { findControlCharacter } from "../../model/text/control-character.ts";
import { FAULTS_SHOWN, type Fault, type FaultPath } from "./fault.ts";

export const FILE_LIMIT_BYTES = 256 * 1024;
/** Nesting of lists and maps; a Dag file needs about eight levels. */
const DEPTH_LIMIT = 32;
const ALIAS_LIMIT = 100;
/** After aliases have been expanded. */
const NODE_LIMIT = 50_000;
/** The composer takes 10 µs a token and more where they are nonsense, so a hostile file is refused before. */
const TOKEN_LIMIT = 100_000;
/** In 60,000 random texts of YAML's own characters there were at most 1.7. */
const MOST_TOKENS_A_CHARACTER = 4;
/** A fault repeats the value that it is about, which can be as large as the file. */
const MESSAGE_LIMIT = 1_000;
const REFUSED_KEYS = new Set(["__proto__", "constructor", "prototype"]);

export interface YamlDocument {
  /** `undefined` when the text could not be read as YAML at all. */
  readonly value: JsonValue | undefined;
  readonly faults: readonly Fault[];
  /** Faults as issues, in the order of the text. */
  describe(file: string, faults: readonly Fault[]): readonly DagIssue[];
}

/** Reads the bytes of one file. Never throws: every problem is one of the faults. */
export function readYamlDocument(bytes: Uint8Array): YamlDocument {
  if (bytes.byteLength > FILE_LIMIT_BYTES) {
    return refuse(`is larger than ${FILE_LIMIT_BYTES / 1024} KiB, the limit for a Dag file`);
  }
  const text = decode(bytes);
  if (typeof text !== "string") return text;
  const lines = new LineCounter();
  const tokenCount = countTokens(text);
  if (tokenCount > TOKEN_LIMIT) return refuse(`holds more than ${TOKEN_LIMIT} YAML tokens`);
  const document = parseDocument(text, {
    version: "1.2",
    schema: "core",
    merge: false,
    strict: true,
    // Both are quadratic in a hostile file; duplicate keys are found below, places come from the line counter.
    uniqueKeys: false,
    prettyErrors: false,
    lineCounter: lines,
  });
  if (document.errors.length > 0) {
    return makeDocument(undefined, describeSyntaxErrors(text, document.errors), new Map(), lines);
  }
  return convert(document, lines);
}

function decode(bytes: Uint8Array): string | YamlDocument {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    const good = new TextDecoder("utf-8").decode(bytes);
    const place = good.indexOf("\uFFFD");
    return refuse("is not UTF-8 text", good, place, "save the file as UTF-8");
  }
  const control = findControlCharacter(text);
  if (control === undefined) return text;
  const code = text.charCodeAt(control).toString(16).toUpperCase().padStart(4, "0");
  return refuse(`holds the control character U+${code}`, text, control);
}

function refuse(message: string, text = "", offset = -1, hint?: string): YamlDocument {
  const lines = new LineCounter();
  for (let start = 0; start !== -1; start = text.indexOf("\n", start) + 1 || -1) lines.addNewLine(start);
  const fault: Fault = {
    path: [],
    message: `the file ${message}`,
    ...(offset < 0 ? {} : { offset }),
    ...(hint === undefined ? {} : { hint }),
  };
  return makeDocument(undefined, [fault], new Map(), lines);
}

/** A text that is too short to hold that many is not scanned. */
function countTokens(text: string): number {
  if (text.length * MOST_TOKENS_A_CHARACTER < TOKEN_LIMIT) return 0;
  let count = 0;
  const tokens = new Lexer().lex(text);
  while (count <= TOKEN_LIMIT && tokens.next().done !== true) count += 1;
  return count;
}

interface SyntaxFault {
  readonly code: string;
  readonly message: string;
  readonly pos: [number, number];
}

/** A value without the quotes that it needs gives several errors in its line: they are one fault, with the correct line. */
function describeSyntaxErrors(text: string, errors: readonly SyntaxFault[]): readonly Fault[] {
  const told = new Set<number>();
  return errors.flatMap((error): readonly Fault[] => {
    const start = text.lastIndexOf("\n", error.pos[0] - 1) + 1;
    const unquoted = findUnquoted(text, start);
    if (unquoted === undefined) return [describeSyntaxError(error)];
    if (told.has(start)) return [];
    told.add(start);
    return [unquoted];
  });
}

/** An unquoted `schedule: @daily` or a line of stars: YAML gives the character that the value begins with another meaning. */
function findUnquoted(text: string, lineStart: number): Fault | undefined {
  const [line = ""] = text.slice(lineStart, lineStart + MESSAGE_LIMIT).split("\n", 1);
  const [, before = "", name = "", value = ""] =
    /^(\s*(?:- +)?(["']?[\w-]+["']?):\s+)([*@%`]|\{\{)/.exec(line) === null
      ? []
      : (/^(\s*(?:- +)?(["']?[\w-]+["']?):\s+)(.*?)(?:\s+#.*|\r)?$/.exec(line) ?? []);
  if (value === "") return undefined;
  const isJinja = value.startsWith("{{");
  return {
    path: [],
    message: `the value ${value} must be in quotes, because YAML gives ${value.charAt(0)} a meaning of its own`,
    offset: lineStart + before.length,
    hint: isJinja ? `write ${name}: "\${ds}"` : `write ${name}: ${JSON.stringify(value)}`,
  };
}

function describeSyntaxError(error: SyntaxFault): Fault {
  const offset = error.pos[0];
  if (error.message.includes("call stack")) return { path: [], message: describeDepth(), offset };
  if (error.code === "MULTIPLE_DOCS") {
    return { path: [], message: "the file holds several YAML documents; one file is one Dag", offset };
  }
  const hint = error.code === "TAB_AS_INDENT" ? "indent with spaces" : undefined;
  return {
    path: [],
    message: `not valid YAML: ${error.message}`,
    offset,
    ...(hint === undefined ? {} : { hint }),
  };
}

function describeDepth(): string {
  return `lists and maps are nested deeper than ${DEPTH_LIMIT}`;
}

interface Place {
  /** Character offsets. */
  readonly name: number | undefined;
  readonly value: number | undefined;
}

class LimitReached extends Error {}

function convert(document: Document.Parsed, lines: LineCounter): YamlDocument {
  const faults: Fault[] = [];
  const places = new Map<string, Place>();
  const anchors = new Map<string, Node>();
  const open = new Set<Node>();
  let nodeCount = 0;
  let aliasCount = 0;

  const report = (path: FaultPath, message: string, offset: number | undefined, hint?: string): void => {
    faults.push({
      path,
      message,
      ...(offset === undefined ? {} : { offset }),
      ...(hint === undefined ? {} : { hint }),
    });
  };

  const convertNode = (node: Node | null, path: FaultPath): JsonValue => {
    nodeCount += 1;
    if (nodeCount > NODE_LIMIT) throw new LimitReached(`the file holds more than ${NODE_LIMIT} values`);
    if (node === null) return null;
    const offset = node.range?.[0];
    if (path.length > DEPTH_LIMIT) throw new LimitReached(describeDepth());
    if (isAlias(node)) return convertAlias(node.source, offset, path);
    if (node.tag !== undefined) report(path, `the YAML tag ${node.tag} is not allowed here`, offset);
    const anchor = "anchor" in node ? node.anchor : undefined;
    if (anchor !== undefined) anchors.set(anchor, node);
    if (isScalar(node)) return convertScalar(node, path);
    open.add(node);
    const value = isSeq(node)
      ? node.items.map((item, index) => {
          places.set(makePlaceKey([...path, index]), { name: undefined, value: getOffset(item) });
          return convertNode(asNode(item), [...path, index]);
        })
      : convertMap(node, path);
    open.delete(node);
    return value;
  };

  const convertMap = (node: Node, path: FaultPath): JsonValue => {
    const value: Record<string, JsonValue> = {};
    if (!isMap(node)) return value;
    for (const pair of node.items) {
      const nameOffset = getOffset(pair.key) ?? node.range?.[0];
      const name = readName(pair.key);
      if (name === undefined) {
        const isBraces = isMap(pair.key);
        const hint = isBraces ? 'a template is written "${ds}", in quotes' : "put it in quotes";
        report(path, "a field's name must be plain text", nameOffset, hint);
        continue;
      }
      const half = findHalfCharacter(name);
      if (half !== undefined) {
        report(path, `a field's name holds ${half}`, nameOffset, WRITE_WHOLE);
        continue;
      }
      const inner = [...path, name];
      if (REFUSED_KEYS.has(name)) {
        report(inner, `the name ${name} is not allowed`, nameOffset);
        continue;
      }
      if (Object.hasOwn(value, name)) {
        report(inner, `the field ${JSON.stringify(name)} appears twice`, nameOffset);
        continue;
      }
      places.set(makePlaceKey(inner), { name: nameOffset, value: getOffset(pair.value) });
      value[name] = convertNode(asNode(pair.value), inner);
    }
    return value;
  };

  const convertAlias = (name: string, offset: number | undefined, path: FaultPath): JsonValue => {
    aliasCount += 1;
    if (aliasCount > ALIAS_LIMIT) {
      throw new LimitReached(`the file uses more than ${ALIAS_LIMIT} YAML aliases`);
    }
    const target = anchors.get(name);
    if (target === undefined || open.has(target)) {
      report(
        path,
        `the YAML alias *${name} ${target === undefined ? "names no anchor" : "refers to itself"}`,
        offset,
        target === undefined ? `if it is a text, put it in quotes: "*${name}"` : undefined,
      );
      return null;
    }
    return convertNode(target, path);
  };

  const convertScalar = (node: Scalar, path: FaultPath): JsonValue => {
    const { value } = node;
    if (typeof value === "boolean" || value === null) return value;
    if (typeof value === "string") {
      const half = findHalfCharacter(value);
      if (half !== undefined) report(path, `the text holds ${half}`, node.range?.[0], WRITE_WHOLE);
      return value;
    }
    if (typeof value !== "number") {
      report(path, "a value of this kind is not allowed here", node.range?.[0]);
      return null;
    }
    if (!Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value))) {
      report(
        path,
        `the number ${node.source ?? value} cannot be represented exactly`,
        node.range?.[0],
        "put it in quotes",
      );
    }
    return value;
  };

  try {
    const { explicit, version } = document.directives.yaml;
    // For a version that it does not know the parser warns, and continues with 1.2.
    const isUnheardOf = document.warnings.some(({ code }) => code === "BAD_DIRECTIVE");
    if (isUnheardOf || (explicit === true && version !== "1.2")) {
      report([], "the file asks for another YAML version; Dag files are YAML 1.2", 0);
    }
    const value = convertNode(asNode(document.contents), []);
    return makeDocument(value, faults, places, lines);
  } catch (error) {
    if (!(error instanceof LimitReached)) throw error;
    return makeDocument(undefined, [...faults, { path: [], message: error.message }], places, lines);
  }
}

const WRITE_WHOLE = "write the character itself, or \\U and its eight hexadecimal digits";

/**
 * Half of a UTF-16 pair, as the escape \uD800 gives: UTF-8 cannot encode it, so files and programs would get another
 * text.
 */
function findHalfCharacter(text: string): string | undefined {
  const half = /\p{Cs}/u.exec(text)?.[0];
  return half === undefined
    ? undefined
    : `half a character (U+${half.charCodeAt(0).toString(16).toUpperCase()})`;
}

function asNode(item: unknown): Node | null {
  return isScalar(item) || isMap(item) || isSeq(item) || isAlias(item) ? item : null;
}

function readName(key: unknown): string | undefined {
  return isScalar(key) && typeof key.value === "string" && key.tag === undefined ? key.value : undefined;
}

function getOffset(item: unknown): number | undefined {
  return asNode(item)?.range?.[0];
}

function makePlaceKey(path: FaultPath): string {
  return JSON.stringify(path);
}

function makeDocument(
  value: JsonValue | undefined,
  faults: readonly Fault[],
  places: ReadonlyMap<string, Place>,
  lines: LineCounter,
): YamlDocument {
  const findOffset = (fault: Fault): number | undefined => {
    if (fault.offset !== undefined) return fault.offset;
    for (let length = fault.path.length; length > 0; length -= 1) {
      const place = places.get(makePlaceKey(fault.path.slice(0, length)));
      // If the field itself is missing, the best place is the name of the map that lacks it.
      const isItself = length === fault.path.length && fault.isAboutName !== true;
      const offset = isItself ? (place?.value ?? place?.name) : (place?.name ?? place?.value);
      if (offset !== undefined) return offset;
    }
    return value === undefined ? undefined : 0;
  };
  const describe = (file: string, listed: readonly Fault[]): readonly DagIssue[] => {
    const placed = listed.map((fault) => ({ fault, offset: findOffset(fault) }));
    placed.sort((left, right) => (left.offset ?? -1) - (right.offset ?? -1));
    const issues = placed.slice(0, FAULTS_SHOWN).map(({ fault, offset }): DagIssue => {
      const { line, col } = offset === undefined ? { line: 0, col: 0 } : lines.linePos(offset);
      const { message, hint } = fault;
      return Object.freeze({
        file,
        line,
        column: col,
        path: cutText(fault.path.join("."), MESSAGE_LIMIT),
        message: cutText(message, MESSAGE_LIMIT),
        ...(hint === undefined ? {} : { hint }),
      });
    });
    const rest = placed.length - issues.length;
    if (rest > 0) issues.push({ file, line: 0, column: 0, path: "", message: `and ${rest} more faults` });
    return issues;
  };
  return { value, faults, describe };
}
