/**
 * People's commands as data. The process that holds the lease applies them: the command's own process, or a scheduler
 * that finds them among the requests. Plain JSON, so that the database can hold them.
 */
import type { RemovalRow } from "../../state/records/removals.ts";
import { RUN_TRIGGERS, type DagRun, type RunTrigger } from "../../model/run/dag-run.ts";
import { nameRun } from "../../model/run/run-name.ts";
import { findLastEvent, insertEvent, signEvents } from "../../state/control/events.ts";
import { signBackfill, signRun } from "../../state/runs/requested-by.ts";
import type { Query } from "../../state/sqlite/query.ts";
import {
  addSlots,
  cancelBackfill,
  startBackfill,
  type BackfillRequest,
  type StartedBackfill,
} from "./backfill.ts";
import { cancelRun } from "./cancel-run.ts";
import { clearTasks, type ClearedRun, type ClearRequest } from "./clear-tasks.ts";
import {
  closeSession,
  createToken,
  openSession,
  revokeAccess,
  type SessionRequest,
  type TokenRequest,
} from "./manage-access.ts";
import { markTask, type MarkRequest } from "./mark-task.ts";
import { assertConfigured } from "./assert-configured.ts";
import { findVersion, type Holder, type Named } from "./named-dag.ts";
import { pauseDag, type PauseRequest } from "./pause-dag.ts";
import {
  beginRemoval,
  beginUndo,
  endRemoval,
  endUndo,
  type BegunRemoval,
  type RemovalReport,
  type RemoveRequest,
} from "./remove-object.ts";
import { requestVerification, type VerifyRequest } from "./verify-lake.ts";
import { prepareRun, type PreparedRun, type RunRequest } from "./prepare-run.ts";

interface Asked {
  readonly run: {
    readonly request: Named<RunRequest>;
    /** By default the command line. */
    readonly triggeredBy?: RunTrigger;
  };
  readonly backfill: { readonly request: Named<BackfillRequest> };
  readonly cancel_backfill: {
    readonly dagId: string;
    readonly lakeId: string;
    /** Only if this one is running. */
    readonly backfillId?: number;
  };
  readonly cancel_run: { readonly dagRunId: number };
  readonly clear: { readonly request: ClearRequest };
  readonly mark: { readonly request: MarkRequest };
  readonly pause: { readonly request: Named<PauseRequest> };
  readonly verify_lake: { readonly request: VerifyRequest };
  readonly remove: { readonly request: RemoveRequest };
  readonly end_removal: { readonly report: RemovalReport };
  readonly undo_removal: { readonly request: RemoveRequest };
  readonly end_undo: { readonly lakeId: string; readonly removalId: number };
  readonly create_token: { readonly request: TokenRequest };
  readonly revoke_token: { readonly request: { readonly tokenId: number; readonly timezone: string } };
  readonly open_session: { readonly request: SessionRequest };
  readonly close_session: { readonly request: { readonly sessionId: number; readonly timezone: string } };
}

/** By the kind of command. */
export interface CommandAnswers {
  readonly run: Pick<PreparedRun, "how" | "isOutdated"> & { readonly dagRunId: number };
  readonly backfill: StartedBackfill;
  readonly cancel_backfill: { readonly cancelled: number };
  readonly cancel_run: { readonly cancelled: boolean };
  readonly clear: { readonly cleared: readonly ClearedRun[] };
  readonly mark: { readonly marked: boolean };
  readonly pause: { readonly changed: boolean };
  readonly verify_lake: { readonly verificationId: number };
  readonly remove: BegunRemoval;
  readonly end_removal: { readonly isNew: boolean };
  readonly undo_removal: { readonly removal: RemovalRow };
  readonly end_undo: { readonly done: true };
  readonly create_token: { readonly tokenId: number };
  readonly revoke_token: { readonly revoked: boolean };
  readonly open_session: { readonly sessionId: number };
  readonly close_session: { readonly closed: boolean };
}

