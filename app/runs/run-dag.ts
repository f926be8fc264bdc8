/** Runs a Dag and waits for it: in this process if the lease is free, else through the scheduler, whose progress is followed. */
import { silentObserver } from "../../model/ports/service-observer.ts";
import type { CommandAnswers } from "../../scheduler/commands/command.ts";
import type { RunRequest } from "../../scheduler/commands/prepare-run.ts";
import { nameDag } from "../../scheduler/commands/named-dag.ts";
import { driveRuns } from "../../scheduler/engine/drive-runs.ts";
import type { EngineObserver } from "../../scheduler/engine/engine-observer.ts";
import type { HeldLease } from "../../scheduler/lease/lease-keeper.ts";
import { StateError } from "../../model/errors.ts";
import { isRunEnded, type DagRun } from "../../model/run/dag-run.ts";
import type { TimeBudget } from "../../model/time/time-budget.ts";
import { nameRun } from "../../model/run/run-name.ts";
import { reportTasks } from "../../state/reports.ts";
import { readRun } from "../../state/runs/dag-runs.ts";
import { listTasksOfRun } from "../../state/runs/task-instances.ts";
import type { Database } from "../../state/sqlite/database.ts";
import type { App } from "../app.ts";
import { finishRemovals } from "../lake/finish-removals.ts";
import { applyOrAsk, onlyDag, openForWork, tryLease } from "../lease-work.ts";
import { sweepBeside } from "../sweep-uploads.ts";
import { withWork } from "../work.ts";
import { findLostBeside, findLostWork } from "./find-lost-work.ts";
import { followRun, type FollowedRun } from "./follow-runs.ts";
import { measureRun, type RunFigures } from "./measure-run.ts";
import { startTimeLimit } from "./time-limit.ts";
import { createWaitReporter, describeStuck } from "./report-waits.ts";

type Prepared = CommandAnswers["run"];

/** Shows a run in progress. */
export interface RunShow {
  readonly observer: EngineObserver;
  close(): Promise<void>;
}

export type OpenShow = (taskIds: readonly string[]) => RunShow;

/**
 * The run at its end, when it is stuck, when `drain` was aborted, or when the time is over. `budget`: the time that it has;
 * a scheduler keeps none. Raises `DATABASE_BUSY`, and the refusals of its preparation.
 */
export async function runDag(
  app: App,
  request: RunRequest,
  open: OpenShow,
  drain: AbortSignal,
  budget?: TimeBudget,
): Promise<RunFigures> {
  if (budget === undefined) return runUntil(app, request, open, { drain });
  const limit = startTimeLimit(app.clock, budget, drain);
  try {
    return await runUntil(app, request, open, limit);
  } finally {
    limit.clear();
  }
}

interface Stops {
  readonly drain: AbortSignal;
  readonly wrapUp?: AbortSignal | undefined;
}

async function runUntil(
  app: App,
  request: RunRequest,
  open: OpenShow,
  { drain, wrapUp }: Stops,
): Promise<RunFigures> {
  app.lostOutput.listen(() => undefined);
  const database = await openForWork(app, request.version.definition, request.onlyTasks);
  const startedAt = app.clock.now().toISOString();
  const { version, ...asked } = request;
  const command = { kind: "run", request: { ...asked, dag: nameDag(version) } } as const;
  const lease = await tryLease(app, database, `run ${version.definition.dagId}`, drain);
  const isScheduler = lease === null;
  try {
    if (isScheduler && wrapUp !== undefined) throw refuseTimeLimit();
    const prepared = await applyOrAsk(app, database, lease, command, onlyDag(version), drain);
    if (!isScheduler) warnOutdated(app, database, prepared);
    const end = await show(database, prepared, open, (observer) =>
      lease === null
        ? followRun(database, prepared.dagRunId, observer, app, drain)
        : drive(app, database, prepared, lease, observer, { drain, wrapUp }),
    );
    const isTimeOver = wrapUp?.aborted === true && !isRunEnded(end.run.state);
    return await finish(app, database, end, { ...prepared, startedAt, isScheduler, isTimeOver }, drain);
  } finally {
    await lease?.release();
  }
}

function warnOutdated(app: App, database: Database, { dagRunId, how, isOutdated }: Prepared): void {
  if (!isOutdated || how === "done") return;
  const run = readRun(database, dagRunId);
  app.log.warn(
    `${nameRun(run)} resumes with the Dag definition that it was made with; use --rerun for the current one.`,
  );
}

async function show(
  database: Database,
  { dagRunId, how }: Prepared,
  open: OpenShow,
  work: (observer: EngineObserver) => Promise<FollowedRun>,
): Promise<FollowedRun> {
  if (how === "done") return { run: readRun(database, dagRunId), isStuck: false };
  const shown = open(listTasksOfRun(database, dagRunId).map((task) => task.taskId));
  try {
    return await work(shown.observer);
  } finally {
    await shown.close();
  }
}

async function drive(
  app: App,
  database: Database,
  { dagRunId }: Prepared,
  lease: HeldLease,
  observer: EngineObserver,
  { drain, wrapUp }: Stops,
): Promise<FollowedRun> {
  const reportWaits = createWaitReporter(database, app);
  let isStuck = false;
  const watch = {
    idle: () => reportWaits([readRun(database, dagRunId)]),
    stuck() {
      isStuck = true;
    },
  };
  const listeners = { engine: observer, service: silentObserver };
  await withWork(app, database, lease, listeners, drain, async ({ tools, stopping }) => {
    // Not next to the work: the run may end before a slow store has removed the object.
    await finishRemovals(app, database, stopping);
    await sweepBeside(app, stopping, async () =>
      driveRuns(
        { ...tools, isAttended: true, ...(wrapUp === undefined ? {} : { wrapUp }) },
        [dagRunId],
        stopping,
        watch,
      ),
    );
  });
  return { run: readRun(database, dagRunId), isStuck };
}

interface Beginning extends Pick<Prepared, "how"> {
  readonly startedAt: string;
  readonly isScheduler: boolean;
  readonly isTimeOver: boolean;
}

function refuseTimeLimit(): StateError {
  return new StateError(
    "DATABASE_BUSY",
    "The scheduler holds the database, and its runs have no time limit.",
    {
      hint: "Stop the scheduler first, or leave out --stop-after.",
    },
  );
}

async function finish(
  app: App,
  database: Database,
  { run, isStuck }: FollowedRun,
  { how, startedAt, isScheduler, isTimeOver }: Beginning,
  drain: AbortSignal,
): Promise<RunFigures> {
  if (isStuck) app.log.error(describeStuck(database, [run], app));
  const before = run.state === "success" ? listDoneBefore(database, run, how, startedAt) : [];
  const work = { dagRunIds: [run.dagRunId], taskIds: before };
  const lost =
    before.length === 0
      ? []
      : how === "done"
        ? await findLostWork(database, app.lake, work, drain)
        : await findLostBeside(app, database, work, drain);
  return measureRun(database, run, { how, isScheduler, isTimeOver, isStuck, lost }, startedAt);
}

/** The tasks that succeeded in an earlier execution: this one has not checked their objects in the store. */
function listDoneBefore(
  database: Database,
  run: DagRun,
  how: Prepared["how"],
  startedAt: string,
): readonly string[] {
  if (how !== "done" && how !== "resumed") return [];
  return reportTasks(database, run.dagRunId)
    .filter((task) => task["state"] === "success" && String(task["finished_at"]) < startedAt)
    .map((task) => String(task["task_id"]));
}
