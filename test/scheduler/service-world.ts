/** A scheduler on a real database, with the test's Dags, a clock that the test moves and a wake-up that it raises. */
import { setImmediate as yieldToEvents } from "node:timers/promises";
import { onTestFinished } from "vitest";
import { createInProcessExecutor } from "../../scheduler/attempts/in-process-executor.ts";
import { createJsonExecutor } from "../support/json-executor.ts";
import { DrainRequested } from "../../scheduler/attempts/stop-reasons.ts";
import {
  applyCommand,
  type CommandAnswers,
  type CommandKind,
  type SchedulerCommand,
} from "../../scheduler/commands/command.ts";
import { makeRun } from "../../scheduler/runs/new-run.ts";
import type { EngineObserver } from "../../scheduler/engine/engine-observer.ts";
import { runService } from "../../scheduler/service.ts";
import { createWakeSignal, type WakeSignal } from "../../scheduler/waking/wake-signal.ts";
import { startWorkerThread } from "../../scheduler/attempts/worker-thread.ts";
import type { DagDefinition, JsonValue } from "../../model/dag/dag.ts";
import type { SourceFolder } from "../../model/ports/dag-source.ts";
import type { DagIssue } from "../../model/errors.ts";
import { silentObserver, type ServiceObserver } from "../../model/ports/service-observer.ts";
import { insertRequest, readAnswer } from "../../state/control/requests.ts";
import { changeRunState, readRun } from "../../state/runs/dag-runs.ts";
import { sql } from "../../state/sqlite/statement.ts";
import { createHandClock, type HandClock } from "../support/hand-clock.ts";
import { makeVersion } from "../support/test-dag.ts";
import { openTestWorld, silentLog, type TestWorld } from "../support/test-world.ts";
import { makeType, type Work } from "./engine-world.ts";

export interface ServiceWorld extends Omit<TestWorld, "clock"> {
  readonly clock: HandClock;
  /** Sets the Dag files; broken ones by id. */
  readonly setDags: (dags: readonly DagDefinition[], broken?: Readonly<Record<string, DagIssue>>) => void;
  /** Starts the loop, which is drained when the test ends. */
  readonly start: () => Service;
  /** `dag@HH:MM state`, oldest first. */
  readonly runs: () => readonly string[];
  /** `kind: message`, oldest first; of these kinds. */
  readonly events: (...kinds: readonly string[]) => readonly string[];
  /** Inserts a request like another process; returns its state and answer when there is one. */
  readonly ask: (
    command: SchedulerCommand,
  ) => Promise<{ readonly state: string; readonly answer: JsonValue }>;
  /** Carries out a command like the lease's holder, without a loop, with the Dag files and these Dags. */
  readonly apply: <Kind extends CommandKind>(
    command: SchedulerCommand<Kind>,
    ...known: readonly DagDefinition[]
  ) => Promise<CommandAnswers[Kind]>;
  readonly told: readonly string[];
  /** Raised by a request of the same process. */
  readonly wakeSignal: WakeSignal;
  /** The number of turns of the loop. */
  readonly turns: () => number;
}

export interface Service {
  readonly ended: Promise<void>;
  readonly wake: () => void;
  readonly drain: () => void;
  /** Moves the clock, then lets the loop work. */
  readonly advance: (ms: number, lateMs?: () => number) => Promise<void>;
  /** Lets the loop work. */
  readonly rest: () => Promise<void>;
}

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;

/** Resolves when the event loop only waits for the clock, judged by a number of rounds. */
async function settle(): Promise<void> {
  for (let round = 0; round < 60; round += 1) await yieldToEvents();
}

