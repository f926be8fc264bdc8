/** Why open runs do not progress, and whether only a person can change it. */
import { expect, test } from "vitest";
import type { DagDefinition } from "../../../model/dag/dag.ts";
import type { DagRun } from "../../../model/run/dag-run.ts";
import { TaskFailure } from "../../../model/errors.ts";
import { areAllStuck, explainRun, explainTurn, explainWaits } from "../../../scheduler/runs/explain-run.ts";
import { readRun } from "../../../state/runs/dag-runs.ts";
import { sql } from "../../../state/sqlite/statement.ts";
import { makeDag, makeTask } from "../../support/test-dag.ts";
import { openEngineWorld } from "../engine-world.ts";

const FAILING = { fail: () => Promise.reject(new TaskFailure("INTERNAL", "no", false)) };
const WORKS = { ...FAILING, work: () => ({}) };
/** Its only task needs the success of the same task in the run before. */
const CHAINED = makeDag([makeTask("a", { type: "fail", dependsOnPast: true })], { maxActiveRuns: 5 });

const openWorld = () => openEngineWorld(WORKS);
type World = Awaited<ReturnType<typeof openWorld>>;

const day = (number: number): string => `2026-11-${String(number).padStart(2, "0")}T09:00:00Z`;

async function makeRuns({ makeRun }: World, dag: DagDefinition, ...days: readonly number[]) {
  const runs: DagRun[] = [];
  for (const number of days) runs.push(await makeRun(dag, day(number)));
  return runs;
}

const setRun = ({ database }: World, run: DagRun | undefined, changes: { state?: string; stop?: string }) =>
  database.write((query) => {
    const id = run?.dagRunId ?? 0;
    if (changes.state !== undefined)
      query.run(sql`UPDATE dag_runs SET state = ${changes.state} WHERE dag_run_id = ${id}`);
    if (changes.stop !== undefined)
      query.run(sql`UPDATE dag_runs SET stop_reason = ${changes.stop} WHERE dag_run_id = ${id}`);
  });

const setTask = ({ database }: World, run: DagRun | undefined, taskId: string, state: string) =>
  database.write((query) =>
    query.run(
      sql`UPDATE task_instances SET state = ${state} WHERE dag_run_id = ${run?.dagRunId ?? 0} AND task_id = ${taskId}`,
    ),
  );

const explain = ({ database, tools, clock }: World, runs: readonly DagRun[]) =>
  explainWaits(database, runs, tools.limits, clock.now());

test("runs behind a failed one are stuck, and all of them are held by that one", async () => {
  const world = await openWorld();
  const [failed, ...later] = await makeRuns(world, CHAINED, 1, 2, 3);
  if (failed !== undefined) await world.drive(failed);
  const waits = explain(world, later);
  expect(waits.map(({ isStuck, heldBy }) => [isStuck, heldBy.map(({ dagRunId }) => dagRunId)])).toEqual([
    [true, [failed?.dagRunId]],
    [true, [failed?.dagRunId]],
  ]);
  expect(waits[0]?.tasks).toMatchObject([
    { taskId: "a", kinds: expect.arrayContaining(["past"]) as unknown },
  ]);
  expect(areAllStuck(world.database, later)).toBe(true);
});

test("runs behind one that is open or went well are not stuck, and nothing holds them", async () => {
  const world = await openWorld();
  const [first, second] = await makeRuns(world, CHAINED, 1, 2);
  const judge = () => explain(world, second === undefined ? [] : [second])[0];
  expect(judge()).toMatchObject({ isStuck: false, heldBy: [] });
  for (const state of ["success", "skipped"]) {
    await setTask(world, first, "a", state);
    expect(judge()).toMatchObject({ isStuck: false, heldBy: [], tasks: [] });
  }
  for (const state of ["failed", "upstream_failed", "cancelled"]) {
    await setTask(world, first, "a", state);
    expect(judge()).toMatchObject({ isStuck: true, heldBy: [{ dagRunId: first?.dagRunId }] });
  }
  await setTask(world, first, "a", "running");
  expect(judge()).toMatchObject({ isStuck: false, heldBy: [] });
});

test("a run is stuck only if each of its open tasks is", async () => {
  const world = await openWorld();
  const two = makeDag([...CHAINED.tasks, makeTask("b", { type: "work" })]);
  const [failed, next] = await makeRuns(world, two, 1, 2);
  await setTask(world, failed, "a", "failed");
  const judge = () => areAllStuck(world.database, next === undefined ? [] : [next]);
  expect(judge()).toBe(false);
  await setTask(world, next, "b", "success");
  expect(judge()).toBe(true);
  await setTask(world, next, "b", "running");
  expect(judge()).toBe(false);
});

