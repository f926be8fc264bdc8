/** Which tasks are judged again when one is marked by hand, and what a preview shows of it. */
import { expect, test } from "vitest";
import { describeMark, markTask, planMark, type MarkRequest } from "../../../scheduler/commands/mark-task.ts";
import { hashPlan } from "../../../scheduler/commands/planned.ts";
import { sql } from "../../../state/sqlite/statement.ts";
import { makeDag, makeTask } from "../../support/test-dag.ts";
import { openEngineWorld } from "../engine-world.ts";

/** `a` leads to `b`, `b` to `c`; `d` to `e`. */
const DAG = makeDag([
  makeTask("a"),
  makeTask("b", { needs: ["a"] }),
  makeTask("c", { needs: ["b"] }),
  makeTask("d"),
  makeTask("e", { needs: ["d"] }),
]);

async function openMarked(states: Readonly<Record<string, string>>, runState = "failed") {
  const world = await openEngineWorld({ noop: () => ({}) });
  const run = await world.makeRun(DAG);
  await world.database.write((query) => {
    query.run(sql`UPDATE dag_runs SET state = ${runState}`);
    for (const [taskId, state] of Object.entries(states))
      query.run(
        sql`UPDATE task_instances SET state = ${state}, message = 'as it was' WHERE task_id = ${taskId}`,
      );
  });
  const request = (taskId: string, state: "success" | "failed", expected?: string): MarkRequest => ({
    dagRunId: run.dagRunId,
    taskId,
    state,
    ...(expected === undefined ? {} : { expected }),
  });
  return {
    ...world,
    run,
    plan: (taskId: string, state: "success" | "failed") => {
      const asked = request(taskId, state);
      return describeMark(planMark(world.database, asked), asked);
    },
    mark: (taskId: string, state: "success" | "failed", expected?: string) =>
      world.database.write((query) => markTask(query, request(taskId, state, expected), world.clock.now())),
    runState: () => world.database.get<{ state: string }>(sql`SELECT state FROM dag_runs`)?.state,
  };
}

const FAILED = { a: "failed", b: "upstream_failed", c: "skipped", d: "failed", e: "upstream_failed" };

test("those that did not run because of it, also indirectly, and no others", async () => {
  const world = await openMarked(FAILED);
  const planned = world.plan("a", "success");
  expect(planned).toEqual({
    runId: world.run.runId,
    taskId: "a",
    from: "failed",
    to: "success",
    judgedAgain: ["b", "c"],
  });
  expect(await world.mark("a", "success", hashPlan(planned))).toBe(true);
  expect(world.states(world.run)).toEqual({ ...FAILED, a: "success", b: "none", c: "none" });
  expect(world.task(world.run, "a").message).toBe("marked by hand");
  expect(world.task(world.run, "e").message).toBe("as it was");
  expect(world.runState()).toBe("queued");
});

test("tasks that have run keep their state", async () => {
  const world = await openMarked({ a: "success", b: "success", c: "failed", d: "success", e: "success" });
  expect(world.plan("a", "failed").judgedAgain).toEqual([]);
  expect(await world.mark("a", "failed")).toBe(true);
  expect(world.states(world.run)).toEqual({
    a: "failed",
    b: "success",
    c: "failed",
    d: "success",
    e: "success",
  });
});

test("a state that it has already changes nothing, and a run that is open stays as it is", async () => {
  const world = await openMarked(FAILED, "running");
  expect(await world.mark("a", "failed")).toBe(false);
  expect(world.states(world.run)).toEqual(FAILED);
  expect(await world.mark("d", "success")).toBe(true);
  expect(world.runState()).toBe("running");
});

test("what was previewed and is not so any more is refused", async () => {
  const world = await openMarked(FAILED);
  const expected = hashPlan(world.plan("a", "success"));
  await world.database.write((query) =>
    query.run(sql`UPDATE task_instances SET state = 'success' WHERE task_id = 'c'`),
  );
  await expect(world.mark("a", "success", expected)).rejects.toMatchObject({ code: "PLAN_CHANGED" });
  expect(world.runState()).toBe("failed");
});
