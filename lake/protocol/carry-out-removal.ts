/**
 * The lake's side of a removal that is recorded in the database: first its record is stored, then the object is removed, only
 * if it is still the one that was recorded. Every step may be repeated.
 */
import { createHash } from "node:crypto";
import { LakeError } from "../../model/errors.ts";
import { failpoint } from "../../model/failpoint.ts";
import { folderOf, RECORD_START } from "../../model/records/removal-record.ts";
import type { SweepableLake } from "../sweepable-lake.ts";
import { holdsContent } from "./look-at.ts";

export interface RemovalOrder {
  readonly key: string;
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly dataset: string;
  readonly logicalDate: string;
  readonly recordKey: string;
  readonly recordBody: string;
}

/**
 * `removed`: this call removed it. `absent`: it was gone before. `changed`: the key has another object by now, which was
 * not changed.
 */
export interface RemovalEnd {
  readonly outcome: "removed" | "absent" | "changed";
  /** The store keeps it as an earlier version. */
  readonly isKept: boolean;
  readonly recordEtag: string;
}

/** What stands at the key now. */
export async function lookForRemoved(
  lake: SweepableLake,
  content: Pick<RemovalOrder, "key" | "sha256" | "sizeBytes">,
  signal: AbortSignal,
): Promise<{ readonly is: "there"; readonly etag: string } | { readonly is: "absent" | "changed" }> {
  const head = await lake.head(content.key, signal);
  if (head === undefined) return { is: "absent" };
  return (await holdsContent(lake, head, content, signal))
    ? { is: "there", etag: head.etag }
    : { is: "changed" };
}

/** Raises `LAKE_DENIED` before anything was recorded or removed: the key that is tried has no object. */
export async function assertMayRemove(lake: SweepableLake, key: string, signal: AbortSignal): Promise<void> {
  await lake.remove(`${folderOf(key)}${RECORD_START}permission`, { etag: "", sha256: "" }, signal);
}

export async function carryOutRemoval(
  lake: SweepableLake,
  order: RemovalOrder,
  signal: AbortSignal,
): Promise<RemovalEnd> {
  failpoint("remove.record.before");
  const recordEtag = await putRecord(lake, order, signal);
  failpoint("remove.record.after");
  const found = await lookForRemoved(lake, order, signal);
  if (found.is !== "there") {
    // A crash may have left the metadata next to where the object was.
    if (found.is === "absent") await lake.remove(order.key, { etag: "", sha256: order.sha256 }, signal);
    return { outcome: found.is, isKept: false, recordEtag };
  }
  failpoint("remove.delete.before");
  const { outcome, isKept } = await lake.remove(
    order.key,
    { etag: found.etag, sha256: order.sha256 },
    signal,
  );
  failpoint("remove.delete.after");
  return { outcome, isKept, recordEtag };
}

async function putRecord(lake: SweepableLake, order: RemovalOrder, signal: AbortSignal): Promise<string> {
  const body = Buffer.from(order.recordBody);
  const content = {
    sha256: createHash("sha256").update(body).digest("hex"),
    sizeBytes: body.byteLength,
  };
  const result = await lake.putBytes({
    key: order.recordKey,
    body,
    sha256: content.sha256,
    metadata: {
      "dagmar-kind": "manifest",
      "dagmar-dataset": order.dataset,
      "dagmar-logical-date": order.logicalDate,
    },
    contentType: "application/json",
    signal,
  });
  if (result.outcome === "created") return result.etag;
  if (await holdsContent(lake, result.head, content, signal)) return result.head.etag;
  throw new LakeError(
    "LAKE_CORRUPT",
    `${order.recordKey} is taken by an object that is not the record of this removal.`,
    false,
  );
}

/** Removes the record, so that no database learns the removal from the lake any longer. */
export async function withdrawRecord(
  lake: SweepableLake,
  { recordKey, recordBody }: Pick<RemovalOrder, "recordKey" | "recordBody">,
  signal: AbortSignal,
): Promise<void> {
  failpoint("remove.undo.before");
  const sha256 = createHash("sha256").update(recordBody).digest("hex");
  const head = await lake.head(recordKey, signal);
  await lake.remove(recordKey, { etag: head?.etag ?? "", sha256 }, signal);
  failpoint("remove.undo.after");
}
