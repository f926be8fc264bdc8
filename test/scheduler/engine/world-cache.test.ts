/** What is cached of a run between steps, and what is read again. */
import { describe, expect, test } from "vitest";
import { changeRunState } from "../../../state/runs/dag-runs.ts";
import { readOutputsOf, saveOutputs } from "../../../state/runs/task-instances.ts";
import { sql } from "../../../state/sqlite/statement.ts";
import {
  createWorldCache,
  forgetAll,
  forgetRun,
  forgetTask,
  readDag,
  type WorldCache,
} from "../../../scheduler/engine/run-view.ts";
import { readWorld, type Scope } from "../../../scheduler/engine/world.ts";
import { makeDag, makeTask } from "../../support/test-dag.ts";
import { openEngineWorld, type EngineWorld } from "../engine-world.ts";

const LIMITS = { pools: new Map([["default", 16]]), maxActiveTasks: 32 };

async function openRunning() {
  const world = await openEngineWorld({ noop: () => ({}) });
  const run = await world.makeRun(makeDag([makeTask("a"), makeTask("b")]));
  await world.database.write((query) => changeRunState(query, run, "running", world.clock.now()));
  const cache = createWorldCache();
  return { world, run, cache };
}

/** The messages of the run's tasks, as the planner sees them. */
function readMessages({ database, clock, lake }: EngineWorld, dagRunId: number, cache: WorldCache) {
  const facts = {
    now: clock.now(),
    lakeId: lake.id,
    scope: { dagRunIds: [dagRunId] },
    limits: LIMITS,
    isDraining: false,
  };
  return readWorld(database, facts, cache).runs[0]?.tasks.map((task) => task.message);
}

const write = (world: EngineWorld, text: string) =>
  world.database.write((query) => query.run(sql`UPDATE task_instances SET message = ${text}`));

test("queued runs are read as far as places are free; one that is being stopped needs none", async () => {
  const world = await openEngineWorld({ noop: () => ({}) });
  const dag = makeDag([makeTask("a")], { maxActiveRuns: 2 });
  const runs = [];
  for (const hour of [5, 6, 7, 8]) runs.push(await world.makeRun(dag, `2026-11-23T0${hour}:00:00Z`));
  const [first, second, third, fourth] = runs.map(({ dagRunId }) => dagRunId);
  const set = (changes: ReturnType<typeof sql>, dagRunId: number | undefined): Promise<unknown> =>
    world.database.write((query) =>
      query.run(sql`UPDATE dag_runs SET ${changes} WHERE dag_run_id = ${dagRunId ?? 0}`),
    );
  const read = (scope: Scope) => {
    const facts = { now: world.clock.now(), lakeId: world.lake.id, scope, limits: LIMITS, isDraining: false };
    const { runs: running, queued, activeRuns } = readWorld(world.database, facts, createWorldCache());
    return {
      running: running.map(({ run }) => run.dagRunId),
      queued: queued.map(({ run, limit }) => [run.dagRunId, limit]),
      active: Object.fromEntries(activeRuns),
    };
  };
  expect(read("all")).toEqual({
    running: [],
    queued: [
      [first, 2],
      [second, 2],
    ],
    active: {},
  });
  await set(sql`state = 'running'`, first);
  expect(read("all")).toEqual({ running: [first], queued: [[second, 2]], active: { test_dag: 1 } });
  await set(sql`state = 'running'`, second);
  expect(read("all")).toEqual({ running: [first, second], queued: [], active: { test_dag: 2 } });
  await set(sql`stop_reason = 'cancelled'`, third);
  expect(read("all").queued[0]).toEqual([third, Infinity]);

  const certain = { dagRunIds: [first ?? 0, fourth ?? 0] };
  expect(read(certain)).toEqual({ running: [first], queued: [[fourth, Infinity]], active: {} });
});

test("a version of a Dag is read once: it never changes", async () => {
  const { world, run, cache } = await openRunning();
  const read = readDag(world.database, run.fingerprint, cache);
  await world.database.write((query) => query.run(sql`UPDATE dag_versions SET definition = '{}'`));
  expect(readDag(world.database, run.fingerprint, cache)).toBe(read);
  expect(() => readDag(world.database, run.fingerprint, createWorldCache())).toThrow(TypeError);
});

describe("a run that was read", () => {
  test("is read again after a write to a task of it, the run, or anything was reported", async () => {
    const { world, run, cache } = await openRunning();
    expect(readMessages(world, run.dagRunId, cache)).toEqual([null, null]);
    await write(world, "one");
    expect(readMessages(world, run.dagRunId, cache)).toEqual([null, null]);
    forgetTask(cache, world.task(run, "b"));
    expect(readMessages(world, run.dagRunId, cache)).toEqual([null, "one"]);
    await write(world, "two");
    expect(readMessages(world, run.dagRunId, cache)).toEqual([null, "one"]);
    forgetRun(cache, run.dagRunId);
    expect(readMessages(world, run.dagRunId, cache)).toEqual(["two", "two"]);
    await write(world, "three");
    forgetTask(cache, world.task(run, "a"));
    forgetAll(cache);
    expect(readMessages(world, run.dagRunId, cache)).toEqual(["three", "three"]);
  });

  test("is read completely if a task was written to before the first read", async () => {
    const { world, run, cache } = await openRunning();
    forgetTask(cache, world.task(run, "a"));
    await write(world, "one");
    expect(readMessages(world, run.dagRunId, cache)).toEqual(["one", "one"]);
  });
});

describe("outputs of some tasks", () => {
  test("are those of the named tasks; without names there are none", async () => {
    const { world, run } = await openRunning();
    const { database } = world;
    await database.write((query) => {
      saveOutputs(query, world.task(run, "a").taskInstanceId, { key: "x" });
      saveOutputs(query, world.task(run, "b").taskInstanceId, { key: "y" });
    });
    expect(readOutputsOf(database, run.dagRunId, ["a"])).toEqual({ a: { key: "x" } });
    expect(readOutputsOf(database, run.dagRunId, ["a", "b", "c"])).toEqual({
      a: { key: "x" },
      b: { key: "y" },
    });
    expect(readOutputsOf(database, run.dagRunId, [])).toEqual({});
  });
});
