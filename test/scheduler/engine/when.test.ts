/** Tasks with a `when`: judged once, after the tasks that it names. */
import { expect, test } from "vitest";
import { nameDag } from "../../../scheduler/commands/named-dag.ts";
import type { DagDefinition } from "../../../model/dag/dag.ts";
import { TaskFailure } from "../../../model/errors.ts";
import { explainRun } from "../../../scheduler/runs/explain-run.ts";
import { sql } from "../../../state/sqlite/statement.ts";
import { makeDag, makeTask, makeVersion } from "../../support/test-dag.ts";
import { makeGate } from "../engine-world.ts";
import { MINUTE, openServiceWorld, type ServiceWorld } from "../service-world.ts";

async function askForRun(world: ServiceWorld, dag: DagDefinition): Promise<void> {
  world.setDags([dag]);
  await world.apply({
    kind: "run",
    request: {
      dag: nameDag(makeVersion(dag)),
      logicalDate: "2026-11-23T08:00:00.000Z",
      isNew: false,
      params: {},
      onlyTasks: null,
      namedTasks: [],
      isRerun: false,
      isRefetch: false,
    },
  });
}

const clear = (world: ServiceWorld, taskId: string) =>
  world.ask({
    kind: "clear",
    request: {
      dagId: "test_dag",
      from: "2026-11-23T08:00:00.000Z",
      to: "2026-11-23T08:00:00.000Z",
      taskIds: [taskId],
      isDownstream: false,
    },
  });

const states = (world: ServiceWorld) =>
  Object.fromEntries(
    world.database
      .all<{ task_id: string; state: string; attempt_count: number }>(
        sql`SELECT task_id, state, attempt_count FROM task_instances`,
      )
      .map((row) => [row.task_id, `${row.state} ${row.attempt_count}`]),
  );

const whenOutput = (task: string) =>
  ({ value: `\${outputs.${task}.v}`, operator: "equals", operand: 1 }) as const;

test("a when is judged once: a retry keeps the verdict, a clear judges again", async () => {
  let given = 1;
  let isMended = false;
  const world = await openServiceWorld({
    give: () => ({ v: given }),
    work: () => {
      if (!isMended) throw new TaskFailure("INTERNAL", "not yet", true);
      return {};
    },
  });
  const work = makeTask("work", {
    type: "work",
    needs: ["give"],
    when: whenOutput("give"),
    retries: 5,
    retryDelaySeconds: 60,
  });
  await askForRun(world, makeDag([makeTask("give", { type: "give" }), work]));
  const service = world.start();
  await service.rest();
  expect(states(world)).toEqual({ give: "success 1", work: "up_for_retry 1" });
  given = 2;
  isMended = true;
  await clear(world, "give");
  await service.advance(MINUTE);
  expect(states(world)).toEqual({ give: "success 2", work: "success 2" });
  await clear(world, "work");
  await service.rest();
  expect(states(world)).toEqual({ give: "success 2", work: "skipped 2" });
});

test.each(["always", "one_success", "one_failed", "one_done"] as const)(
  "with %s a when waits for the tasks that it names, and for no others",
  async (triggerRule) => {
    const gate = makeGate();
    const never = makeGate();
    const world = await openServiceWorld({
      fine: () => ({}),
      wrong: () => {
        throw new TaskFailure("INTERNAL", "no", false);
      },
      slow: async () => {
        await gate.opened;
        return { v: 1 };
      },
      endless: async () => {
        await never.opened;
        return {};
      },
    });
    const before = ["fine", "wrong", "slow", "endless"];
    const work = makeTask("work", { type: "fine", needs: before, triggerRule, when: whenOutput("slow") });
    await askForRun(world, makeDag([...before.map((type) => makeTask(type, { type })), work]));
    const service = world.start();
    await service.rest();
    expect(states(world)["work"]).toBe("none 0");
    const limits = { pools: new Map([["default", 16]]), maxActiveTasks: 32 };
    const waiting = explainRun(world.database, 1, limits, world.clock.now());
    expect(waiting).toEqual([
      { taskId: "work", kinds: ["upstream"], reasons: ["when waits for slow, which is running"] },
    ]);
    gate.open();
    await service.rest();
    expect(states(world)["work"]).toBe("success 1");
    never.open();
    await service.rest();
  },
);

test("a cleared task has no outputs", async () => {
  let isBroken = false;
  const world = await openServiceWorld({
    give: () => {
      if (isBroken) throw new TaskFailure("INTERNAL", "no", false);
      return { v: 1 };
    },
    fine: () => ({}),
  });
  const work = makeTask("work", {
    type: "fine",
    needs: ["give"],
    triggerRule: "all_done",
    when: whenOutput("give"),
  });
  await askForRun(world, makeDag([makeTask("give", { type: "give" }), work]));
  const service = world.start();
  await service.rest();
  expect(states(world)).toEqual({ give: "success 1", work: "success 1" });
  isBroken = true;
  await clear(world, "give");
  await clear(world, "work");
  await service.rest();
  expect(states(world)).toEqual({ give: "failed 2", work: "skipped 1" });
});
