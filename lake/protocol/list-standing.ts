/**
 * What the store holds of a dataset: one listing of its prefix, and one request by key for each recorded object that
 * the listing lacks.
 */
import type { Lake, ObjectSummary } from "../../model/ports/lake.ts";
import type { KnownObject } from "../../model/ports/object-store.ts";
import { mapAtOnce } from "./look-at.ts";

/**
 * Everything below the prefix, and the recorded objects that exist elsewhere because their key template was different
 * once.
 */
export async function listStanding(
  lake: Lake,
  prefix: string,
  known: ReadonlyMap<string, unknown>,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, ObjectSummary>> {
  const standing = new Map<string, ObjectSummary>();
  for await (const summary of lake.list(prefix, signal)) standing.set(summary.key, summary);
  const elsewhere = [...known.keys()].filter((key) => !key.startsWith(prefix));
  if (elsewhere.length === 0) return standing;
  for await (const summary of lake.list(findCommonFolder(elsewhere), signal)) {
    if (known.has(summary.key)) standing.set(summary.key, summary);
  }
  return standing;
}

/** The longest folder that contains all keys; empty for the whole lake. */
export function findCommonFolder(keys: readonly string[]): string {
  let [common = ""] = keys;
  for (const key of keys) {
    while (!key.startsWith(common)) common = common.slice(0, -1);
  }
  return common.slice(0, common.lastIndexOf("/") + 1);
}

/** Those of the objects that the store really does not have: a listing may omit an existing object. */
export async function confirmAbsent(
  lake: Lake,
  absent: readonly KnownObject[],
  signal: AbortSignal,
): Promise<readonly KnownObject[]> {
  const heads = await mapAtOnce(absent, (object) => lake.head(object.key, signal));
  return absent.filter((_, index) => heads[index] === undefined);
}
