/** The rows of runs: creation, state changes, look-ups and refetch generations. */
import { describe, expect, test } from "vitest";
import { IllegalTransition } from "../../../model/errors.ts";
import {
  addTasks,
  saveVersionOfRun,
  changeRunState,
  createRun,
  findRunByDate,
  findSuccessfulRun,
  listUnfinishedManualRuns,
  readDagVersion,
  readRun,
  saveDagVersion,
  startRefetch,
  widenRun,
  type NewRun,
} from "../../../state/runs/dag-runs.ts";
import type { Query } from "../../../state/sqlite/query.ts";
import { sql } from "../../../state/sqlite/statement.ts";
import { listTasksOfRun } from "../../../state/runs/task-instances.ts";
import { makeDag, makeTask, makeVersion } from "../../support/test-dag.ts";
import { openTestWorld } from "../../support/test-world.ts";

const NOW = new Date("2026-11-23T12:00:00.000Z");
const LAKE = "file:///lake";
const VERSION = makeVersion(makeDag([makeTask("a"), makeTask("b")], { params: { since: 2001 } }));

function makeRun(query: Query, logicalDate: string, changes: Partial<NewRun> = {}) {
  saveDagVersion(query, changes.version ?? VERSION, NOW);
  return createRun(query, {
    version: VERSION,
    runType: "manual",
    logicalDate: new Date(logicalDate),
    interval: null,
    params: { since: 2001 },
    onlyTasks: null,
    lakeId: LAKE,
    isRefetch: false,
    now: NOW,
    ...changes,
  });
}

describe("a new run", () => {
  test("has everything that keys are made of, in the Dag's zone", async () => {
    const { database } = await openTestWorld();
    // 01:30 UTC is still the day before in São Paulo.
    const run = await database.write((query) => makeRun(query, "2026-11-24T01:30:00Z"));
    expect(run).toMatchObject({
      dagId: "test_dag",
      runId: "manual__2026-11-24T01:30:00.000Z",
      state: "queued",
      logicalDate: "2026-11-24T01:30:00.000Z",
      partition: "2026/11/23",
      runStamp: "20261124T013000000Z",
      timezone: "America/Sao_Paulo",
      params: { since: 2001 },
      onlyTasks: null,
      refetchGeneration: null,
      startedAt: null,
      finishedAt: null,
    });
  });

  test("for a logical date that has one is refused by the database, for any type", async () => {
    const { database } = await openTestWorld();
    await database.write((query) => makeRun(query, "2026-11-23T09:00:00Z"));
    await expect(
      database.write((query) => makeRun(query, "2026-11-23T09:00:00Z", { runType: "scheduled" })),
    ).rejects.toThrow("UNIQUE");
  });

  test("keeps its definition when the Dag is edited", async () => {
    const { database } = await openTestWorld();
    const run = await database.write((query) => makeRun(query, "2026-11-23T09:00:00Z"));
    const edited = makeVersion(makeDag([makeTask("other")]));
    await database.write((query) => {
      saveDagVersion(query, edited, NOW);
    });
    expect(readDagVersion(database, readRun(database, run.dagRunId).fingerprint)).toEqual(VERSION.definition);
    await database.write((query) => {
      saveVersionOfRun(query, run, edited, NOW);
    });
    expect(readDagVersion(database, readRun(database, run.dagRunId).fingerprint)).toEqual(edited.definition);
  });

  test("gets its tasks once, in the given order, and more of them later", async () => {
    const { database } = await openTestWorld();
    const row = (taskId: string) => ({ taskId, type: "noop", pool: "default", exclusiveKey: null });
    const run = await database.write((query) => {
      const made = makeRun(query, "2026-11-23T09:00:00Z", { onlyTasks: ["b"] });
      addTasks(query, made, [row("b")]);
      addTasks(query, made, [row("b"), row("a")]);
      widenRun(query, made, ["b", "a"]);
      return readRun(query, made.dagRunId);
    });
    expect(listTasksOfRun(database, run.dagRunId).map(({ taskId }) => taskId)).toEqual(["b", "a"]);
    expect(run.onlyTasks).toEqual(["b", "a"]);
  });
});

