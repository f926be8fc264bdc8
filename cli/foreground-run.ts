/** A run in the foreground: lease, recovery, preparation, the engine, and the report of what this execution did. */
import { DrainRequested } from "../scheduler/attempt-runner.ts";
import { prepareRun, type PreparedRun, type RunRequest } from "../scheduler/commands/prepare-run.ts";
import { driveRuns } from "../scheduler/drive-runs.ts";
import { holdLease } from "../scheduler/lease-keeper.ts";
import { identifyProcess } from "../scheduler/process-identity.ts";
import { recoverLostAttempts } from "../scheduler/recover.ts";
import { startWorkerThread } from "../scheduler/worker-thread.ts";
import type { DagRun } from "../model/dag-run.ts";
import { describeError, EXIT, type ExitCode } from "../model/errors.ts";
import { createBatchStore } from "../state/batch-store.ts";
import { createCandidateStore } from "../state/candidates.ts";
import { readRun } from "../state/dag-runs.ts";
import { createEventLog } from "../state/events.ts";
import { createObjectStore } from "../state/objects.ts";
import { savePools } from "../state/pools.ts";
import type { Database } from "../state/database.ts";
import { listTasksOfRun } from "../state/task-instances.ts";
import type { App } from "./app.ts";
import type { LateDisplay } from "./display/open-display.ts";
import { reportRun, type RunReport } from "./run-report.ts";
import { systemClock } from "./system-clock.ts";

export interface ForegroundResult {
  readonly report: RunReport;
  readonly exitCode: ExitCode;
}

/** Raises `DATABASE_BUSY` when another process is at work, and whatever `prepareRun` refuses. */
export async function runForeground(
  app: App,
  request: RunRequest,
  display: LateDisplay,
  drain: AbortSignal,
): Promise<ForegroundResult> {
  const { definition } = request.version;
  for (const task of definition.tasks) {
    const isWanted = request.onlyTasks === null || request.onlyTasks.includes(task.taskId);
    if (isWanted) app.registry.get(task.type)?.assertConfigured?.();
  }
  const database = await app.openDatabase("create");
  const tools = { clock: systemClock, log: app.log };
  const lease = await holdLease(database, identifyProcess(), `run ${definition.dagId}`, tools);
  try {
    const startedAt = systemClock.now().toISOString();
    const prepared = await database.write((query) => {
      const now = systemClock.now();
      savePools(query, app.settings.pools);
      recoverLostAttempts(query, now);
      return prepareRun(query, { registry: app.registry, lakeId: app.lake.id }, request, now);
    });
    if (prepared.isOutdated && prepared.how !== "done") {
      app.log.warn(
        `${prepared.run.runId} goes on by the Dag as it was when the run was made; --rerun takes it as it is now.`,
      );
    }
    const run =
      prepared.how === "done" ? prepared.run : await drive(app, database, prepared, lease, display, drain);
    return { report: reportRun(database, run, prepared.how, startedAt), exitCode: judgeExit(run) };
  } finally {
    await lease.release();
  }
}

async function drive(
  app: App,
  database: Database,
  prepared: PreparedRun,
  lease: Awaited<ReturnType<typeof holdLease>>,
  late: LateDisplay,
  drain: AbortSignal,
): Promise<DagRun> {
  const { settings, log, registry, lake } = app;
  const { dagRunId } = prepared.run;
  const stopping = new AbortController();
  const stop = (): void => {
    stopping.abort(new DrainRequested("the process is stopping"));
  };
  if (drain.aborted) stop();
  drain.addEventListener("abort", stop, { once: true });
  lease.lost.addEventListener("abort", stop, { once: true });
  await sweepLeftovers(app, stopping.signal);
  const display = late.open(listTasksOfRun(database, dagRunId).map((task) => task.taskId));
  try {
    await driveRuns(
      {
        database,
        registry,
        lake,
        log,
        clock: systemClock,
        ports: {
          objects: createObjectStore(database, systemClock, settings.timezone),
          candidates: createCandidateStore(database, systemClock),
          batches: createBatchStore(database, systemClock),
          events: createEventLog(database, systemClock, log, settings.timezone),
        },
        startWorker: startWorkerThread,
        identity: identifyProcess(),
        leaseEpoch: lease.epoch,
        limits: settings,
        random: Math.random,
        observer: display.observer,
      },
      [dagRunId],
      stopping.signal,
    );
  } finally {
    await display.close();
  }
  return readRun(database, dagRunId);
}

/** Uploads that a dead process left half done cost money and room; one that is younger may be somebody else's, under way. */
const LEFTOVER_AGE_MS = 24 * 3600 * 1000;

/** Housekeeping: that a store does not permit it keeps no run from going on. */
async function sweepLeftovers(app: App, signal: AbortSignal): Promise<void> {
  const before = new Date(systemClock.now().getTime() - LEFTOVER_AGE_MS);
  try {
    const swept = await app.lake.sweepLeftovers("", before, signal);
    if (swept > 0) app.log.info(`Swept ${swept} uploads that were begun and never finished`);
  } catch (error) {
    app.log.debug(`Unfinished uploads could not be swept: ${describeError(error)}`);
  }
}

function judgeExit(run: DagRun): ExitCode {
  if (run.state === "success") return EXIT.done;
  return run.state === "failed" || run.state === "cancelled" ? EXIT.failed : EXIT.tryAgain;
}
