/** What stands at the key of a table or a page: one of ours, whose record is brought up to date, nothing, or another object. */
import { interpretFound } from "../../lake/protocol/identity-metadata.ts";
import { hashObject } from "../../lake/protocol/look-at.ts";
import type { ObjectHead } from "../../model/ports/lake.ts";
import type { StandingTable } from "../../model/ports/table-store.ts";
import type { TaskPorts } from "../../model/ports/task-ports.ts";
import type { TaskContext } from "../../model/ports/task-type.ts";
import type { SqlToLakeOptions } from "./options.ts";

/** `options`: of the table or the page. */
export type PlaceContext = TaskContext<Pick<SqlToLakeOptions, "key" | "dataset">, TaskPorts>;

export type Standing =
  | { readonly is: "free" }
  | { readonly is: "ours"; readonly table: StandingTable; readonly etag: string }
  | { readonly is: "foreign"; readonly head: ObjectHead };

export async function lookAtStanding(context: PlaceContext): Promise<Standing> {
  const { lake, state, options, signal } = context;
  const { key } = options;
  const head = await lake.head(key, signal);
  if (head === undefined) return await noteGone(context);
  const sha256 = head.metadata["sha256"] ?? (await hashObject(lake, key, signal));
  const planned = await state.tables.findPlanned(lake.id, key);
  // The put of an attempt whose process ended before it could record it.
  if (planned?.sha256 === sha256) await state.tables.commit(planned.contentId, head.etag);
  const known = await state.tables.findStanding(lake.id, key);
  if (known?.sha256 === sha256) return { is: "ours", table: known, etag: head.etag };
  const found = interpretFound(head, null);
  if (found.table === undefined || found.dataset !== options.dataset) return { is: "foreign", head };
  await state.objects.adopt(lake.id, [found]);
  const table = await state.tables.findStanding(lake.id, key);
  return table?.sha256 === sha256 ? { is: "ours", table, etag: head.etag } : { is: "foreign", head };
}

/** Recorded, and no longer in the lake: it is made again, which an event says. */
async function noteGone({ lake, state, options, run, taskId }: PlaceContext): Promise<Standing> {
  const known = await state.tables.findStanding(lake.id, options.key);
  if (known === undefined) return { is: "free" };
  const { keys } = await state.objects.markMissing([known.objectId]);
  if (keys.length === 0) return { is: "free" };
  await state.events.record({
    level: "error",
    kind: "objects_missing",
    message: `The database lists ${options.key}, which the lake no longer holds. It is made again.`,
    dagId: run.dagId,
    runId: run.runId,
    taskId,
    data: { lake: lake.id, code: "LAKE_CORRUPT", keys: [...keys] },
  });
  return { is: "free" };
}