describe("the state", () => {
  test("changes once: a change from an outdated state writes nothing", async () => {
    const { database } = await openTestWorld();
    const run = await database.write((query) => makeRun(query, "2026-11-23T09:00:00Z"));
    const later = new Date("2026-11-23T13:00:00.000Z");
    expect(await database.write((query) => changeRunState(query, run, "running", NOW))).toBe(true);
    expect(await database.write((query) => changeRunState(query, run, "cancelled", later))).toBe(false);
    expect(readRun(database, run.dagRunId)).toMatchObject({
      state: "running",
      startedAt: NOW.toISOString(),
      finishedAt: null,
    });
  });

  test("cannot change in a way that the table does not have", async () => {
    const { database } = await openTestWorld();
    const run = await database.write((query) => makeRun(query, "2026-11-23T09:00:00Z"));
    await expect(database.write((query) => changeRunState(query, run, "success", NOW))).rejects.toThrow(
      IllegalTransition,
    );
  });

  test("keeps the first start over a resume, and forgets the end", async () => {
    const { database } = await openTestWorld();
    const { dagRunId } = await database.write((query) => makeRun(query, "2026-11-23T09:00:00Z"));
    const times = ["12:00", "12:01", "12:02", "12:03"].map((time) => new Date(`2026-11-23T${time}:00.000Z`));
    for (const [index, state] of (["running", "failed", "queued", "running"] as const).entries()) {
      await database.write((query) =>
        changeRunState(query, readRun(query, dagRunId), state, times[index] ?? NOW),
      );
    }
    expect(readRun(database, dagRunId)).toMatchObject({
      state: "running",
      startedAt: "2026-11-23T12:00:00.000Z",
      finishedAt: null,
    });
  });

  test("local times are stored next to UTC times", async () => {
    const { database } = await openTestWorld();
    const { dagRunId } = await database.write((query) => makeRun(query, "2026-11-23T09:00:00Z"));
    for (const state of ["running", "success"] as const) {
      await database.write((query) => changeRunState(query, readRun(query, dagRunId), state, NOW));
    }
    expect(
      database.get(sql`SELECT logical_date_local, started_at_local, finished_at_local FROM dag_runs`),
    ).toEqual({
      logical_date_local: "2026-11-23 06:00:00 -03:00",
      started_at_local: "2026-11-23 09:00:00 -03:00",
      finished_at_local: "2026-11-23 09:00:00 -03:00",
    });
  });
});

describe("looking up runs", () => {
  test("unfinished manual runs come newest first, without successful or scheduled ones", async () => {
    const { database } = await openTestWorld();
    await database.write((query) => {
      makeRun(query, "2026-11-21T09:00:00Z");
      makeRun(query, "2026-11-22T09:00:00Z");
      makeRun(query, "2026-11-23T09:00:00Z", { runType: "scheduled" });
      const done = makeRun(query, "2026-11-24T09:00:00Z");
      changeRunState(query, done, "running", NOW);
      changeRunState(query, readRun(query, done.dagRunId), "success", NOW);
    });
    const list = (now: string) =>
      listUnfinishedManualRuns(database, LAKE, "test_dag", now).map((run) => run.partition);
    expect(list("2026-11-22T09:00:00.000Z")).toEqual(["2026/11/22", "2026/11/21"]);
    expect(list("2026-11-22T08:59:59.999Z")).toEqual(["2026/11/21"]);
  });

  test("a run is found exactly at its instant, and counts as upstream only if it is whole and succeeded", async () => {
    const { database } = await openTestWorld();
    const date = new Date("2026-11-23T09:00:00.000Z");
    const succeed = (query: Query, run: ReturnType<typeof makeRun>) => {
      changeRunState(query, run, "running", NOW);
      changeRunState(query, readRun(query, run.dagRunId), "success", NOW);
    };
    await database.write((query) => {
      makeRun(query, "2026-11-22T09:00:00Z");
      succeed(query, makeRun(query, "2026-11-23T09:00:00Z"));
      succeed(query, makeRun(query, "2026-11-24T09:00:00Z", { onlyTasks: ["a"] }));
    });
    expect(findRunByDate(database, LAKE, "test_dag", date)?.partition).toBe("2026/11/23");
    expect(findRunByDate(database, LAKE, "test_dag", new Date(date.getTime() + 1))).toBeUndefined();
    expect(findSuccessfulRun(database, LAKE, "test_dag", date)).toBeDefined();
    expect(findSuccessfulRun(database, LAKE, "test_dag", new Date("2026-11-22T09:00:00Z"))).toBeUndefined();
    expect(findSuccessfulRun(database, LAKE, "test_dag", new Date("2026-11-24T09:00:00Z"))).toBeUndefined();
  });
});

test("each refetch of a run has its own generation, which sorts after the earlier ones", async () => {
  const { database } = await openTestWorld();
  const run = await database.write((query) => makeRun(query, "2026-11-23T09:00:00Z"));
  const generations: string[] = [];
  for (let count = 0; count < 12; count += 1) {
    generations.push(
      await database.write((query) => {
        startRefetch(query, run);
        return readRun(query, run.dagRunId).refetchGeneration ?? "";
      }),
    );
  }
  expect(generations.slice(0, 3)).toEqual([
    "20261123T090000000Z",
    "20261123T090000000Z-0002",
    "20261123T090000000Z-0003",
  ]);
  expect(new Set(generations).size).toBe(12);
  // The newest decision on an id is found as the greatest text.
  expect(generations.toSorted()).toEqual(generations);
});

test("a run created with a refetch has a generation from the start, and the next refetch another one", async () => {
  const { database } = await openTestWorld();
  const run = await database.write((query) => makeRun(query, "2026-11-23T09:00:00Z", { isRefetch: true }));
  expect(run.refetchGeneration).toBe("20261123T090000000Z");
  await database.write((query) => {
    startRefetch(query, run);
  });
  expect(readRun(database, run.dagRunId).refetchGeneration).toBe("20261123T090000000Z-0002");
});
