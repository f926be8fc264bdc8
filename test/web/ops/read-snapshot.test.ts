/** The snapshot for metrics, read from a real database: open runs and tasks, pools, file sizes, and its query plans. */
import BetterSqlite3 from "better-sqlite3";
import { expect, onTestFinished, test } from "vitest";
import { createRun, saveDagVersion } from "../../../state/runs/dag-runs.ts";
import type { Database } from "../../../state/sqlite/database.ts";
import type { Query } from "../../../state/sqlite/query.ts";
import { savePools } from "../../../state/runs/pools.ts";
import { sql } from "../../../state/sqlite/statement.ts";
import { readSnapshot } from "../../../web/ops/read-snapshot.ts";
import { makeDag, makeVersion } from "../../support/test-dag.ts";
import { openTestWorld, type TestWorld } from "../../support/test-world.ts";

/** A run of each state, with one task of each state of its own list. */
const RUNS: Readonly<Record<string, readonly string[]>> = {
  queued: ["none", "none"],
  running: [
    "none",
    "scheduled",
    "queued",
    "running",
    "running",
    "up_for_retry",
    "up_for_reschedule",
    "success",
  ],
  success: ["success", "skipped"],
  failed: ["failed", "upstream_failed", "none"],
  cancelled: ["cancelled"],
};

async function openBusyWorld(): Promise<TestWorld> {
  const world = await openTestWorld();
  const { clock, database } = world;
  const version = makeVersion(makeDag([]));
  await database.write((query) => {
    savePools(query, new Map(Object.entries({ default: 16, tmdb: 2, idle: 1 })));
    saveDagVersion(query, version, clock.now());
    for (const [index, [state, tasks]] of Object.entries(RUNS).entries()) {
      const { dagRunId } = createRun(query, {
        version,
        runType: "scheduled",
        logicalDate: new Date(Date.UTC(2026, 10, 1 + index)),
        interval: null,
        params: {},
        onlyTasks: null,
        lakeId: "file:///lake",
        isRefetch: false,
        now: clock.now(),
      });
      // Straight to the states, for which the steps of the transition tables would be many.
      query.run(sql`UPDATE dag_runs SET state = ${state} WHERE dag_run_id = ${dagRunId}`);
      for (const [number, taskState] of tasks.entries()) {
        query.run(
          sql`INSERT INTO task_instances (dag_run_id, task_id, type, state, pool) VALUES (${dagRunId}, ${`task_${number}`}, 'noop', ${taskState}, ${number % 2 === 0 ? "default" : "tmdb"})`,
        );
      }
    }
  });
  return world;
}

test("counts what is under way by state, and the slots that tasks hold", async () => {
  const { database } = await openBusyWorld();
  expect(readSnapshot(database)).toEqual({
    pools: [
      { pool: "default", slots: 16, used: 2 },
      { pool: "idle", slots: 1, used: 0 },
      { pool: "tmdb", slots: 2, used: 1 },
    ],
    runs: { queued: 1, running: 1 },
    tasks: { none: 1, scheduled: 1, queued: 1, running: 2, up_for_retry: 1, up_for_reschedule: 1 },
    files: { main: expect.any(Number) as number, wal: expect.any(Number) as number },
  });
});

test("is all zeros where nothing is under way", async () => {
  const { database } = await openTestWorld();
  expect(readSnapshot(database)).toEqual({
    pools: [],
    runs: { queued: 0, running: 0 },
    tasks: { none: 0, scheduled: 0, queued: 0, running: 0, up_for_retry: 0, up_for_reschedule: 0 },
    files: { main: expect.any(Number) as number, wal: expect.any(Number) as number },
  });
});

test("shows how the log grows while a reader keeps an old state of the database", async () => {
  const { database } = await openTestWorld();
  const reader = new BetterSqlite3(database.path, { readonly: true });
  onTestFinished(() => void reader.close());
  const fill = (count: number) =>
    database.write((query) => {
      for (let row = 0; row < count; row += 1) {
        query.run(sql`INSERT INTO pools (pool, slots) VALUES (${`${count}-${row}`.padEnd(2_000, "x")}, 1)`);
      }
    });
  await fill(1);
  reader.exec("BEGIN");
  reader.prepare("SELECT count(*) FROM pools").get();
  // Several times what is moved out of the log without a reader (4 MB).
  for (const count of [2_500, 2_501, 2_502]) await fill(count);
  expect(readSnapshot(database).files.wal).toBeGreaterThan(12_000_000);
});

test("scans neither runs nor tasks, so that what has ended costs nothing", async () => {
  const { database } = await openBusyWorld();
  const plans: string[] = [];
  const explaining: Query & Pick<Database, "sizes"> = {
    ...database,
    all: (statement) => {
      const plan = database.all<{ detail: string }>(sql`EXPLAIN QUERY PLAN ${statement}`);
      plans.push(...plan.map(({ detail }) => detail));
      return database.all(statement);
    },
  };
  readSnapshot(explaining);
  expect(
    plans.filter((step) => /\b(?:dag_runs|task_instances)_(?:by_state|active)\b/.test(step)).length,
  ).toBe(4);
  expect(plans.filter((step) => /^SCAN (?:r|t|dag_runs|task_instances)\b/.test(step))).toEqual([]);
});
