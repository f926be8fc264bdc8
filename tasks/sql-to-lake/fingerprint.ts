/** The identity of a table: the hash of all that its content follows from. Equal identities mean that nothing is to be done. */
import { createHash } from "node:crypto";
import type { JsonValue } from "../../model/dag/dag.ts";
import type { ChosenInput } from "./choose-inputs.ts";
import { readSql, type SqlToLakeOptions } from "./options.ts";

/** What is known before anything is computed. */
export interface TablePlan {
  readonly inputs: readonly ChosenInput[];
  /** Those that the SQL names. */
  readonly params: Readonly<Record<string, JsonValue>>;
  readonly fingerprint: string;
  /** The newest logical date of an input. */
  readonly inputsDate: string;
}

/** Changes when this version computes something else from the same facts. */
const VERSION = 1;

export function computeFingerprint(
  options: SqlToLakeOptions,
  inputs: readonly ChosenInput[],
  params: Readonly<Record<string, JsonValue>>,
): string {
  const facts = {
    version: VERSION,
    inputs: inputs.map(describeInput),
    sql: readSql(options.sql).text,
    columns: Object.entries(options.columns),
    expect: options.expect,
    key: options.key,
    params: listEntries(params),
  };
  return createHash("sha256").update(JSON.stringify(facts)).digest("hex");
}

/** What of an input the content follows from. */
export function describeInput({ name, option, objects }: ChosenInput): object {
  const { format, delimiter, nulls, columns } = option;
  // The keys count too: they are the column `_object`.
  const content = objects.map(({ sha256, key }) => `${sha256} ${key}`).toSorted();
  return { name, format, delimiter, nulls, columns: listEntries(columns), content };
}

/** In the order of their names. */
export function listEntries(
  fields: Readonly<Record<string, JsonValue>> | undefined,
): readonly (readonly [string, JsonValue])[] {
  return Object.entries(fields ?? {}).toSorted(([left], [right]) => (left < right ? -1 : 1));
}
