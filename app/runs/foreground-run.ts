/**
 * A run that somebody waits for: made and driven here when nobody else is at work, else asked of the scheduler and followed;
 * and the report of what this execution did.
 */
import { openAttemptLogs } from "../../logs/attempt-logs.ts";
import { DrainRequested } from "../../scheduler/attempts/attempt-runner.ts";
import { applyCommand, type CommandAnswers } from "../../scheduler/commands/command.ts";
import type { RunRequest } from "../../scheduler/commands/prepare-run.ts";
import { driveRuns } from "../../scheduler/engine/drive-runs.ts";
import type { HeldLease } from "../../scheduler/lease/lease-keeper.ts";
import type { DagRun } from "../../model/run/dag-run.ts";
import { EXIT, type ExitCode } from "../../model/errors.ts";
import { silentObserver } from "../../model/ports/service-observer.ts";
import { readRun } from "../../state/runs/dag-runs.ts";
import type { Database } from "../../state/sqlite/database.ts";
import { listTasksOfRun } from "../../state/runs/task-instances.ts";
import type { App } from "../app.ts";
import type { LateDisplay } from "../../cli/display/open-display.ts";
import { followRun, type FollowedRun } from "./follow-runs.ts";
import { askScheduler, describePlace, tryLease } from "./lease-work.ts";
import { lostOutput, tellLostOutput } from "../../cli/output/lost-output.ts";
import { reportRun, type RunReport } from "../../cli/display/run-report.ts";
import { createRunTools, sweepBeside } from "../service/run-tools.ts";
import { systemClock } from "../../cli/process/system-clock.ts";
import { createWaitTeller, describeStuck } from "./tell-waits.ts";

export interface ForegroundResult {
  readonly report: RunReport;
  readonly exitCode: ExitCode;
  /** A scheduler has it, and goes on with it where it has not ended. */
  readonly isScheduler: boolean;
}

type Prepared = CommandAnswers["run"];

/** Raises `DATABASE_BUSY` when another command is at work, and whatever the run's preparation refuses. */
export async function runForeground(
  app: App,
  request: RunRequest,
  display: LateDisplay,
  drain: AbortSignal,
): Promise<ForegroundResult> {
  lostOutput.listen(() => undefined);
  assertConfigured(app, request);
  const database = await app.openDatabase("create");
  const startedAt = systemClock.now().toISOString();
  const command = { kind: "run", request } as const;
  const lease = await tryLease(app, database, `run ${request.version.definition.dagId}`);
  if (lease === null) {
    const prepared = await askScheduler(database, { ...command, place: describePlace(app) }, drain);
    const end = await show(database, prepared, display, (observer) =>
      followRun(database, prepared.dagRunId, observer, app, drain),
    );
    return finish(app, database, end, prepared, startedAt, true);
  }
  try {
    const maker = { registry: app.registry, lakeId: app.lake.id };
    const prepared = await database.write((query) => applyCommand(query, maker, command, systemClock.now()));
    tellOutdated(app, database, prepared);
    const end = await show(database, prepared, display, (observer) =>
      drive(app, database, prepared, lease, observer, drain),
    );
    return finish(app, database, end, prepared, startedAt, false);
  } finally {
    await lease.release();
  }
}

function assertConfigured(app: App, { version, onlyTasks }: RunRequest): void {
  for (const task of version.definition.tasks) {
    const isWanted = onlyTasks === null || onlyTasks.includes(task.taskId);
    if (isWanted) app.registry.get(task.type)?.assertConfigured?.();
  }
}

function tellOutdated(app: App, database: Database, { dagRunId, how, isOutdated }: Prepared): void {
  if (!isOutdated || how === "done") return;
  const { runId } = readRun(database, dagRunId);
  app.log.warn(`${runId} goes on by the Dag as it was when the run was made; --rerun takes it as it is now.`);
}

type Observer = ReturnType<LateDisplay["open"]>["observer"];

async function show(
  database: Database,
  { dagRunId, how }: Prepared,
  late: LateDisplay,
  work: (observer: Observer) => Promise<FollowedRun>,
): Promise<FollowedRun> {
  if (how === "done") return { run: readRun(database, dagRunId), isStuck: false };
  const display = late.open(listTasksOfRun(database, dagRunId).map((task) => task.taskId));
  try {
    return await work(display.observer);
  } finally {
    await display.close();
  }
}

async function drive(
  app: App,
  database: Database,
  { dagRunId }: Prepared,
  lease: HeldLease,
  observer: Observer,
  drain: AbortSignal,
): Promise<FollowedRun> {
  const stopping = new AbortController();
  const stop = (): void => {
    stopping.abort(new DrainRequested("the process is stopping"));
  };
  if (drain.aborted) stop();
  drain.addEventListener("abort", stop, { once: true });
  lease.lost.addEventListener("abort", stop, { once: true });
  const { log, settings } = app;
  tellLostOutput(database, { log, service: silentObserver, timezone: settings.timezone });
  const { secrets, logsFolder: folder } = settings;
  const attemptLogs = openAttemptLogs({ folder, log, clock: systemClock, secrets });
  const tellWaits = createWaitTeller(database, settings, log);
  let isStuck = false;
  const watch = {
    idle: () => tellWaits([readRun(database, dagRunId)]),
    stuck() {
      isStuck = true;
    },
  };
  try {
    const listeners = { engine: observer, service: silentObserver };
    const tools = createRunTools(app, database, lease.epoch, attemptLogs, listeners);
    await sweepBeside(app, stopping.signal, async () => driveRuns(tools, [dagRunId], stopping.signal, watch));
  } finally {
    await attemptLogs.close();
  }
  return { run: readRun(database, dagRunId), isStuck };
}

function finish(
  app: App,
  database: Database,
  { run, isStuck }: FollowedRun,
  { how }: Prepared,
  startedAt: string,
  isScheduler: boolean,
): ForegroundResult {
  if (isStuck) app.log.error(describeStuck(database, [run], app.settings));
  return {
    report: reportRun(database, run, { how, isScheduler, isStuck }, startedAt),
    exitCode: isStuck ? EXIT.failed : judgeExit(run),
    isScheduler,
  };
}

function judgeExit(run: DagRun): ExitCode {
  if (run.state === "success") return EXIT.done;
  return run.state === "failed" || run.state === "cancelled" ? EXIT.failed : EXIT.tryAgain;
}