test("a task that waits for one of its own run is stuck with it, and moves with it", async () => {
  const world = await openWorld();
  const dag = makeDag([...CHAINED.tasks, makeTask("b", { type: "work", needs: ["a"] })]);
  const [failed, next] = await makeRuns(world, dag, 1, 2);
  const judge = () => areAllStuck(world.database, next === undefined ? [] : [next]);
  expect(judge()).toBe(false);
  await setTask(world, failed, "a", "failed");
  expect(judge()).toBe(true);
  // What cannot succeed any more is decided without a person.
  await setTask(world, next, "a", "failed");
  expect(judge()).toBe(false);
});

test("a task that must end without success moves, whatever its run before did", async () => {
  const world = await openWorld();
  const dag = makeDag([
    makeTask("up", { type: "fail" }),
    makeTask("a", { type: "work", needs: ["up"], dependsOnPast: true }),
  ]);
  const [failed, next] = await makeRuns(world, dag, 1, 2);
  await setTask(world, failed, "a", "failed");
  await setTask(world, next, "up", "failed");
  expect(areAllStuck(world.database, next === undefined ? [] : [next])).toBe(false);
});

test("a run that is being stopped is not stuck, and neither is one that has ended", async () => {
  const world = await openWorld();
  const [failed, next] = await makeRuns(world, CHAINED, 1, 2);
  await setTask(world, failed, "a", "failed");
  const judge = () =>
    areAllStuck(world.database, next === undefined ? [] : [readRun(world.database, next.dagRunId)]);
  expect(judge()).toBe(true);
  await setRun(world, next, { stop: "cancelled" });
  expect(judge()).toBe(false);
});

test("of several runs all open ones must be stuck, and there must be one", async () => {
  const world = await openWorld();
  const [failed, next] = await makeRuns(world, CHAINED, 1, 2);
  const [free] = await makeRuns(world, makeDag([makeTask("b", { type: "work" })], { dagId: "other" }), 1);
  if (failed === undefined || next === undefined || free === undefined) throw new Error("no runs");
  const [ended = failed] = await world.drive(failed);
  const { database } = world;
  expect(areAllStuck(database, [])).toBe(false);
  expect(areAllStuck(database, [ended])).toBe(false);
  expect(areAllStuck(database, [ended, next])).toBe(true);
  expect(areAllStuck(database, [next, free])).toBe(false);
});

test("runs that have ended or have a running task wait for nothing", async () => {
  const world = await openWorld();
  const dag = makeDag([makeTask("b", { type: "work" }), makeTask("c", { type: "work", needs: ["b"] })]);
  const [run] = await makeRuns(world, dag, 1);
  if (run === undefined) throw new Error("no run");
  expect(explain(world, [run])).toMatchObject([
    { run: { dagRunId: run.dagRunId }, isStuck: false, tasks: [] },
  ]);
  await setTask(world, run, "b", "running");
  expect(explain(world, [run])).toEqual([]);
  const waits = explainRun(world.database, run.dagRunId, world.tools.limits, world.clock.now());
  expect(waits.map(({ taskId, kinds }) => [taskId, kinds])).toEqual([["c", ["upstream"]]]);
  await setTask(world, run, "b", "success");
  await setTask(world, run, "c", "success");
  await setRun(world, run, { state: "success" });
  expect(explain(world, [run])).toEqual([]);
  expect(explainRun(world.database, run.dagRunId, world.tools.limits, world.clock.now())).toEqual([]);
});

test("a queued run names up to three runs of its Dag that are running", async () => {
  const world = await openWorld();
  const runs = await makeRuns(world, CHAINED, 1, 2, 3, 4, 5);
  const queued = runs.at(-1);
  const [other] = await makeRuns(world, makeDag(CHAINED.tasks, { dagId: "other" }), 1);
  if (queued === undefined) throw new Error("no run");
  await setRun(world, queued, { state: "queued" });
  await setRun(world, other, { state: "running" });
  const turn = () => explainTurn(world.database, readRun(world.database, queued.dagRunId));
  for (const run of runs.slice(0, -1)) await setRun(world, run, { state: "queued" });
  expect(turn()).toBeNull();
  const name = (number: number) => `test_dag/manual__2026-11-0${number}T09:00:00.000Z`;
  await setRun(world, runs[0], { state: "running" });
  expect(turn()).toBe(`it is queued; running: ${name(1)}`);
  for (const run of runs.slice(1, 3)) await setRun(world, run, { state: "running" });
  expect(turn()).toBe(`it is queued; running: ${name(1)}, ${name(2)}, ${name(3)}`);
  await setRun(world, runs[3], { state: "running" });
  expect(turn()).toBe(`it is queued; running: ${name(1)}, ${name(2)}, ${name(3)}, …`);
  await setRun(world, queued, { state: "running" });
  expect(turn()).toBeNull();
});
