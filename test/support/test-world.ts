/** A real database, a real folder lake and a run's rows in a folder of their own, for tests below the scheduler. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { onTestFinished } from "vitest";
import { openLake } from "../../lake/open-lake.ts";
import type { BatchStore, SealedBatch, SpooledRecord } from "../../model/ports/batch-store.ts";
import type { Clock } from "../../model/ports/clock.ts";
import type { DatasetLeases } from "../../model/ports/dataset-leases.ts";
import type { Lake } from "../../model/ports/lake.ts";
import type { Logger } from "../../model/ports/logger.ts";
import type { TaskPorts } from "../../model/ports/task-ports.ts";
import type { RunFacts } from "../../model/ports/task-type.ts";
import { createDatasetLeases } from "../../scheduler/lease/dataset-leases.ts";
import type { SweepableLake } from "../../lake/sweepable-lake.ts";
import { readRunFacts } from "../../scheduler/attempts/render-options.ts";
import { createBatchStore } from "../../state/records/batch-store.ts";
import { createCandidateStore } from "../../state/records/candidates.ts";
import { createRun, saveDagVersion } from "../../state/runs/dag-runs.ts";
import { openDatabase, type Database } from "../../state/sqlite/database.ts";
import { createEventLog } from "../../state/control/events.ts";
import { createInputStore } from "../../state/runs/inputs.ts";
import { makeDag } from "./test-dag.ts";
import { createObjectStore } from "../../state/records/objects.ts";
import { createTableStore } from "../../state/records/tables.ts";

/** A date that the test moves; waiting is real and short. */
export interface TestClock extends Clock {
  set(instant: string): void;
}

export function createTestClock(instant = "2026-11-23T09:00:00.000Z"): TestClock {
  let now = new Date(instant);
  return {
    now: () => now,
    monotonicMs: () => performance.now(),
    async sleep(ms, signal) {
      await delay(ms, undefined, signal === undefined ? {} : { signal });
    },
    set(next) {
      now = new Date(next);
    },
  };
}

export const silentLog: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  with: () => silentLog,
};

export function makeTempFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "dagmar-test-"));
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

type NotedLake = Lake & Partial<Pick<SweepableLake, "notes">>;

export interface TestWorld {
  readonly folder: string;
  readonly clock: TestClock;
  readonly database: Database;
  readonly lake: NotedLake;
  readonly ports: TaskPorts;
  /** A run of a Dag named `test_dag`, as its row holds it. */
  makeRunFacts(logicalDate: string, refetchGeneration?: string): Promise<RunFacts>;
}

export interface TestWorldOptions {
  readonly folder?: string;
  readonly databaseFile?: string;
  readonly lake?: NotedLake;
  readonly clock?: TestClock;
  /** Where Dags store datasets, by dataset. */
  readonly prefixes?: Readonly<Record<string, readonly string[]>>;
}

export async function openTestWorld(options: TestWorldOptions = {}): Promise<TestWorld> {
  const folder = options.folder ?? makeTempFolder();
  const clock = options.clock ?? createTestClock();
  const database = await openDatabase(options.databaseFile ?? join(folder, "dagmar.db"), {
    clock,
    mode: "create",
  });
  onTestFinished(() => database.close());
  const lake = options.lake ?? openLake(join(folder, "lake"), { clock, log: silentLog });
  return {
    folder,
    clock,
    database,
    lake,
    ports: openPorts(database, lake, clock, options.prefixes ?? {}),
    async makeRunFacts(logicalDate, refetchGeneration) {
      const run = await database.write((query) => {
        const version = { definition: TEST_DAG, fingerprint: "test" };
        saveDagVersion(query, version, clock.now());
        return createRun(query, {
          version,
          runType: "manual",
          logicalDate: new Date(logicalDate),
          interval: null,
          params: {},
          onlyTasks: null,
          lakeId: lake.id,
          isRefetch: false,
          now: clock.now(),
        });
      });
      return { ...readRunFacts(run), refetchGeneration: refetchGeneration ?? null };
    },
  };
}

/** Seals records of which nothing else has stored any. */
export async function sealAll(batches: BatchStore, records: readonly SpooledRecord[]): Promise<SealedBatch> {
  const batch = await batches.seal(records);
  if (batch === undefined) throw new Error("other objects hold all of these records");
  return batch;
}

/** For a lake that is not one of ours. */
const NO_LEASES: DatasetLeases = {
  take: () => Promise.resolve({ lost: new AbortController().signal, release: () => Promise.resolve() }),
};

function openPorts(
  database: Database,
  lake: NotedLake,
  clock: Clock,
  prefixes: NonNullable<TestWorldOptions["prefixes"]>,
): TaskPorts {
  return {
    objects: createObjectStore(database, clock, "UTC"),
    inputs: createInputStore(database, clock),
    leases: lake.notes === undefined ? NO_LEASES : createDatasetLeases({ notes: lake.notes, clock }),
    catalog: { listPrefixes: (dataset) => Promise.resolve(prefixes[dataset] ?? []) },
    candidates: createCandidateStore(database, clock),
    batches: createBatchStore(database, clock),
    events: createEventLog(database, clock, silentLog, "UTC"),
    tables: createTableStore(database, clock),
  };
}

const TEST_DAG = makeDag([], { timezone: "America/Sao_Paulo" });