export type CommandKind = keyof CommandAnswers;
export type SchedulerCommand<Kind extends CommandKind = CommandKind> = {
  readonly [Each in Kind]: { readonly kind: Each } & Asked[Each];
}[Kind];

const APPLY: {
  readonly [Kind in CommandKind]: (
    query: Query,
    holder: Holder,
    command: Asked[Kind],
    now: Date,
    by: string,
  ) => CommandAnswers[Kind];
} = {
  run(query, holder, { request, triggeredBy }, now, by) {
    const version = findVersion(holder, request.dag);
    assertConfigured(holder.registry, version.definition, request.onlyTasks);
    const { run, how, isOutdated } = prepareRun(query, holder, { ...request, version }, now);
    // Any program with write access to the database can enter a request.
    const trigger = RUN_TRIGGERS.find((known) => known === triggeredBy) ?? "cli";
    if (how === "new") signRun(query, run.dagRunId, by, trigger);
    if (how !== "done") noteRequest(query, run, how, now);
    return { dagRunId: run.dagRunId, how, isOutdated };
  },
  backfill(query, holder, { request }, now, by) {
    const version = findVersion(holder, request.dag);
    assertConfigured(holder.registry, version.definition, null);
    const started = startBackfill(query, holder, addSlots({ ...request, version }, holder.dags), now);
    signBackfill(query, started.backfillId, by, now);
    return started;
  },
  cancel_backfill: (query, _, { dagId, lakeId, backfillId }, now) => ({
    cancelled: cancelBackfill(query, lakeId, dagId, now, backfillId),
  }),
  cancel_run: (query, _, { dagRunId }, now) => ({ cancelled: cancelRun(query, dagRunId, now) }),
  clear: (query, { lakeId }, { request }, now) => ({ cleared: clearTasks(query, lakeId, request, now) }),
  mark: (query, _, { request }, now) => ({ marked: markTask(query, request, now) }),
  pause(query, holder, { request }, now) {
    const version = findVersion(holder, request.dag);
    return { changed: pauseDag(query, holder.lakeId, { ...request, version }, now) };
  },
  verify_lake: (query, { lakeId }, { request }, now, by) => ({
    verificationId: requestVerification(query, lakeId, request, by, now),
  }),
  remove: (query, _, { request }, now) => beginRemoval(query, request, now),
  end_removal: (query, _, { report }, now) => ({ isNew: endRemoval(query, report, now) }),
  undo_removal: (query, _, { request }, now) => ({ removal: beginUndo(query, request, now) }),
  end_undo(query, _, order, now) {
    endUndo(query, order, now);
    return { done: true };
  },
  create_token: (query, _, { request }, now, by) => ({ tokenId: createToken(query, request, by, now) }),
  revoke_token: (query, _, { request }, now, by) => ({ revoked: revokeAccess(query, request, by, now) }),
  open_session: (query, _, { request }, now) => ({ sessionId: openSession(query, request, now) }),
  close_session: (query, _, { request }, now) => ({ closed: closeSession(query, request, now) }),
};

/** A run's first lines in the history: who asked for it. */
function noteRequest(query: Query, run: DagRun, how: "new" | "resumed" | "cleared", now: Date): void {
  const { dagId, runId, timezone } = run;
  const done = { new: "was created", resumed: "is resumed", cleared: "was cleared and runs again" }[how];
  const message = `${nameRun(run)} ${done} on request.`;
  insertEvent(query, { level: "info", kind: "run_requested", message, dagId, runId }, now, timezone);
}

export function isCommandKind(kind: string): kind is CommandKind {
  return Object.hasOwn(APPLY, kind);
}

/**
 * Call it inside a transaction. Returns the result of the command's own function; raises what that refuses. `by`: who asks;
 * every event that the command writes records it.
 */
export function applyCommand<Kind extends CommandKind>(
  query: Query,
  holder: Holder,
  command: SchedulerCommand<Kind>,
  now: Date,
  by: string,
): CommandAnswers[Kind] {
  const last = findLastEvent(query);
  const answer = APPLY[command.kind](query, holder, command, now, by);
  signEvents(query, last, by);
  return answer;
}
