/** What the store holds of a dataset: one listing of its prefix, and what a listing lacks asked for once more by its key. */
import type { Lake, ObjectSummary } from "../../model/ports/lake.ts";
import type { KnownObject } from "../../model/ports/object-store.ts";
import { mapAtOnce } from "./look-at.ts";

/** Everything below the prefix, and what stands of the recorded objects elsewhere: their key was another once. */
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

/** The longest folder that all keys lie in; empty for the whole lake. */
export function findCommonFolder(keys: readonly string[]): string {
  let [common = ""] = keys;
  for (const key of keys) {
    while (!key.startsWith(common)) common = common.slice(0, -1);
  }
  return common.slice(0, common.lastIndexOf("/") + 1);
}

/** Those of the objects that the store really does not have: a list may leave out what stands. */
export async function confirmAbsent(
  lake: Lake,
  absent: readonly KnownObject[],
  signal: AbortSignal,
): Promise<readonly KnownObject[]> {
  const heads = await mapAtOnce(absent, (object) => lake.head(object.key, signal));
  return absent.filter((_, index) => heads[index] === undefined);
}
