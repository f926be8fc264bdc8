/**
 * Removes an object that was stored by mistake. The process that asked removes it from the store, with its own credentials;
 * here its intent is recorded before that and its end after it, and both may be repeated.
 */
import { CommandRefused } from "../../model/errors.ts";
import { isRemovalRecord, makeRemovalUid, type Removal } from "../../model/records/removal-record.ts";
import { insertEvent } from "../../state/control/events.ts";
import {
  findOpenUndo,
  findRemovalInForce,
  finishRemoval,
  finishUndo,
  insertRemoval,
  readRemoval,
  undoRemoval,
  type RemovalRow,
} from "../../state/records/removals.ts";
import {
  commitRecord,
  findObjectRow,
  findReader,
  forgetRecord,
  isBatchOnItsWay,
  listLakesOf,
  markRemoved,
  readAnswers,
  unmarkRemoved,
  type ObjectRow,
} from "../../state/records/removed-content.ts";
import type { Query } from "../../state/sqlite/query.ts";

export interface RemoveRequest {
  readonly lakeId: string;
  readonly key: string;
  readonly why: string;
  /** Names the user. */
  readonly by: string;
  /** For the events' local time. */
  readonly timezone: string;
}

/** Any process with write access can insert a request. */
function assertWhole({ lakeId, key, why, by, timezone }: RemoveRequest): void {
  const texts: readonly unknown[] = [lakeId, key, why, by, timezone];
  if (texts.every((text) => typeof text === "string")) return;
  throw new CommandRefused("USAGE", "The request lacks the key, the reason or the user.");
}

/** `new`: recorded now. `resumed`: it was open. `again`: it had ended. */
export type BegunRemoval = {
  readonly how: "new" | "resumed" | "again";
  readonly removal: RemovalRow;
  readonly logicalDate: string;
};

/** What can be removed, or was removed before. */
export interface Removable {
  readonly object: ObjectRow | undefined;
  readonly removal: RemovalRow | undefined;
}

/** Raises `OBJECT_UNKNOWN`, `REMOVAL_REFUSED`, `TASK_RUNNING`. Only reads. */
export function findRemovable(query: Query, lakeId: string, key: string): Removable {
  const object = findObjectRow(query, lakeId, key);
  const removal = findRemovalInForce(query, lakeId, key);
  // A later file may stand at the key of a removed one: then that is what is meant.
  const isLater = object?.is_committed === 1 && object.kind !== "foreign";
  if (removal !== undefined && !isLater) return { object, removal };
  if (object === undefined) throw refuseUnknown(query, lakeId, key);
  refuseKind(key, object);
  const reader = findReader(query, object.object_id);
  if (reader !== undefined) {
    throw new CommandRefused("TASK_RUNNING", `${reader} is reading ${key}.`, {
      hint: "Wait for it, or cancel its run, then give the same command again.",
    });
  }
  return { object, removal: undefined };
}

function refuseUnknown(query: Query, lakeId: string, key: string): CommandRefused {
  if (isBatchOnItsWay(query, lakeId, key)) {
    return new CommandRefused("REMOVAL_REFUSED", `${key} is not stored yet: its answers are not uploaded.`, {
      hint: "Let the run that stores it end, then give the same command again.",
    });
  }
  const others = listLakesOf(query, key).filter((other) => other !== lakeId);
  const elsewhere = others.length === 0 ? "" : ` It is recorded in ${others.join(", ")}: see DAGMAR_LAKE.`;
  return new CommandRefused("OBJECT_UNKNOWN", `No object ${key} is recorded in ${lakeId}.${elsewhere}`, {
    hint: "`dagmar lake ls` lists the keys, without the lake's prefix. What no run has recorded is removed with the store's own tools.",
  });
}

function refuseKind(key: string, { kind, is_committed, missing_since }: ObjectRow): void {
  if (kind === "foreign") {
    throw new CommandRefused("REMOVAL_REFUSED", `${key} is not Dagmar's object: another program stored it.`, {
      hint: "Dagmar never changes such objects. Remove it with the store's own tools.",
    });
  }
  if (isRemovalRecord(key)) {
    throw new CommandRefused("REMOVAL_REFUSED", `${key} is the record of a removal.`, {
      hint: "`dagmar lake rm KEY --undo --why …` with the removed key takes it away.",
    });
  }
  if (kind === "manifest") {
    throw new CommandRefused(
      "REMOVAL_REFUSED",
      `${key} is a manifest, which proves what other objects hold.`,
      { hint: "Name one of the objects that it lists." },
    );
  }
  if (is_committed === 0 && missing_since === null) {
    throw new CommandRefused("REMOVAL_REFUSED", `${key} is not stored yet.`, {
      hint: "Let the run that stores it end, then give the same command again.",
    });
  }
}

