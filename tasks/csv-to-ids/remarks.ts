/**
 * What a person must know about a CSV's content, kept with its ids and reported by every run that reads it: cells that
 * are not UTF-8, and no id at all.
 */
import type { CandidateSet } from "../../model/ports/candidate-store.ts";
import type { JsonValue } from "../../model/dag/dag.ts";
import type { ScanResult } from "./scan/scanner.ts";
import type { SeenValues } from "./scan/survey.ts";
import type { BrokenText } from "./scan/utf8-check.ts";

interface Remarks {
  readonly not_utf8?: BrokenText;
  /** If no id was chosen: the most frequent values, by column. */
  readonly seen?: SeenValues;
}

/** `null` if there is nothing to report. `seen`: from the survey, if there was one. */
export function makeRemarks(
  { notUtf8 }: ScanResult,
  seen: SeenValues | undefined,
): Readonly<Record<string, JsonValue>> | null {
  if (notUtf8.rows === 0 && seen === undefined) return null;
  const remarks: Remarks = {
    ...(notUtf8.rows === 0 ? {} : { not_utf8: notUtf8 }),
    ...(seen === undefined ? {} : { seen }),
  };
  return JSON.parse(JSON.stringify(remarks)) as Readonly<Record<string, JsonValue>>;
}

export function countNotUtf8({ remarks }: CandidateSet): number {
  const cells = (remarks as Remarks | null | undefined)?.not_utf8?.cells ?? {};
  return Object.values(cells).reduce((sum, count) => sum + count, 0);
}

/** Warnings, each an event of its kind. */
export function listWarnings(
  key: string,
  set: CandidateSet,
): readonly { readonly kind: string; readonly message: string }[] {
  const { not_utf8: broken, seen } = (set.remarks as Remarks | null | undefined) ?? {};
  const warnings: { readonly kind: string; readonly message: string }[] = [];
  if (broken !== undefined) {
    warnings.push({ kind: "csv_not_utf8", message: describeBroken(key, countNotUtf8(set), broken) });
  }
  if (set.idCount === 0)
    warnings.push({ kind: "csv_without_ids", message: describeNoIds(key, set, seen ?? {}) });
  return warnings;
}

function describeBroken(key: string, count: number, { cells, rows, firstLine }: BrokenText): string {
  const columns = Object.entries(cells).map(([name, amount]) => `${name} ${format(amount)}`);
  const what = count === 1 ? "1 cell is" : `${format(count)} cells are`;
  return (
    `${key}: ${what} not UTF-8, in ${format(rows)} row${rows === 1 ? "" : "s"} (${columns.join(", ")}; first in line ${String(firstLine)}). ` +
    "Their bytes are stored as they are, and no condition that names such a letter matches them. " +
    "If the file is Latin-1, convert it to UTF-8."
  );
}

function describeNoIds(key: string, set: CandidateSet, seen: SeenValues): string {
  const head = `${key}: 0 ids in ${format(set.rows)} row${set.rows === 1 ? "" : "s"}.`;
  if (set.rows === 0) return `${head} It has column names and nothing else.`;
  const faults = Object.entries(set.faultyRows).filter(([, count]) => count > 0);
  const faulty =
    faults.length === 0
      ? ""
      : ` Faulty rows: ${faults.map(([kind, count]) => `${format(count)} ${kind}`).join(", ")}.`;
  const columns = Object.entries(seen)
    .filter(([, values]) => values.length > 0)
    .map(
      ([name, values]) =>
        `${name}: ${values.map(([value, count]) => `"${value}" (${format(count)})`).join(", ")}`,
    );
  const values = columns.length === 0 ? "" : ` Seen most in ${columns.join("; in ")}.`;
  return `${head}${faulty}${values} Compare them with \`id\`, \`where\` and \`delimiter\` in the Dag file.`;
}

function format(count: number): string {
  return count.toLocaleString("en-US");
}