export async function openServiceWorld(
  works: Readonly<Record<string, Work>> = { noop: () => ({}) },
  limits: { readonly pools?: Readonly<Record<string, number>>; readonly maxActiveTasks?: number } = {},
  listeners: { readonly service?: Partial<ServiceObserver>; readonly engine?: EngineObserver } = {},
): Promise<ServiceWorld> {
  const clock = createHandClock();
  const world = await openTestWorld({ clock: Object.assign(clock, { set: () => undefined }) });
  const { database } = world;
  const registry = new Map(Object.entries(works).map(([name, work]) => [name, makeType(name, work)]));
  const told: string[] = [];
  let turns = 0;
  const wakeSignal = createWakeSignal();
  const service: ServiceObserver = {
    ...silentObserver,
    tick: () => {
      turns += 1;
    },
    scheduleDelay: (dagId, seconds) => told.push(`delay ${dagId} ${seconds}`),
    slotsSkipped: (dagId, count, reason) => told.push(`skipped ${dagId} ${count} ${reason}`),
    clockJump: (seconds) => told.push(`jump ${Math.round(seconds)}`),
    loopStall: (seconds) => told.push(`stall ${Math.round(seconds)}`),
    stepEnded: (fault) => {
      if (fault !== null) told.push(`step failed: ${fault}`);
      else if (told.at(-1)?.startsWith("step failed") === true) told.push("step written");
    },
    importErrors: (count) => told.push(`import errors ${count}`),
    ...listeners.service,
  };
  let folder: SourceFolder = { dags: new Map(), broken: new Map() };
  let stamp = 0;
  const maker = { registry, lakeId: world.lake.id };

  return {
    ...world,
    clock,
    told,
    wakeSignal,
    turns: () => turns,
    setDags(dags, broken = {}) {
      stamp += 1;
      folder = {
        dags: new Map(
          dags.map((dag) => [
            dag.dagId,
            { ...makeVersion(dag), enabled: true, file: `dags/${dag.dagId}.yaml` },
          ]),
        ),
        broken: new Map(Object.entries(broken).map(([dagId, issue]) => [dagId, [issue]])),
      };
    },
    start() {
      const draining = new AbortController();
      let wake = (): void => undefined;
      const ended = runService(
        {
          ...world,
          clock,
          registry,
          log: silentLog,
          executor: createJsonExecutor(
            createInProcessExecutor({
              ...world,
              registry,
              clock,
              log: silentLog,
              startWorker: startWorkerThread,
            }),
          ),
          identity: { pid: 1, host: "test", processStarted: "now" },
          leaseEpoch: 1,
          databaseId: "test",
          limits: {
            pools: new Map(Object.entries({ default: 16, ...limits.pools })),
            maxActiveTasks: limits.maxActiveTasks ?? 32,
          },
          random: () => 0,
          observer: listeners.engine ?? {},
          service,
          lakeId: world.lake.id,
          settings: { lake: world.lake.id, input: "", dags: "" },
          timezone: "UTC",
          wakeSignal,
          pruneLogs: () => Promise.resolve(0),
          source: { stamp: () => Promise.resolve(String(stamp)), load: () => Promise.resolve(folder) },
          minuteTimer: (given) => {
            wake = given;
            return () => undefined;
          },
        },
        draining.signal,
      );
      ended.catch(() => undefined);
      const drain = (): void => draining.abort(new DrainRequested("the test drains"));
      onTestFinished(async () => {
        drain();
        await ended.catch(() => undefined);
      });
      return {
        ended,
        drain,
        wake: () => wake(),
        rest: settle,
        async advance(ms, lateMs) {
          await settle();
          await clock.advance(ms, lateMs);
          await settle();
        },
      };
    },
    runs: () =>
      database
        .all<{ text: string }>(
          sql`SELECT dag_id || '@' || substr(logical_date, 12, 5) || ' ' || state AS text FROM dag_runs
              ORDER BY logical_date, dag_id`,
        )
        .map(({ text }) => text),
    events: (...kinds) =>
      database
        .all<{ text: string }>(
          sql`SELECT kind || ': ' || message AS text FROM events
              WHERE kind IN (SELECT value FROM json_each(${JSON.stringify(kinds)})) ORDER BY event_id`,
        )
        .map(({ text }) => text),
    async ask({ kind, ...payload }) {
      const requestId = await database.write((query) =>
        insertRequest(query, { kind, payload, requestedBy: "test" }, clock.now()),
      );
      await settle();
      await clock.advance(300);
      await settle();
      return readAnswer(database, requestId);
    },
    apply(command, ...known) {
      const read = known.map((dag) => [dag.dagId, makeVersion(dag)] as const);
      const holder = { ...maker, dags: new Map([...folder.dags, ...read]) };
      return database.write((query) => applyCommand(query, holder, command, clock.now(), "test"));
    },
  };
}

/** A successful run of that Dag at that instant, in this lake or another one. */
export function succeed(
  world: ServiceWorld,
  dag: DagDefinition,
  at: string,
  onlyTasks: readonly string[] | null = null,
  lakeId = world.lake.id,
) {
  const maker = { registry: new Map([["noop", makeType("noop", () => ({}))]]), lakeId };
  return world.database.write((query) => {
    const order = { version: makeVersion(dag), runType: "manual", params: {}, isRefetch: false } as const;
    const run = makeRun(query, maker, { ...order, logicalDate: new Date(at), onlyTasks }, world.clock.now());
    changeRunState(query, run, "running", world.clock.now());
    changeRunState(query, readRun(query, run.dagRunId), "success", world.clock.now());
  });
}
