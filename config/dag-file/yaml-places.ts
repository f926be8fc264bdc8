/** Where the fields of a Dag file are in its text, and faults as issues with line and column. */
import type { LineCounter } from "yaml";
import { cutText } from "../../model/text/cut-text.ts";
import type { DagIssue } from "../../model/errors.ts";
import type { JsonValue } from "../../model/dag/dag.ts";
import { FAULTS_SHOWN, type Fault, type FaultPath } from "./fault.ts";

/** A fault repeats the value that it is about, which can be as large as the file. */
const MESSAGE_LIMIT = 1_000;

export interface YamlDocument {
  /** `undefined` when the text could not be read as YAML at all. */
  readonly value: JsonValue | undefined;
  readonly faults: readonly Fault[];
  /** Faults as issues, in the order of the text. */
  describe(file: string, faults: readonly Fault[]): readonly DagIssue[];
}

export interface Place {
  /** Character offsets. */
  readonly name: number | undefined;
  readonly value: number | undefined;
}

export function makePlaceKey(path: FaultPath): string {
  return JSON.stringify(path);
}

export function makeDocument(
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
