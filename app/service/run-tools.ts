/** What drives runs in this process, put together: one place for the foreground, backfills and the scheduler. */
import type { ServiceObserver } from "../../model/ports/service-observer.ts";
import type { EngineObserver, EngineTools } from "../../scheduler/engine/engine.ts";
import { identifyProcess } from "../../scheduler/lease/process-identity.ts";
import { startWorkerThread } from "../../scheduler/attempts/worker-thread.ts";
import { observeLake } from "../../lake/observe-lake.ts";
import { describeError } from "../../model/errors.ts";
import type { AttemptLogs } from "../../model/ports/attempt-logs.ts";
import { createBatchStore } from "../../state/records/batch-store.ts";
import { createCandidateStore } from "../../state/records/candidates.ts";
import type { Database } from "../../state/sqlite/database.ts";
import { createEventLog } from "../../state/control/events.ts";
import { createInputStore } from "../../state/runs/inputs.ts";
import { createObjectStore } from "../../state/records/objects.ts";
import type { App } from "../app.ts";
import { systemClock } from "../../cli/process/system-clock.ts";

export interface Listeners {
  readonly engine: EngineObserver;
  readonly service: ServiceObserver;
}

export function createRunTools(
  app: App,
  database: Database,
  leaseEpoch: number,
  attemptLogs: AttemptLogs,
  listeners: Listeners,
): EngineTools {
  const { settings, log, registry } = app;
  return {
    database,
    registry,
    log,
    attemptLogs,
    leaseEpoch,
    lake: observeLake(app.lake, (outcome) => listeners.service.objectPut(outcome)),
    clock: systemClock,
    ports: {
      objects: createObjectStore(database, systemClock, settings.timezone),
      inputs: createInputStore(database, systemClock),
      candidates: createCandidateStore(database, systemClock),
      batches: createBatchStore(database, systemClock),
      events: createEventLog(database, systemClock, log, settings.timezone),
    },
    startWorker: startWorkerThread,
    identity: identifyProcess(),
    limits: settings,
    random: Math.random,
    observer: listeners.engine,
  };
}

/** Uploads that a dead process left half done cost money and room; one that is younger may be somebody else's, under way. */
const LEFTOVER_AGE_MS = 24 * 3600 * 1000;

type SweepingApp = Pick<App, "lake" | "log">;

/** Housekeeping: that a store does not permit it keeps no run from going on. */
export async function sweepLeftovers(app: SweepingApp, signal: AbortSignal): Promise<void> {
  const before = new Date(systemClock.now().getTime() - LEFTOVER_AGE_MS);
  try {
    const swept = await app.lake.sweepLeftovers("", before, signal);
    if (swept > 0) app.log.info(`Swept ${swept} uploads that were begun and never finished`);
  } catch (error) {
    app.log.debug(`Unfinished uploads could not be swept: ${describeError(error)}`);
  }
}

/** What a store may take for its list of uploads when the work is done already. */
const SWEEP_GRACE_MS = 2_000;

/** Sweeps while the work goes on, and not much longer. */
export async function sweepBeside<T>(
  app: SweepingApp,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  const over = new AbortController();
  const sweeping = sweepLeftovers(app, AbortSignal.any([signal, over.signal]));
  try {
    return await work();
  } finally {
    await Promise.race([sweeping, systemClock.sleep(SWEEP_GRACE_MS, over.signal).catch(() => undefined)]);
    over.abort();
    await sweeping;
  }
}
