/** Sets up a process that works on runs, for a command or the scheduler: tools, logs of attempts, and the stop signal. */
import { observeLake } from "../lake/observe-lake.ts";
import { openAttemptLogs } from "../logs/attempt-logs.ts";
import type { AttemptLogs } from "../model/ports/attempt-logs.ts";
import type { ServiceObserver } from "../model/ports/service-observer.ts";
import { createInProcessExecutor } from "../scheduler/attempts/in-process-executor.ts";
import { DrainRequested } from "../scheduler/attempts/stop-reasons.ts";
import { startWorkerThread } from "../scheduler/attempts/worker-thread.ts";
import type { EngineTools } from "../scheduler/engine/engine.ts";
import type { EngineObserver } from "../scheduler/engine/engine-observer.ts";
import type { HeldLease } from "../scheduler/lease/lease-keeper.ts";
import { createDatasetLeases } from "../scheduler/lease/dataset-leases.ts";
import { identifyProcess } from "../scheduler/lease/process-identity.ts";
import { readDatabaseId } from "../state/control/database-identity.ts";
import { createEventLog } from "../state/control/events.ts";
import { createBatchStore } from "../state/records/batch-store.ts";
import { createCandidateStore } from "../state/records/candidates.ts";
import { createObjectStore } from "../state/records/objects.ts";
import { createTableStore } from "../state/records/tables.ts";
import { createInputStore } from "../state/runs/inputs.ts";
import type { Database } from "../state/sqlite/database.ts";
import type { App } from "./app.ts";
import { createDatasetCatalog } from "./dags/dataset-catalog.ts";
import { recordLostOutput } from "./lost-output.ts";

export interface Listeners {
  readonly engine: EngineObserver;
  readonly service: ServiceObserver;
}

export interface Work {
  readonly tools: EngineTools;
  /** Aborted when the process should drain, or has lost the lease. */
  readonly stopping: AbortSignal;
}

/** Does `work` with the lease held; the attempts' logs are closed when it has ended. The caller releases the lease. */
export async function withWork<Result>(
  app: App,
  database: Database,
  lease: HeldLease,
  listeners: Listeners,
  drain: AbortSignal,
  work: (work: Work) => Promise<Result>,
): Promise<Result> {
  const { clock, log, settings } = app;
  const stopping = new AbortController();
  const stop = (): void => stopping.abort(new DrainRequested("the process is stopping"));
  const signals = [drain, lease.lost];
  if (signals.some((signal) => signal.aborted)) stop();
  for (const signal of signals) signal.addEventListener("abort", stop, { once: true });
  const { service } = listeners;
  recordLostOutput(app.lostOutput, database, { clock, log, service, timezone: settings.timezone });
  const { secrets, logsFolder: folder } = settings;
  const attemptLogs = openAttemptLogs({ folder, log, clock, secrets });
  try {
    const tools = createEngineTools(app, database, lease.epoch, attemptLogs, listeners);
    return await work({ tools, stopping: stopping.signal });
  } finally {
    for (const signal of signals) signal.removeEventListener("abort", stop);
    await attemptLogs.close();
  }
}

function createEngineTools(
  app: App,
  database: Database,
  leaseEpoch: number,
  attemptLogs: AttemptLogs,
  listeners: Listeners,
): EngineTools {
  const { clock, settings, log, registry } = app;
  const executor = createInProcessExecutor({
    registry,
    log,
    attemptLogs,
    lake: observeLake(app.lake, (outcome) => listeners.service.objectPut(outcome)),
    clock,
    ports: {
      objects: createObjectStore(database, clock, settings.timezone),
      inputs: createInputStore(database, clock),
      catalog: createDatasetCatalog(app),
      leases: createDatasetLeases({ notes: app.lake.notes, clock }),
      candidates: createCandidateStore(database, clock),
      batches: createBatchStore(database, clock),
      events: createEventLog(database, clock, log, settings.timezone),
      tables: createTableStore(database, clock),
    },
    startWorker: startWorkerThread,
  });
  return {
    database,
    clock,
    log,
    executor,
    leaseEpoch,
    databaseId: readDatabaseId(database),
    lakeId: app.lake.id,
    identity: identifyProcess(),
    limits: settings,
    random: app.random,
    observer: listeners.engine,
  };
}
