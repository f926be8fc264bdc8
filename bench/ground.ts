/**
 * A database, a lake and what drives runs, in a folder of their own and put together as the command line does it, for
 * benchmarks that stay in this process. What is driven, and what is measured of it, is theirs.
 */
import { join } from "node:path";
import { Writable } from "node:stream";
import { openAttemptLogs } from "../logs/attempt-logs.ts";
import { createLogger } from "../logs/logger.ts";
import { parseSettings } from "../config/settings/settings.ts";
import { openLake } from "../lake/open-lake.ts";
import type { Clock } from "../model/ports/clock.ts";
import type { DagDefinition } from "../model/dag/dag.ts";
import type { DagRun } from "../model/run/dag-run.ts";
import type { Logger } from "../model/ports/logger.ts";
import type { AnyTaskType } from "../model/ports/task-type.ts";
import { createInProcessExecutor } from "../scheduler/attempts/in-process-executor.ts";
import type { EngineTools } from "../scheduler/engine/engine.ts";
import { holdLease } from "../scheduler/lease/lease-keeper.ts";
import { makeRun, type RunMaker } from "../scheduler/runs/new-run.ts";
import { noteRunEnd } from "../scheduler/notices/note-run-end.ts";
import { listNoticeTargets } from "../app/notices/open-channels.ts";
import { createDatasetLeases } from "../scheduler/lease/dataset-leases.ts";
import { identifyProcess } from "../scheduler/lease/process-identity.ts";
import { startWorkerThread } from "../scheduler/attempts/worker-thread.ts";
import { createBatchStore } from "../state/records/batch-store.ts";
import { createCandidateStore } from "../state/records/candidates.ts";
import { openDatabase } from "../state/sqlite/database.ts";
import { createEventLog } from "../state/control/events.ts";
import { createInputStore } from "../state/runs/inputs.ts";
import { createObjectStore } from "../state/records/objects.ts";
import { createTableStore } from "../state/records/tables.ts";
import { createRegistry, DECLARATIONS } from "../tasks/registry.ts";
import { makeVersion } from "../test/support/test-dag.ts";

export interface Ground {
  readonly databaseFile: string;
  readonly lakeId: string;
  /** With an observer that hears nothing. */
  readonly tools: EngineTools;
  readonly registry: RunMaker["registry"];
  makeRun(dag: DagDefinition, logicalDate: Date): Promise<DagRun>;
  close(): Promise<void>;
}

/** `types` are added to Dagmar's own. */
export async function openGround(
  folder: string,
  clock: Clock,
  types: readonly AnyTaskType[] = [],
): Promise<Ground> {
  const settings = parseSettings(
    { variables: {}, fromDotEnv: new Set(), faults: [] },
    { workingFolder: folder, readSecretFile: () => "", declarations: DECLARATIONS },
  );
  const log = openLog(clock);
  const databaseFile = join(folder, "dagmar.db");
  const database = await openDatabase(databaseFile, { clock, mode: "create" });
  const identity = identifyProcess();
  const lease = await holdLease(database, identity, "bench", { clock, log, timezone: "UTC" });
  const lake = openLake(join(folder, "lake"), { clock, log });
  const attemptLogs = openAttemptLogs({ folder: settings.logsFolder, log, clock, secrets: [] });
  const { inputFolder, timezone, notify } = settings;
  const shipped = createRegistry({ inputFolder, values: settings.tasks, clock, log, random: Math.random });
  const registry = new Map([...shipped, ...types.map((type) => [type.type, type] as const)]);
  const executor = createInProcessExecutor({
    registry,
    log,
    attemptLogs,
    lake,
    clock,
    ports: {
      objects: createObjectStore(database, clock, timezone),
      inputs: createInputStore(database, clock),
      leases: createDatasetLeases({ notes: lake.notes, clock }),
      catalog: { listPrefixes: () => Promise.resolve([]) },
      candidates: createCandidateStore(database, clock),
      batches: createBatchStore(database, clock),
      events: createEventLog(database, clock, log, timezone),
      tables: createTableStore(database, clock),
    },
    startWorker: startWorkerThread,
  });
  const tools: EngineTools = {
    database,
    clock,
    log,
    executor,
    lakeId: lake.id,
    identity,
    leaseEpoch: lease.epoch,
    databaseId: "bench",
    limits: settings,
    random: Math.random,
    observer: {},
    noteRunEnd: (query, run, now) =>
      noteRunEnd(query, run, { after: notify.after, targets: listNoticeTargets(notify) }, now),
  };
  return {
    databaseFile,
    tools,
    registry,
    lakeId: lake.id,
    makeRun(dag, logicalDate) {
      const order = {
        version: makeVersion(dag),
        runType: "manual",
        params: {},
        onlyTasks: null,
        isRefetch: false,
        logicalDate,
      } as const;
      return database.write((query) => makeRun(query, { registry, lakeId: lake.id }, order, clock.now()));
    },
    async close() {
      await attemptLogs.close();
      await lease.release();
      await database.close();
      await lake.close();
    },
  };
}

/** Writes its lines, to nowhere. */
function openLog(clock: Clock): Logger {
  const stream = new Writable({
    write(_chunk, _encoding, done) {
      done();
    },
  });
  return createLogger({ level: "info", format: "text", stream, secrets: [], clock });
}
