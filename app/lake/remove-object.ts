/**
 * Removes an object that was stored by mistake: it looks at the store, records the intent, removes the object with the
 * credentials of this process, and records the end. Next to a running scheduler the scheduler records, and still this process
 * removes. `finish-removals.ts` finishes what a dead process left.
 */
import {
  assertMayRemove,
  carryOutRemoval,
  lookForRemoved,
  withdrawRecord,
  type RemovalEnd,
} from "../../lake/protocol/carry-out-removal.ts";
import { CommandRefused } from "../../model/errors.ts";
import type { CommandAnswers, CommandKind, SchedulerCommand } from "../../scheduler/commands/command.ts";
import { findRemovable, type BegunRemoval } from "../../scheduler/commands/remove-object.ts";
import { readAnswers } from "../../state/records/removed-content.ts";
import type { RemovalRow } from "../../state/records/removals.ts";
import type { Query } from "../../state/sqlite/query.ts";
import type { App } from "../app.ts";
import { applyOrAsk, tryLease } from "../lease-work.ts";

export interface RemovalPreview {
  readonly key: string;
  readonly kind: string;
  readonly dataset: string;
  readonly sizeBytes: number;
  /** Ids in the object, also those that another object holds too. */
  readonly ids: number;
  /** What stands at the key now. */
  readonly store: "there" | "absent";
  /** A removal of the same object that was recorded before. */
  readonly before: Pick<RemovalRow, "why" | "requestedBy" | "requestedAt" | "finishedAt"> | null;
}

/** What would be removed. Changes nothing. Raises `OBJECT_UNKNOWN`, `REMOVAL_REFUSED`, `TASK_RUNNING`. */
export async function previewRemoval(app: App, key: string, signal: AbortSignal): Promise<RemovalPreview> {
  const database = await app.openDatabase("read");
  refuseAddress(key, app.lake.id);
  const preview = describeRemovable(database, app.lake.id, key);
  const { is } = await lookForRemoved(app.lake, preview, signal);
  if (is === "changed" && preview.before === null) {
    throw new CommandRefused("REMOVAL_REFUSED", `${key} holds other bytes than recorded.`, {
      hint: "`dagmar lake verify` shows what differs. Nothing was removed.",
    });
  }
  const { sha256: _sha256, ...shown } = preview;
  return { ...shown, store: is === "there" ? "there" : "absent" };
}

function describeRemovable(
  query: Query,
  lakeId: string,
  key: string,
): Omit<RemovalPreview, "store"> & { readonly sha256: string } {
  const { object, removal } = findRemovable(query, lakeId, key);
  if (removal !== undefined) {
    const { kind, dataset, sizeBytes, leftOutIds, sha256, why, requestedBy, requestedAt, finishedAt } =
      removal;
    const before = { why, requestedBy, requestedAt, finishedAt };
    return { key, kind, dataset, sizeBytes, ids: leftOutIds, before, sha256 };
  }
  return {
    key,
    kind: object?.kind ?? "",
    dataset: object?.dataset ?? "",
    sizeBytes: object?.size_bytes ?? 0,
    ids: object?.kind === "records" ? readAnswers(query, object.object_id).askedIds.length : 0,
    before: null,
    sha256: object?.sha256 ?? "",
  };
}

/** A key is below the lake's prefix, as `lake ls` shows it. */
function refuseAddress(key: string, lakeId: string): void {
  const [place = ""] = lakeId.split("?");
  if (key.startsWith(`${place}/`)) {
    throw new CommandRefused("USAGE", `${key} is an address, not a key.`, {
      hint: `Give the key below the lake: ${key.slice(place.length + 1)}`,
    });
  }
  if (/^(?:s3|file):/.test(key)) {
    throw new CommandRefused("USAGE", `${key} is not below the configured lake ${lakeId}.`, {
      hint: "Set DAGMAR_LAKE to its lake, and give the key as `dagmar lake ls` shows it.",
    });
  }
}

export interface RemovedObject extends Omit<RemovalEnd, "recordEtag"> {
  readonly how: BegunRemoval["how"];
  readonly removal: RemovalRow;
  /** Whether a scheduler recorded it. */
  readonly isScheduler: boolean;
}

/** Raises what `previewRemoval` raises, `LAKE_DENIED` before anything was recorded, and the store's other errors after it. */
export async function removeObject(
  app: App,
  { key, why }: { readonly key: string; readonly why: string },
  drain: AbortSignal,
): Promise<RemovedObject> {
  const { store } = await previewRemoval(app, key, drain);
  if (store === "there") await assertMayRemove(app.lake, key, drain);
  return await withRecorder(app, drain, async (record, isScheduler) => {
    const request = describeRequest(app, key, why);
    const { how, removal, logicalDate } = await record({ kind: "remove", request });
    const { removalId } = removal;
    const end = await carryOutRemoval(app.lake, { ...removal, logicalDate }, drain);
    const facts = { removalId, lakeId: app.lake.id, logicalDate, timezone: app.settings.timezone };
    await record({ kind: "end_removal", report: { ...facts, ...end } });
    return { how, removal, isScheduler, outcome: end.outcome, isKept: end.isKept };
  });
}

/** The object counts as missing afterwards. Raises `OBJECT_UNKNOWN`, and the store's errors. */
export async function undoRemoval(
  app: App,
  { key, why }: { readonly key: string; readonly why: string },
  drain: AbortSignal,
): Promise<{ readonly removal: RemovalRow; readonly isScheduler: boolean }> {
  refuseAddress(key, app.lake.id);
  await assertMayRemove(app.lake, key, drain);
  return await withRecorder(app, drain, async (record, isScheduler) => {
    const { removal } = await record({ kind: "undo_removal", request: describeRequest(app, key, why) });
    await withdrawRecord(app.lake, removal, drain);
    await record({ kind: "end_undo", lakeId: app.lake.id, removalId: removal.removalId });
    return { removal, isScheduler };
  });
}

function describeRequest(app: App, key: string, why: string) {
  return { lakeId: app.lake.id, key, why, by: app.user, timezone: app.settings.timezone };
}

type Recorder = <Kind extends CommandKind>(command: SchedulerCommand<Kind>) => Promise<CommandAnswers[Kind]>;

/** Holds the lease through all steps if it is free; otherwise the scheduler records each. */
async function withRecorder<Result>(
  app: App,
  drain: AbortSignal,
  work: (record: Recorder, isScheduler: boolean) => Promise<Result>,
): Promise<Result> {
  const database = await app.openDatabase("existing");
  const lease = await tryLease(app, database, "lake rm", drain);
  try {
    return await work(
      (command) => applyOrAsk(app, database, lease, command, new Map(), drain),
      lease === null,
    );
  } finally {
    await lease?.release();
  }
}
