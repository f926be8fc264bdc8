/**
 * The text of a Dag file as a plain value, with the place of every field in it. Decides what YAML may contain here and
 * how much of it; the schema decides what the fields mean.
 *
 * One YAML 1.2 document, core schema, without directives; its neighbours have the limits, the values and the places.
 */
import { LineCounter, Lexer, parseDocument } from "yaml";
import { findControlCharacter } from "../../model/text/control-character.ts";
import type { Fault } from "./fault.ts";
import { FILE_LIMIT_BYTES, MOST_TOKENS_A_CHARACTER, TOKEN_LIMIT } from "./yaml-limits.ts";
import { makeDocument, type YamlDocument } from "./yaml-places.ts";
import { describeSyntaxErrors } from "./yaml-syntax.ts";
import { convertDocument } from "./yaml-values.ts";

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
  return convertDocument(document, lines);
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
