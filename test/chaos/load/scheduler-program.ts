/**
 * A scheduler at full load, as a process of its own: its loop with a database that syncs every commit, Dags that are due each
 * minute, and a clock that moves on as soon as everything that was due is done. One JSON line a minute; judging is the test's.
 */
import { createDatasetLeases } from "../../../scheduler/lease/dataset-leases.ts";
import { join } from "node:path";
import { setImmediate as yieldToEvents } from "node:timers/promises";
import { parseArgs } from "node:util";
import { openLake } from "../../../lake/open-lake.ts";
import type { DagDefinition } from "../../../model/dag/dag.ts";
import type { Logger } from "../../../model/ports/logger.ts";
import { silentObserver } from "../../../model/ports/service-observer.ts";
import { createInProcessExecutor } from "../../../scheduler/attempts/in-process-executor.ts";
import { DrainRequested } from "../../../scheduler/attempts/stop-reasons.ts";
import { runService } from "../../../scheduler/service.ts";
import { createWakeSignal } from "../../../scheduler/waking/wake-signal.ts";
import { startWorkerThread } from "../../../scheduler/attempts/worker-thread.ts";
import { createBatchStore } from "../../../state/records/batch-store.ts";
import { createCandidateStore } from "../../../state/records/candidates.ts";
import { openDatabase } from "../../../state/sqlite/database.ts";
import { createEventLog } from "../../../state/control/events.ts";
import { createInputStore } from "../../../state/runs/inputs.ts";
import { createObjectStore } from "../../../state/records/objects.ts";
import { createTableStore } from "../../../state/records/tables.ts";
import { createNoop } from "../../../tasks/noop/index.ts";
import { createHandClock } from "../../support/hand-clock.ts";
import { makeDag, makeTask, makeVersion } from "../../support/test-dag.ts";

const { values } = parseArgs({
  options: { folder: { type: "string" }, dags: { type: "string" }, minutes: { type: "string" } },
});
const folder = values.folder ?? "";
const dagCount = Number(values.dags);
const minutes = Number(values.minutes);

const MINUTE_MS = 60_000;
/** Turns of the event loop without a run that ends: something hangs. */
const PATIENCE_TURNS = 200_000;

const errors: string[] = [];
const log: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: (message) => errors.push(message),
  error: (message) => errors.push(message),
  with: () => log,
};
const clock = createHandClock();
const database = await openDatabase(join(folder, "dagmar.db"), { clock, mode: "create" });
const lake = openLake(join(folder, "lake"), { clock, log });
const dags = Array.from({ length: dagCount }, (_, index) => makeMinutely(`load_${index}`));
const registry = new Map([["noop", createNoop()]]);

let ended = 0;
let ticks = 0;
let tickMs: number[] = [];
let lastTickAt = performance.now();
const draining = new AbortController();
const service = runService(
  {
    database,
    settings: { lake: lake.id, input: "", dags: "" },
    clock,
    log,
    registry,
    executor: createInProcessExecutor({
      registry,
      lake,
      clock,
      log,
      ports: {
        objects: createObjectStore(database, clock, "UTC"),
        inputs: createInputStore(database, clock),
        leases: createDatasetLeases({ notes: lake.notes, clock }),
        catalog: { listPrefixes: () => Promise.resolve([]) },
        candidates: createCandidateStore(database, clock),
        batches: createBatchStore(database, clock),
        events: createEventLog(database, clock, log, "UTC"),
        tables: createTableStore(database, clock),
      },
      startWorker: startWorkerThread,
    }),
    identity: { pid: process.pid, host: "load", processStarted: "now" },
    leaseEpoch: 1,
    databaseId: "load",
    limits: {
      pools: new Map([["default", 16]]),
      maxActiveTasks: 32,
    },
    random: () => 0,
    observer: {
      runEnded: () => {
        ended += 1;
      },
    },
    service: {
      ...silentObserver,
      tick: () => {
        const now = performance.now();
        tickMs.push(now - lastTickAt);
        lastTickAt = now;
        ticks += 1;
      },
    },
    lakeId: lake.id,
    timezone: "UTC",
    pruneLogs: () => Promise.resolve(0),
    source: { stamp: () => Promise.resolve("1"), load: () => Promise.resolve(makeFolder()) },
    minuteTimer: () => () => undefined,
    wakeSignal: createWakeSignal(),
  },
  draining.signal,
);
service.catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
});

await untilQuiet();
for (let minute = 1; minute <= minutes; minute += 1) {
  const startedMs = performance.now();
  const ticksBefore = ticks;
  tickMs = [];
  lastTickAt = startedMs;
  await clock.advance(MINUTE_MS);
  await untilEnded(minute * dagCount);
  const ms = performance.now() - startedMs;
  await untilQuiet();
  const sorted = tickMs.toSorted((a, b) => a - b);
  tell({
    minute,
    ms,
    ticks: ticks - ticksBefore,
    tickMedianMs: sorted[Math.floor(sorted.length / 2)] ?? 0,
    ...measureMemory(),
  });
}
draining.abort(new DrainRequested("the hour is over"));
await service;
await database.close();
tell({ errors, peakMiB: process.resourceUsage().maxRSS / 1024 });

/** Five tasks: a fork, a join and an end. */
function makeMinutely(dagId: string): DagDefinition {
  return makeDag(
    [
      makeTask("begin"),
      makeTask("left", { needs: ["begin"] }),
      makeTask("right", { needs: ["begin"] }),
      makeTask("join", { needs: ["left", "right"] }),
      makeTask("end", { needs: ["join"] }),
    ],
    { dagId, schedule: { kind: "cron", expression: "* * * * *" }, timezone: "UTC" },
  );
}

function makeFolder() {
  return {
    dags: new Map(
      dags.map((dag) => [dag.dagId, { ...makeVersion(dag), enabled: true, file: `dags/${dag.dagId}.yaml` }]),
    ),
    broken: new Map(),
  };
}

async function untilEnded(count: number): Promise<void> {
  let before = ended;
  for (let turns = 0; ended < count; turns += 1) {
    if (ended !== before) turns = 0;
    before = ended;
    if (turns > PATIENCE_TURNS) throw new Error(`${ended} of ${count} runs have ended: ${errors.join("; ")}`);
    await yieldToEvents();
  }
}

async function untilQuiet(): Promise<void> {
  for (let round = 0; round < 60; round += 1) await yieldToEvents();
}

/** What is still held after everything that may go has gone. */
function measureMemory(): { readonly rssMiB: number; readonly heapMiB: number } {
  globalThis.gc?.();
  const { rss, heapUsed } = process.memoryUsage();
  return { rssMiB: rss / 2 ** 20, heapMiB: heapUsed / 2 ** 20 };
}

function tell(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