/** Records the intent: from now on the object is left out. Raises as `findRemovable` does. */
export function beginRemoval(query: Query, request: RemoveRequest, now: Date): BegunRemoval {
  assertWhole(request);
  const { lakeId, key, why, by } = request;
  const { object, removal: before } = findRemovable(query, lakeId, key);
  if (before !== undefined) {
    return {
      how: before.finishedAt === null ? "resumed" : "again",
      removal: before,
      logicalDate: object?.logical_date ?? before.requestedAt,
    };
  }
  if (object === undefined) throw refuseUnknown(query, lakeId, key);
  const requestedAt = now.toISOString();
  const sha256 = object.sha256 ?? "";
  const removal: Removal = {
    uid: makeRemovalUid(key, sha256, requestedAt),
    key,
    kind: object.kind === "records" ? "records" : "file",
    dataset: object.dataset ?? "",
    sha256,
    sizeBytes: object.size_bytes,
    logicalDate: object.logical_date ?? requestedAt,
    why,
    requestedBy: by,
    requestedAt,
    answers: object.kind === "records" ? readAnswers(query, object.object_id) : null,
  };
  const leftOutIds = markRemoved(query, object.object_id, now);
  const removalId = insertRemoval(query, lakeId, removal, { leftOutIds, finishedAt: null });
  return { how: "new", removal: readRemoval(query, removalId), logicalDate: removal.logicalDate };
}

/** Plain JSON. */
export interface RemovalReport {
  readonly removalId: number;
  readonly lakeId: string;
  readonly logicalDate: string;
  readonly recordEtag: string;
  /** As the store showed it. */
  readonly outcome: "removed" | "absent" | "changed";
  readonly isKept: boolean;
  readonly timezone: string;
}

const ENDS: Readonly<Record<RemovalReport["outcome"], string>> = {
  removed: "was removed from the lake",
  absent: "is removed; the lake no longer held it",
  changed: "is removed; its key holds another object by now, which was not changed",
};

/** Records the end. `false` if it was recorded before and this time nothing was removed. */
export function endRemoval(query: Query, report: RemovalReport, now: Date): boolean {
  const { removalId, lakeId, logicalDate, recordEtag, outcome, isKept, timezone } = report;
  const removal = readRemoval(query, removalId);
  // It was undone meanwhile: the undoing takes the record away.
  if (removal.undoneAt !== null) return false;
  const { key, recordKey, recordBody, dataset } = removal;
  const record = {
    key: recordKey,
    body: recordBody,
    dataset,
    logicalDate,
    etag: recordEtag,
    isAdopted: false,
  };
  commitRecord(query, lakeId, record, now, timezone);
  if (removal.finishedAt !== null && outcome !== "removed") return false;
  finishRemoval(query, removalId, now);
  const kept = isKept ? " The store keeps it as an earlier version." : "";
  const ids = removal.leftOutIds === 0 ? "" : ` Ids left out: ${removal.leftOutIds}.`;
  const message = `${key} ${ENDS[outcome]}, as ${removal.requestedBy} asked (reason: "${removal.why}").${ids}${kept}`;
  const data = { lake: lakeId, key, sha256: removal.sha256, ids: removal.leftOutIds, record: recordKey };
  insertEvent(query, { level: "info", kind: "object_removed", message, data }, now, timezone);
  return true;
}

/** The object counts as missing from now on: the next run adopts it, or asks its ids again. Raises `OBJECT_UNKNOWN`. */
export function beginUndo(query: Query, request: RemoveRequest, now: Date): RemovalRow {
  assertWhole(request);
  const { lakeId, key, why, by, timezone } = request;
  const removal = findRemovalInForce(query, lakeId, key);
  if (removal === undefined) {
    const open = findOpenUndo(query, lakeId, key);
    if (open !== undefined) return open;
    throw new CommandRefused("OBJECT_UNKNOWN", `No removal of ${key} is recorded in ${lakeId}.`, {
      hint: "`dagmar lake ls --removed` lists the removals.",
    });
  }
  undoRemoval(query, removal.removalId, { by, why }, now);
  unmarkRemoved(query, lakeId, removal, now);
  const message = `The removal of ${key} was undone by ${by} (reason: "${why}"). The next run adopts the object if the lake holds it.`;
  insertEvent(
    query,
    { level: "info", kind: "removal_undone", message, data: { lake: lakeId, key } },
    now,
    timezone,
  );
  return readRemoval(query, removal.removalId);
}

/** The record is gone from the store. */
export function endUndo(
  query: Query,
  { lakeId, removalId }: { readonly lakeId: string; readonly removalId: number },
  now: Date,
): void {
  forgetRecord(query, lakeId, readRemoval(query, removalId).recordKey);
  finishUndo(query, removalId, now);
}
