/** A backfill: which slots of a range become runs, which existing runs are rerun, and why others are skipped. */
import { isRunEnded, type DagRun } from "../../model/run/dag-run.ts";
import { CommandRefused } from "../../model/errors.ts";
import { formatLocalText } from "../../model/time/local-time.ts";
import { nameRun } from "../../model/run/run-name.ts";
import { countNoun } from "../../model/text/count-noun.ts";
import {
  countBackfillRuns,
  endBackfill,
  findRunningBackfill,
  insertBackfill,
  listBackfillRuns,
  setBackfillLimit,
  type Backfill,
  type Reprocess,
} from "../../state/runs/backfills.ts";
import { findRunByDate, joinBackfill, saveDagVersion, type DagVersion } from "../../state/runs/dag-runs.ts";
import type { Query } from "../../state/sqlite/query.ts";
import { insertEvent } from "../../state/control/events.ts";
import { listTasksOfRun } from "../../state/runs/task-instances.ts";
import { makeRun, type RunMaker } from "../runs/new-run.ts";
import { cancelRun } from "./cancel-run.ts";
import { listBackfillSlots } from "./list-backfill-slots.ts";
import type { DagVersions } from "./named-dag.ts";
import { assertPlanned } from "./planned.ts";
import { restartRun } from "./restart-run.ts";

export interface BackfillRequest {
  readonly version: DagVersion;
  /** Instants, ISO UTC, both included. */
  readonly from: string;
  readonly to: string;
  readonly reprocess: Reprocess;
  readonly isRefetch: boolean;
  /** How many runs at the same time; `null` for the Dag's max_active_runs. */
  readonly maxActive: number | null;
  /** Of the preview that was confirmed; see `describeBackfill`. */
  readonly expected?: string | null;
}

/** With the Dag's slots in that range, oldest first, ISO UTC. */
export interface SlottedBackfill extends BackfillRequest {
  readonly slots: readonly string[];
}

/** Raises `BACKFILL_EMPTY`. `dags`: those that the Dag may follow. */
export function addSlots(request: BackfillRequest, dags: DagVersions): SlottedBackfill {
  const { version, from, to } = request;
  return {
    ...request,
    slots: listBackfillSlots(version.definition, dags, new Date(from), new Date(to)),
  };
}

export interface SlotVerdict {
  readonly logicalDate: string;
  /** `new` creates a run, `again` clears the existing one, `open` resumes it, `skip` changes nothing. */
  readonly verdict: "new" | "again" | "open" | "skip";
  readonly reason: string;
}

/**
 * What a backfill would do now, slot by slot. Only reads; `query` is `null` if there is no database yet. Errors:
 * `BACKFILL_ACTIVE`, as when it is started.
 */
export function planBackfill(
  query: Query | null,
  lakeId: string,
  request: SlottedBackfill,
  now: Date,
): readonly SlotVerdict[] {
  const { dagId } = request.version.definition;
  const running = query === null ? undefined : findSame(query, lakeId, request);
  return request.slots.map((logicalDate) => {
    if (logicalDate > now.toISOString()) return { logicalDate, verdict: "skip", reason: "it is not due yet" };
    const run = query === null ? undefined : findRunByDate(query, lakeId, dagId, new Date(logicalDate));
    if (query === null || run === undefined)
      return running === undefined
        ? { logicalDate, verdict: "new", reason: "there is no run" }
        : { logicalDate, verdict: "skip", reason: "the running backfill started without it" };
    if (running !== undefined) return { logicalDate, ...judgeUnderWay(run, running) };
    return { logicalDate, ...judgeExisting(query, run, request.reprocess) };
  });
}

function judgeExisting(
  query: Query,
  run: DagRun,
  reprocess: Reprocess,
): { readonly verdict: "again" | "skip"; readonly reason: string } {
  const text = `${nameRun(run)} is ${run.state}`;
  if (!isRunEnded(run.state)) {
    const isAtWork = listTasksOfRun(query, run.dagRunId).some((task) => task.state === "running");
    return { verdict: "skip", reason: isAtWork ? `${text}, with a running task` : text };
  }
  const isWanted = reprocess === "completed" || (reprocess === "failed" && run.state !== "success");
  return isWanted
    ? { verdict: "again", reason: text }
    : { verdict: "skip", reason: `${text}; --reprocess ${reprocess} keeps it` };
}

/** Running the same backfill again resumes its own open runs, and nothing else. */
function judgeUnderWay(run: DagRun, { backfillId }: Backfill): Pick<SlotVerdict, "verdict" | "reason"> {
  const isOpen = run.backfillId === backfillId && !isRunEnded(run.state);
  return {
    verdict: isOpen ? "open" : "skip",
    reason: `${nameRun(run)} is ${run.state}, and the backfill is running`,
  };
}

/** What a preview shows of it, except the reasons: they may change without changing what is done. */
export function describeBackfill({ version }: BackfillRequest, verdicts: readonly SlotVerdict[]) {
  return {
    fingerprint: version.fingerprint,
    slots: verdicts.map(({ logicalDate, verdict }) => ({ logicalDate, verdict })),
  };
}

export interface StartedBackfill {
  readonly backfillId: number;
  /** `resumed`: the same one was already running. */
  readonly how: "new" | "resumed" | "empty";
  readonly made: number;
  readonly again: number;
  readonly skipped: number;
  /** Only if it is `empty`: the skipped slots whose run failed or was cancelled. */
  readonly failed?: number;
}

