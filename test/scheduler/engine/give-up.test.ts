/** A run that cannot continue fails with the reason, once nothing of it is running here any more. */
import { expect, test } from "vitest";
import { giveUpRun, recordGivenUp } from "../../../scheduler/engine/give-up.ts";
import { startAttempt } from "../../../state/runs/task-instances.ts";
import { sql } from "../../../state/sqlite/statement.ts";
import { makeChain, openEngineWorld } from "../engine-world.ts";

async function openBroken() {
  const world = await openEngineWorld({ a: () => ({}), b: () => ({}) });
  const { database, clock } = world;
  const run = await world.makeRun(makeChain({ taskId: "a" }, { taskId: "b", needs: ["a"] }));
  const now = clock.now();
  await database.write((query) =>
    startAttempt(query, run, world.task(run, "a"), { pid: 1, host: "h", leaseEpoch: 1 }, now),
  );
  const giveUp = (living?: (id: number) => boolean, dagRunId = run.dagRunId) =>
    database.write((query) => giveUpRun(query, dagRunId, new Error("it is broken"), now, living));
  return {
    ...world,
    run,
    giveUp,
    runState: () => database.get<{ state: string }>(sql`SELECT state FROM dag_runs`)?.state,
    events: () => database.all(sql`SELECT level, kind, message, dag_id, run_id FROM events`),
    recorded: () => {
      const told: string[] = [];
      const found = recordGivenUp(database, run.dagRunId, ({ state }) => told.push(state));
      return { told, state: found?.state };
    },
  };
}

test("while an attempt of it is running here, its task is returned, to be stopped", async () => {
  const world = await openBroken();
  const { taskInstanceId } = world.task(world.run, "a");
  expect(await world.giveUp((id) => id === taskInstanceId)).toEqual([taskInstanceId]);
  expect(world.runState()).toBe("queued");
  expect(world.events()).toEqual([]);
  expect(world.recorded()).toEqual({ told: [], state: undefined });
});

test("otherwise it fails, with an event, and nothing is left to stop", async () => {
  const world = await openBroken();
  expect(await world.giveUp(() => false)).toEqual([]);
  expect(world.runState()).toBe("failed");
  const { runId } = world.run;
  const event = {
    level: "error",
    kind: "run_unusable",
    message: `test_dag/${runId} has failed; other runs continue. The run cannot continue: it is broken`,
    dag_id: "test_dag",
    run_id: runId,
  };
  expect(world.events()).toEqual([event]);
  expect(world.recorded()).toEqual({ told: ["failed"], state: "failed" });
  expect(await world.giveUp()).toEqual([]);
  expect(await world.giveUp(undefined, 999)).toEqual([]);
});

test("a run whose time zone is what is broken has an event without it", async () => {
  const world = await openBroken();
  await world.database.write((query) => query.run(sql`UPDATE dag_runs SET timezone = 'Nowhere/None'`));
  expect(await world.giveUp()).toEqual([]);
  expect(world.events()).toMatchObject([{ kind: "run_unusable", dag_id: "test_dag", run_id: null }]);
});
