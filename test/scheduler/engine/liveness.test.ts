/** Limits never cause a deadlock: without failures every run ends. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { drive } from "../../../scheduler/engine/drive-runs.ts";
import type { DagDefinition } from "../../../model/dag/dag.ts";
import { insertBackfill } from "../../../state/runs/backfills.ts";
import { changeRunState, joinBackfill, readRun } from "../../../state/runs/dag-runs.ts";
import { sql } from "../../../state/sqlite/statement.ts";
import { changeTaskState, clearTask, listTasksOfRun } from "../../../state/runs/task-instances.ts";
import { makeDag, makeTask } from "../../support/test-dag.ts";
import { makeType, openEngineWorld, type EngineWorld } from "../engine-world.ts";

const PAST_DAG = makeDag([makeTask("a", { dependsOnPast: true }), makeTask("b", { needs: ["a"] })], {
  dagId: "daily",
  maxActiveRuns: 1,
});
const day = (number: number): string => new Date(Date.UTC(2026, 10, number, 9)).toISOString();

/** Steps until no attempt is running and none starts; returns the runs that are still open. */
async function driveAll(world: EngineWorld): Promise<readonly string[]> {
  await drive(world.tools, "all", () => true, new AbortController().signal);
  return world.database
    .all<{ name: string }>(
      sql`SELECT dag_id || '@' || substr(logical_date, 9, 2) || ' ' || state AS name FROM dag_runs
        WHERE state IN ('queued', 'running') ORDER BY dag_id, logical_date`,
    )
    .map(({ name }) => name);
}

describe("a run that only waits for an earlier one", () => {
  test("gives up its place when the earlier one is cleared", async () => {
    const world = await openEngineWorld({ noop: () => ({}) });
    const first = await world.makeRun(PAST_DAG, day(1));
    await world.makeRun(PAST_DAG, day(2));
    await world.database.write((query) => {
      const [a, b] = listTasksOfRun(query, first.dagRunId);
      const now = world.clock.now();
      if (a === undefined || b === undefined) return;
      changeTaskState(query, first, a, "running", now);
      changeTaskState(query, first, { ...a, state: "running" }, "failed", now);
      changeTaskState(query, first, b, "upstream_failed", now);
      changeRunState(query, first, "running", now);
      changeRunState(query, readRun(query, first.dagRunId), "failed", now);
    });
    expect(await driveAll(world)).toEqual(["daily@02 running"]);
    await world.database.write((query) => {
      for (const task of listTasksOfRun(query, first.dagRunId))
        clearTask(query, first, task, world.clock.now());
      changeRunState(query, readRun(query, first.dagRunId), "queued", world.clock.now());
    });
    expect(await driveAll(world)).toEqual([]);
  });

  test("and is first in the queue does not block the backfill's run that it waits for", async () => {
    const world = await openEngineWorld({ noop: () => ({}) });
    const first = await world.makeRun(PAST_DAG, day(1));
    await joinNewBackfill(world, PAST_DAG, [first.dagRunId], 1);
    await world.makeRun(PAST_DAG, day(2));
    expect(await driveAll(world)).toEqual([]);
  });
});

async function joinNewBackfill(
  world: EngineWorld,
  { dagId }: DagDefinition,
  dagRunIds: readonly number[],
  maxActive: number,
): Promise<void> {
  await world.database.write((query) => {
    const order = {
      lake: world.lake.id,
      dagId,
      fromDate: day(1),
      toDate: day(28),
      reprocess: "none",
      isRefetch: false,
      maxActive,
    } as const;
    const { backfillId } = insertBackfill(query, order, world.clock.now());
    for (const dagRunId of dagRunIds) joinBackfill(query, readRun(query, dagRunId), backfillId);
  });
}

const anyDag = (dagId: string) =>
  fc
    .record({
      maxActiveRuns: fc.integer({ min: 1, max: 3 }),
      maxActiveTasks: fc.option(fc.integer({ min: 1, max: 2 })),
      tasks: fc.array(
        fc.record({
          dependsOnPast: fc.boolean(),
          pool: fc.constantFrom("default", "narrow"),
          priority: fc.integer({ min: 0, max: 2 }),
          needsPrevious: fc.boolean(),
          type: fc.constantFrom("noop", "exclusive"),
          triggerRule: fc.constantFrom("all_success", "all_done", "one_success"),
        }),
        { minLength: 1, maxLength: 4 },
      ),
      days: fc.uniqueArray(fc.integer({ min: 1, max: 28 }), { minLength: 1, maxLength: 6 }),
      backfilled: fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }),
      backfillLimit: fc.integer({ min: 1, max: 3 }),
      underWay: fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }),
    })
    .map(({ tasks, maxActiveRuns, maxActiveTasks, ...rest }) => ({
      ...rest,
      dag: makeDag(
        tasks.map(({ needsPrevious, ...task }, index) =>
          makeTask(`t${index}`, { ...task, needs: needsPrevious && index > 0 ? [`t${index - 1}`] : [] }),
        ),
        { dagId, maxActiveRuns, maxActiveTasks },
      ),
    }));

test("every run ends, for any Dags, limits, orders of creation and running runs", async () => {
  await fc.assert(
    fc.asyncProperty(
      anyDag("one"),
      anyDag("two"),
      fc.integer({ min: 1, max: 3 }),
      async (one, two, total) => {
        const world = await openEngineWorld(
          {
            noop: () => ({}),
            exclusive: makeType("exclusive", () => ({}), { exclusiveKey: () => "shared" }),
          },
          { pools: { narrow: 1 }, maxActiveTasks: total },
        );
        for (const { dag, days, backfilled, backfillLimit, underWay } of [one, two]) {
          const runs = [];
          // In random order: later dates may be created first and hold places.
          for (const number of days) runs.push(await world.makeRun(dag, day(number)));
          const joined = runs.filter((_, index) => backfilled[index] === true);
          if (joined.length > 0) {
            await joinNewBackfill(
              world,
              dag,
              joined.map(({ dagRunId }) => dagRunId),
              backfillLimit,
            );
          }
          const holding = runs.filter((_, index) => underWay[index] === true).slice(0, dag.maxActiveRuns);
          await world.database.write((query) => {
            for (const run of holding) changeRunState(query, run, "running", world.clock.now());
          });
        }
        expect(await driveAll(world)).toEqual([]);
        await world.database.close();
      },
    ),
    { numRuns: 60 },
  );
}, 60_000);