/** Errors: `BACKFILL_ACTIVE` when the Dag has another running backfill. */
export function startBackfill(
  query: Query,
  maker: RunMaker,
  request: SlottedBackfill,
  now: Date,
): StartedBackfill {
  const { definition } = request.version;
  const { dagId, maxActiveRuns, timezone } = definition;
  const maxActive = request.maxActive ?? maxActiveRuns;
  const { lakeId } = maker;
  const running = findSame(query, lakeId, request);
  const isPreviewed = (request.expected ?? null) !== null;
  const verdicts = running === undefined || isPreviewed ? planBackfill(query, lakeId, request, now) : [];
  assertPlanned(request.expected, describeBackfill(request, verdicts));
  if (running !== undefined) {
    setBackfillLimit(query, running.backfillId, maxActive);
    return { backfillId: running.backfillId, how: "resumed", made: 0, again: 0, skipped: 0 };
  }
  const count = (verdict: SlotVerdict["verdict"]): number =>
    verdicts.filter((slot) => slot.verdict === verdict).length;
  const counts = { made: count("new"), again: count("again"), skipped: count("skip") };
  if (counts.made + counts.again === 0) {
    return { backfillId: 0, how: "empty", ...counts, failed: countFailed(query, lakeId, request) };
  }
  const over = findRunningBackfill(query, lakeId, dagId);
  if (over !== undefined) endBackfill(query, over.backfillId, "done", now);
  saveDagVersion(query, request.version, now);
  const { from, to, reprocess, isRefetch } = request;
  const order = { lake: lakeId, dagId, fromDate: from, toDate: to, reprocess, isRefetch, maxActive };
  const { backfillId } = insertBackfill(query, order, now);
  for (const { logicalDate, verdict } of verdicts) {
    if (verdict === "skip") continue;
    const date = new Date(logicalDate);
    const existing = verdict === "again" ? findRunByDate(query, lakeId, dagId, date) : undefined;
    const run =
      existing === undefined
        ? makeRun(query, maker, describeRun(request, date, backfillId), now)
        : restartRun(query, maker, existing, request.version, isRefetch, now);
    joinBackfill(query, run, backfillId);
  }
  const message = `Backfill of ${dagId} from ${formatLocalText(from, timezone)} to ${formatLocalText(to, timezone)}: ${countNoun(counts.made, "run")} created, ${counts.again} rerun, ${counts.skipped} skipped.`;
  insertEvent(query, { level: "info", kind: "backfill_started", message, dagId }, now, timezone);
  return { backfillId, how: "new", ...counts };
}

function countFailed(query: Query, lakeId: string, { version, slots }: SlottedBackfill): number {
  const { dagId } = version.definition;
  const states = slots.map((date) => findRunByDate(query, lakeId, dagId, new Date(date))?.state);
  return states.filter((state) => state === "failed" || state === "cancelled").length;
}

function describeRun({ version, isRefetch }: BackfillRequest, logicalDate: Date, backfillId: number) {
  const { params } = version.definition;
  return {
    version,
    runType: "backfill",
    logicalDate,
    params,
    onlyTasks: null,
    isRefetch,
    backfillId,
  } as const;
}

/**
 * The same backfill, if it is running. Errors: `BACKFILL_ACTIVE` if another one is. A backfill whose runs have all
 * ended does not count, even if its end is not recorded yet.
 */
function findSame(query: Query, lakeId: string, request: BackfillRequest): Backfill | undefined {
  const running = findRunningBackfill(query, lakeId, request.version.definition.dagId);
  if (running === undefined || isSame(running, request)) return running;
  if (countBackfillRuns(query, running.backfillId).open > 0)
    throw refuse(running, request.version.definition.timezone);
  return undefined;
}

function isSame(backfill: Backfill, request: BackfillRequest): boolean {
  return (
    backfill.fromDate === request.from &&
    backfill.toDate === request.to &&
    backfill.reprocess === request.reprocess &&
    backfill.isRefetch === request.isRefetch
  );
}

function refuse({ dagId, fromDate, toDate, reprocess }: Backfill, timezone: string): CommandRefused {
  const [from, to] = [formatLocalText(fromDate, timezone), formatLocalText(toDate, timezone)];
  return new CommandRefused(
    "BACKFILL_ACTIVE",
    `A backfill of ${dagId} is already running: ${from} to ${to}, --reprocess ${reprocess}.`,
    {
      hint: `Wait for it, give the same range to resume it, or cancel it: \`dagmar backfill ${dagId} --cancel\``,
    },
  );
}

/**
 * Stops the open runs of the Dag's backfill and returns how many. 0 if no backfill is running, or another one than
 * `only`.
 */
export function cancelBackfill(
  query: Query,
  lakeId: string,
  dagId: string,
  now: Date,
  only: number | null = null,
): number {
  const running = findRunningBackfill(query, lakeId, dagId);
  if (running === undefined || (only !== null && running.backfillId !== only)) return 0;
  const open = listBackfillRuns(query, running.backfillId).filter((run) => !isRunEnded(run.state));
  for (const run of open) cancelRun(query, run.dagRunId, now);
  endBackfill(query, running.backfillId, "cancelled", now);
  const message = `The backfill of ${dagId} was cancelled by hand, with ${countNoun(open.length, "open run")}.`;
  insertEvent(query, { level: "info", kind: "backfill_cancelled", message, dagId }, now, "UTC");
  return open.length;
}
