/** A slot whose date already has a run: that run takes the slot, or an event says why there is no new run. */
import { nameDag, type Named } from "../../../scheduler/commands/named-dag.ts";
import { expect, test } from "vitest";
import type { RunRequest } from "../../../scheduler/commands/prepare-run.ts";
import type { DagDefinition } from "../../../model/dag/dag.ts";
import { makeDag, makeTask, makeVersion } from "../../support/test-dag.ts";
import { HOUR, openServiceWorld } from "../service-world.ts";
import { sql } from "../../../state/sqlite/statement.ts";

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

function requestSlot(dag: DagDefinition, changes: Partial<Named<RunRequest>> = {}): Named<RunRequest> {
  return {
    dag: nameDag(makeVersion(dag)),
    logicalDate: SLOT,
    isNew: false,
    params: {},
    onlyTasks: null,
    namedTasks: [],
    isRerun: false,
    isRefetch: false,
    ...changes,
  };
}

/** A scheduler that has passed the slot of 10:00, for which that run was created by hand before. */
async function passSlot(dag: DagDefinition, request: Partial<Named<RunRequest>>, isCancelled = false) {
  const world = await openServiceWorld();
  const { dagRunId } = await world.apply({ kind: "run", request: requestSlot(dag, request) }, dag);
  if (isCancelled) await world.apply({ kind: "cancel_run", dagRunId });
  world.setDags([DAG, FOLLOWER]);
  const service = world.start();
  await service.advance(HOUR + 1);
  const tasks = world.database.all<{ text: string }>(
    sql`SELECT task_id || ' ' || state AS text FROM task_instances WHERE dag_run_id = ${dagRunId} ORDER BY task_id`,
  );
  return {
    world,
    service,
    tasks: tasks.map(({ text }) => text),
    events: world.events("slot_filled", "slot_taken"),
  };
}

test("a run of single tasks becomes the slot's whole run", async () => {
  const { world, tasks, events } = await passSlot(DAG, { onlyTasks: ["a"] });
  expect(tasks).toEqual(["a success", "b success"]);
  expect(world.runs()).toEqual(["follower@10:00 success", "hourly@10:00 success"]);
  expect(events).toEqual([
    `slot_filled: hourly: the slot 2026-11-23 10:00:00 +00:00 is hourly/manual__${SLOT}, which had only a; it gets its other tasks.`,
  ]);
});

test("a run of single tasks of a Dag that follows becomes the run of its upstream's success", async () => {
  const { tasks } = await passSlot(FOLLOWER, { onlyTasks: ["a"] });
  expect(tasks).toEqual(["a success", "b success"]);
});

test("a manual run takes the slot, with an event", async () => {
  const { world, events } = await passSlot(DAG, {});
  expect(world.runs()).toContain("hourly@10:00 success");
  expect(events).toEqual([
    expect.stringMatching(/^slot_taken: hourly: the slot .* made no new run: hourly\/manual__/),
  ]);
});

test("a cancelled run takes the slot, and the event says how to resume it", async () => {
  const { world, service, events } = await passSlot(DAG, {}, true);
  expect(world.runs()).toEqual(["hourly@10:00 cancelled"]);
  expect(events).toEqual([
    expect.stringContaining(`and was cancelled. \`dagmar run hourly --date ${SLOT}\` resumes it.`),
  ]);
  await world.ask({ kind: "run", request: requestSlot(DAG, { params: { mode: "daily" } }) });
  await service.rest();
  expect(world.runs()).toContain("hourly@10:00 success");
});

test("a run of single tasks with other params is not changed, with a warning", async () => {
  const { tasks, events } = await passSlot(DAG, { onlyTasks: ["a"], params: { mode: "full" } });
  expect(tasks).toEqual(["a success"]);
  expect(events).toEqual([expect.stringContaining(`with the params {"mode":"full"}`)]);
});

test("a backfill runs skipped slots, as the event says", async () => {
  const world = await openServiceWorld();
  const dag = { ...DAG, catchup: "none" } as const;
  world.setDags([dag]);
  const first = world.start();
  await first.advance(1);
  first.drain();
  await first.ended;
  await world.clock.advance(2 * HOUR);
  const second = world.start();
  await second.rest();
  expect(world.events("slots_skipped").join()).toContain("Use `dagmar backfill` to run them.");
  const [from, to] = [SLOT, "2026-11-23T11:00:00.000Z"];
  await world.ask({
    kind: "backfill",
    request: {
      dag: nameDag(makeVersion(dag)),
      from,
      to,
      reprocess: "none",
      isRefetch: false,
      maxActive: null,
    },
  });
  await second.rest();
  expect(world.runs()).toEqual(["hourly@10:00 success", "hourly@11:00 success"]);
});
