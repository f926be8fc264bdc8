/** The records of removals among listed objects: what users removed by hand, also from another database. */
import type { Lake, ObjectSummary } from "../../model/ports/lake.ts";
import type { FoundRemoval } from "../../model/ports/object-store.ts";
import {
  folderOf,
  isRemovalRecord,
  parseRemovalRecord,
  RECORD_START,
} from "../../model/records/removal-record.ts";
import { isSmall, mapAtOnce, readWhole } from "./look-at.ts";

/** A record that is not whole, or is not the one of its name, is skipped: it proves nothing. */
export async function readRemovals(
  lake: Lake,
  listed: Iterable<ObjectSummary>,
  signal: AbortSignal,
): Promise<readonly FoundRemoval[]> {
  const records = [...listed].filter((summary) => isRemovalRecord(summary.key) && isSmall(summary));
  const found = await mapAtOnce(records, async ({ key, etag }) => {
    const recordText = (await readWhole(lake, key, signal)).toString("utf8");
    const removal = parseRemovalRecord(recordText, key);
    return removal === undefined ? [] : [{ removal, recordKey: key, recordText, etag }];
  });
  return found.flat();
}

/** Where the records of a dataset's removals are, if its prefix ends inside a file's name: next to the objects, not below it. */
export function findRecordPrefix(prefix: string): string | undefined {
  const folder = folderOf(prefix);
  return folder === prefix ? undefined : `${folder}${RECORD_START}`;
}
