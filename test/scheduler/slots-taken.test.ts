/** A slot whose date has a run already: it becomes that run whole, or an event says why it made none. */
import { expect, test } from "vitest";
import type { RunRequest } from "../../scheduler/commands/prepare-run.ts";
import type { DagDefinition } from "../../model/dag.ts";
import { makeDag, makeTask, makeVersion } from "../support/test-dag.ts";
import { HOUR, openServiceWorld } from "./service-world.ts";

const SLOT = "2026-11-23T10:00:00.000Z";
const DAG = makeDag([makeTask("a"), makeTask("b")], {
  dagId: "hourly",
  schedule: { kind: "cron", expression: "0 * * * *" },
  timezone: "UTC",
  params: { mode: "daily" },
});
const FOLLOWER = makeDag([makeTask("a"), makeTask("b")], {
  dagId: "follower",
  schedule: { kind: "after", dagIds: ["hourly"] },
  timezone: "UTC",
});

/** A scheduler that has passed the slot of 10:00, where that run had been asked for by hand before. */
async function passSlot(dag: DagDefinition, request: Partial<RunRequest>, isCancelled = false) {
  const world = await openServiceWorld();
  const { dagRunId } = await world.apply({
    kind: "run",
    request: {
      version: makeVersion(dag),
      logicalDate: SLOT,
      isNew: false,
      params: {},
      onlyTasks: null,
      namedTasks: [],
      isRerun: false,
      isRefetch: false,
      ...request,
    },
  });
  if (isCancelled) await world.apply({ kind: "cancel_run", dagRunId });
  world.setDags([DAG, FOLLOWER]);
  await world.start().advance(HOUR + 1);
  const tasks = world.database.all<{ text: string }>({
    sql: "SELECT task_id || ' ' || state AS text FROM task_instances WHERE dag_run_id = ? ORDER BY task_id",
    bindings: [dagRunId],
  });
  return { world, tasks: tasks.map(({ text }) => text), events: world.events("slot_filled", "slot_taken") };
}

test("a run of single tasks becomes the slot's whole run", async () => {
  const { world, tasks, events } = await passSlot(DAG, { onlyTasks: ["a"] });
  expect(tasks).toEqual(["a success", "b success"]);
  expect(world.runs()).toEqual(["follower@10:00 success", "hourly@10:00 success"]);
  expect(events).toEqual([
    `slot_filled: hourly: the slot 2026-11-23 10:00:00 +00:00 is manual__${SLOT}, which had only a; it gets its other tasks.`,
  ]);
});

test("a run of single tasks of a Dag that follows becomes the run of its upstream's success", async () => {
  const { tasks } = await passSlot(FOLLOWER, { onlyTasks: ["a"] });
  expect(tasks).toEqual(["a success", "b success"]);
});

test("a run by hand stands for the slot, with a word", async () => {
  const { world, events } = await passSlot(DAG, {});
  expect(world.runs()).toContain("hourly@10:00 success");
  expect(events).toEqual([
    expect.stringMatching(/^slot_taken: hourly: the slot .* made no new run: manual__/),
  ]);
});

test("a cancelled run stands for the slot, and the event says how it is resumed", async () => {
  const { world, events } = await passSlot(DAG, {}, true);
  expect(world.runs()).toEqual(["hourly@10:00 cancelled"]);
  expect(events).toEqual([
    expect.stringContaining(`and was cancelled. \`dagmar run hourly --date ${SLOT}\` resumes it.`),
  ]);
});

test("a run of single tasks with other params is left as it is, with a warning", async () => {
  const { tasks, events } = await passSlot(DAG, { onlyTasks: ["a"], params: { mode: "full" } });
  expect(tasks).toEqual(["a success"]);
  expect(events).toEqual([expect.stringContaining(`with the params {"mode":"full"}`)]);
});
