/** Runs a backfill and waits for it: in this process if the lease is free, else in the scheduler, whose progress is followed. */
import { silentObserver } from "../../model/ports/service-observer.ts";
import { isRunEnded, type DagRun } from "../../model/run/dag-run.ts";
import type { StartedBackfill } from "../../scheduler/commands/backfill.ts";
import { nameDag } from "../../scheduler/commands/named-dag.ts";
import { drive } from "../../scheduler/engine/drive-runs.ts";
import type { HeldLease } from "../../scheduler/lease/lease-keeper.ts";
import { areAllStuck } from "../../scheduler/runs/explain-run.ts";
import {
  countBackfillRuns,
  endBackfill,
  listBackfillRuns,
  type RunCounts,
} from "../../state/runs/backfills.ts";
import { readRun } from "../../state/runs/dag-runs.ts";
import { listRunningTasks } from "../../state/runs/task-instances.ts";
import type { Database } from "../../state/sqlite/database.ts";
import type { App } from "../app.ts";
import { applyOrAsk, openForWork, tryLease } from "../lease-work.ts";
import { createWaitReporter, describeStuck } from "../runs/report-waits.ts";
import { watchScheduler } from "../runs/watch-scheduler.ts";
import type { LostObject } from "../runs/find-lost-work.ts";
import { findLostOfSlots } from "./find-lost-of-slots.ts";
import type { AskedBackfill } from "./request-backfill.ts";
import { finishRemovals } from "../lake/finish-removals.ts";
import { sweepBeside } from "../sweep-uploads.ts";
import { withWork } from "../work.ts";

const LOOK_EVERY_MS = 250;
const EXPLAIN_EVERY_MS = 1_000;

/** Progress callbacks: `begun` once the runs exist, `looked` from time to time and at the end. */
export interface BackfillShow {
  begun(isScheduler: boolean): void;
  looked(counts: RunCounts): void;
}

export interface BackfillResult {
  readonly started: StartedBackfill;
  /** Empty if there was nothing to do. */
  readonly runs: readonly DagRun[];
  readonly isScheduler: boolean;
  /** Runs are open, and a person has to act before they can continue. */
  readonly isStuck: boolean;
  /** Objects of skipped runs that the store no longer holds. */
  readonly lost: readonly LostObject[];
}

export async function backfillDag(
  app: App,
  { request, dags }: AskedBackfill,
  show: BackfillShow,
  drain: AbortSignal,
): Promise<BackfillResult> {
  app.lostOutput.listen(() => undefined);
  const { definition } = request.version;
  const database = await openForWork(app, definition, null);
  const { version, slots: _, ...asked } = request;
  const command = { kind: "backfill", request: { ...asked, dag: nameDag(version) } } as const;
  const startedAt = app.clock.now().toISOString();
  const lease = await tryLease(app, database, `backfill ${definition.dagId}`, drain);
  const isScheduler = lease === null;
  try {
    const started = await applyOrAsk(app, database, lease, command, dags, drain);
    const findLost = (hasWorked: boolean) =>
      findLostOfSlots(app, database, request, startedAt, hasWorked, drain);
    if (started.how === "empty") {
      return { started, runs: [], isScheduler, isStuck: false, lost: await findLost(false) };
    }
    show.begun(isScheduler);
    const { backfillId } = started;
    const look = (): RunCounts => {
      const counts = countBackfillRuns(database, backfillId);
      show.looked(counts);
      return counts;
    };
    look();
    const isStuck =
      lease === null
        ? await follow(app, database, backfillId, look, drain)
        : await driveHere(app, database, backfillId, lease, look, drain);
    look();
    const runs = listBackfillRuns(database, backfillId);
    if (isStuck) app.log.error(describeStuck(database, listOpen(runs), app));
    const lost = await findLost(true);
    return { started, runs, isScheduler, isStuck, lost };
  } finally {
    await lease?.release();
  }
}

const listOpen = (runs: readonly DagRun[]): readonly DagRun[] => runs.filter((run) => !isRunEnded(run.state));

/** Whether a person has to act before any of its open runs can continue. */
async function follow(
  app: App,
  database: Database,
  backfillId: number,
  look: () => RunCounts,
  drain: AbortSignal,
): Promise<boolean> {
  const { clock } = app;
  const lookAtScheduler = watchScheduler(database, app);
  const reportWaits = createWaitReporter(database, app);
  let explainedMs = -Infinity;
  while (!drain.aborted && look().open > 0) {
    lookAtScheduler();
    // Reading thousands of runs takes longer than counting them.
    if (clock.monotonicMs() - explainedMs > EXPLAIN_EVERY_MS && !isAnyAtWork(database, backfillId)) {
      explainedMs = clock.monotonicMs();
      const open = listOpen(listBackfillRuns(database, backfillId));
      reportWaits(open);
      if (areAllStuck(database, open)) return true;
    }
    await clock.sleep(LOOK_EVERY_MS, drain).catch(() => undefined);
  }
  return false;
}

function isAnyAtWork(database: Database, backfillId: number): boolean {
  return listRunningTasks(database).some(
    ({ dagRunId }) => readRun(database, dagRunId).backfillId === backfillId,
  );
}

async function driveHere(
  app: App,
  database: Database,
  backfillId: number,
  lease: HeldLease,
  look: () => RunCounts,
  drain: AbortSignal,
): Promise<boolean> {
  const { clock } = app;
  let lookedMs = clock.monotonicMs();
  // Each look counts the backfill's runs, which is too slow after each of ten thousand.
  const runEnded = (): void => {
    if (clock.monotonicMs() - lookedMs < LOOK_EVERY_MS) return;
    lookedMs = clock.monotonicMs();
    look();
  };
  const isOver = (): boolean => countBackfillRuns(database, backfillId).open === 0;
  const reportWaits = createWaitReporter(database, app);
  let isStuck = false;
  const watch = {
    idle: () => reportWaits(listOpen(listBackfillRuns(database, backfillId))),
    stuck() {
      isStuck = true;
    },
  };
  const listeners = { engine: { runEnded }, service: silentObserver };
  await withWork(app, database, lease, listeners, drain, async ({ tools, stopping }) => {
    await finishRemovals(app, database, stopping);
    await sweepBeside(app, stopping, async () =>
      drive({ ...tools, isAttended: true }, { backfillId }, isOver, stopping, watch),
    );
    if (isOver()) {
      await database.write((query) => endBackfill(query, backfillId, "done", clock.now()));
    }
  });
  return isStuck;
}
