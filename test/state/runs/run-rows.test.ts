/** Statements about runs and Dags: each touches its own lake, Dag and run only. */
import { describe, expect, test } from "vitest";
import type { DagRun } from "../../../model/run/dag-run.ts";
import {
  changeRunState,
  claimRuns,
  createRun,
  endRefetch,
  findPastTask,
  findRunByDate,
  findSuccessfulRun,
  joinBackfill,
  listDagVersions,
  listRunLakes,
  listRunsInRange,
  listUnfinishedManualRuns,
  readRun,
  saveDagVersion,
  saveVersionOfRun,
  startRefetch,
  stopRun,
  widenRun,
} from "../../../state/runs/dag-runs.ts";
import {
  deleteImportError,
  moveCursor,
  moveSuccessCursor,
  readNewestSuccess,
  saveImportError,
  setActive,
  setPaused,
  startDag,
} from "../../../state/runs/dags.ts";
import { signRun } from "../../../state/runs/requested-by.ts";
import { findRunInRange, findSuccessInRange, listSuccesses } from "../../../state/runs/successes.ts";
import type { Query } from "../../../state/sqlite/query.ts";
import { makeDag, makeVersion } from "../../support/test-dag.ts";
import { AT, HERE, NOW, openRows, THEN, THERE, type Reading, type Writing } from "../rows.ts";

const day = (number: number): string => `2026-10-${String(number).padStart(2, "0")}T00:00:00.000Z`;
const idsOf = (runs: readonly DagRun[]): readonly number[] => runs.map(({ dagRunId }) => dagRunId);
const run = { dag_id: "c", lake: HERE, timezone: "UTC", params: "{}", run_type: "manual" };
const without = { from: new Date(day(20)), until: new Date(day(21)) };
const range = { from: new Date(day(2)), until: new Date(day(5)) };

describe("runs", () => {
  const failed = { ...run, state: "failed" };
  const rows = openRows({
    dag_runs: [
      { dag_run_id: 11, ...failed, logical_date: day(1) },
      { dag_run_id: 12, ...run, logical_date: day(2), state: "success", success_order: 5 },
      {
        dag_run_id: 13,
        ...run,
        logical_date: day(3),
        state: "success",
        success_order: 7,
        run_type: "scheduled",
      },
      { dag_run_id: 14, ...failed, logical_date: day(4), stop_reason: "cancel", started_at: AT },
      { dag_run_id: 15, ...failed, logical_date: day(5), run_type: "scheduled" },
      { dag_run_id: 16, ...run, logical_date: day(4), state: "success", success_order: 6, lake: THERE },
      { dag_run_id: 17, ...run, logical_date: day(4), state: "success", success_order: 8, dag_id: "d" },
      { dag_run_id: 18, ...failed, logical_date: day(6), lake: null, refetch_generation: "g" },
      { dag_run_id: 19, ...run, logical_date: day(7), state: "queued", refetch_generation: "g" },
      {
        dag_run_id: 20,
        ...run,
        logical_date: day(8),
        state: "running",
        started_at: AT,
        started_at_local: AT,
      },
      { dag_run_id: 21, ...run, logical_date: day(9), state: "success", only_tasks: '["t"]' },
      { dag_run_id: 22, ...failed, logical_date: day(3), lake: THERE },
      { dag_run_id: 23, ...failed, logical_date: day(3), dag_id: "d" },
      { dag_run_id: 25, ...run, logical_date: day(1), dag_id: "d", state: "failed", lake: THERE },
      { dag_run_id: 24, ...run, logical_date: day(10), state: "running", only_tasks: '["t"]' },
    ],
    task_instances: [
      { task_instance_id: 11, dag_run_id: 11, task_id: "t", state: "failed" },
      { task_instance_id: 12, dag_run_id: 12, task_id: "t", state: "success" },
      { task_instance_id: 13, dag_run_id: 13, task_id: "u", state: "skipped" },
      { task_instance_id: 14, dag_run_id: 22, task_id: "t", state: "cancelled" },
      { task_instance_id: 15, dag_run_id: 23, task_id: "t", state: "skipped" },
      { task_instance_id: 16, dag_run_id: 14, task_id: "t", state: "failed" },
    ],
    backfills: [
      { backfill_id: 1, dag_id: "c", lake: null },
      { backfill_id: 2, dag_id: "c", lake: THERE },
    ],
    dags: [
      { dag_id: "c", fingerprint: "v", success_cursor: 3 },
      { dag_id: "d", fingerprint: "v" },
    ],
    import_errors: [{ dag_id: "c", file: "c.yaml", faults: "[]" }, { dag_id: "d" }],
  });
  const of = (query: Query, dagRunId: number): DagRun => readRun(query, dagRunId);

  test.each<Reading>([
    ["a run by its date", (q) => findRunByDate(q, HERE, "c", new Date(day(4)))?.dagRunId, 14],
    ["in another lake", (q) => findRunByDate(q, THERE, "c", new Date(day(4)))?.dagRunId, 16],
    ["of another Dag", (q) => findRunByDate(q, HERE, "d", new Date(day(4)))?.dagRunId, 17],
    ["at no other date", (q) => findRunByDate(q, HERE, "c", new Date(day(20))), undefined],
    ["the lakes of a Dag, by name", (q) => listRunLakes(q, "c"), [HERE, THERE]],
    ["the lakes of another Dag", (q) => listRunLakes(q, "d"), [HERE, THERE]],
    [
      "runs in a range, both ends included",
      (q) => idsOf(listRunsInRange(q, HERE, "c", day(2), day(4))),
      [12, 13, 14],
    ],
    [
      "unfinished manual runs until now, the newest first",
      (q) => idsOf(listUnfinishedManualRuns(q, HERE, "c", day(7))),
      [19, 14, 11],
    ],
    ["a success at a date", (q) => findSuccessfulRun(q, HERE, "c", new Date(day(3)))?.dagRunId, 13],
    ["a run of single tasks is none", (q) => findSuccessfulRun(q, HERE, "c", new Date(day(9))), undefined],
    ["a failed one is none", (q) => findSuccessfulRun(q, HERE, "c", new Date(day(4))), undefined],
    ["the task in the run before", (q) => findPastTask(q, of(q, 14), "t")?.dagRunId, 12],
    ["not in a later one", (q) => findPastTask(q, of(q, 12), "t")?.dagRunId, 11],
    ["not in another Dag or lake", (q) => findPastTask(q, of(q, 11), "t"), undefined],
    ["another task", (q) => findPastTask(q, of(q, 15), "u")?.dagRunId, 13],
    ["the newest success in a range", (q) => findSuccessInRange(q, HERE, "c", range)?.dagRunId, 13],
    ["in another lake's", (q) => findSuccessInRange(q, THERE, "c", range)?.dagRunId, 16],
    [
      "from its first instant to before its last one",
      (q) => findSuccessInRange(q, HERE, "c", { from: new Date(day(2)), until: new Date(day(3)) })?.dagRunId,
      12,
    ],
    ["none in a range without one", (q) => findSuccessInRange(q, HERE, "c", without), undefined],
    [
      "the newest run of a type in a range",
      (q) => findRunInRange(q, HERE, "c", "manual", range)?.dagRunId,
      14,
    ],
    ["of another type", (q) => findRunInRange(q, HERE, "c", "scheduled", range)?.dagRunId, 13],
    ["of another Dag in a range", (q) => findRunInRange(q, HERE, "d", "manual", range)?.dagRunId, 17],
    ["the last place in the order of successes", (q) => readNewestSuccess(q), 8],
    ["successes after a place", (q) => placesOf(q, HERE, ["c", "d"], 5, 9), [7, 8]],
    ["of one Dag", (q) => placesOf(q, HERE, ["c"], 0, 9), [5, 7]],
    ["of another lake", (q) => placesOf(q, THERE, ["c"], 0, 9), [6]],
    ["only so many", (q) => placesOf(q, HERE, ["c", "d"], 0, 2), [5, 7]],
  ])("read: %s", (_does, read, result) => {
    expect(read(rows.database)).toEqual(result);
  });

  test.each<Writing>([
    [
      "a start keeps the first one's time",
      (q) => changeRunState(q, of(q, 20), "queued", NOW) && changeRunState(q, of(q, 20), "running", NOW),
      { "dag_runs 20": { running_since: THEN } },
    ],
    [
      "a first start",
      (q) => changeRunState(q, of(q, 19), "running", NOW),
      {
        "dag_runs 19": {
          state: "running",
          started_at: THEN,
          started_at_local: "2026-11-24 12:00:00 +00:00",
          running_since: THEN,
        },
      },
    ],
    [
      "a success gets the next place",
      (q) => changeRunState(q, of(q, 20), "success", NOW),
      {
        "dag_runs 20": {
          state: "success",
          finished_at: THEN,
          finished_at_local: "2026-11-24 12:00:00 +00:00",
          success_order: 9,
        },
      },
    ],
    [
      "a success of single tasks gets none",
      (q) => changeRunState(q, of(q, 24), "success", NOW),
      {
        "dag_runs 24": {
          state: "success",
          finished_at: THEN,
          finished_at_local: "2026-11-24 12:00:00 +00:00",
        },
      },
    ],
    [
      "a failure",
      (q) => changeRunState(q, of(q, 20), "failed", NOW),
      {
        "dag_runs 20": {
          state: "failed",
          finished_at: THEN,
          finished_at_local: "2026-11-24 12:00:00 +00:00",
        },
      },
    ],
    [
      "a second beginning",
      (q) => changeRunState(q, of(q, 12), "queued", NOW),
      { "dag_runs 12": { state: "queued", success_order: null } },
    ],
    [
      "a second beginning forgets why it was stopped",
      (q) => changeRunState(q, of(q, 14), "queued", NOW),
      { "dag_runs 14": { state: "queued", stop_reason: null } },
    ],
    [
      "a state that was changed meanwhile stays",
      (q) => {
        for (const to of ["running", "cancelled"] as const)
          expect(changeRunState(q, { ...of(q, 15), state: "queued" }, to, NOW)).toBe(false);
        for (const to of ["success", "queued"] as const)
          expect(changeRunState(q, { ...of(q, 15), state: "running" }, to, NOW)).toBe(false);
      },
      {},
    ],
    [
      "runs and backfills without a lake are claimed",
      (q) => claimRuns(q, HERE),
      { "dag_runs 18": { lake: HERE }, "backfills 1": { lake: HERE } },
    ],
    ["a refetch ends", (q) => endRefetch(q, of(q, 19)), { "dag_runs 19": { refetch_generation: null } }],
    ["a run gets more tasks", (q) => widenRun(q, of(q, 21), null), { "dag_runs 21": { only_tasks: null } }],
    ["a run joins a backfill", (q) => joinBackfill(q, of(q, 19), 1), { "dag_runs 19": { backfill_id: 1 } }],
    [
      "a run is signed",
      (q) => signRun(q, 19, "ana", "ui"),
      { "dag_runs 19": { requested_by: "ana", triggered_by: "ui" } },
    ],
    [
      "a run is stopped",
      (q) => stopRun(q, of(q, 19), "timed_out"),
      { "dag_runs 19": { stop_reason: "timed_out" } },
    ],
    ["a stopped run keeps its reason", (q) => stopRun(q, of(q, 14), "timed_out"), {}],
    [
      "a Dag starts",
      (q) => startDag(q, "c", { schedule: "s", cursor: NOW, successCursor: 4 }),
      { "dags c": { schedule: "s", cursor: THEN, success_cursor: 4 } },
    ],
    ["its cursor moves", (q) => moveCursor(q, "c", NOW), { "dags c": { cursor: THEN } }],
    ["its place moves", (q) => moveSuccessCursor(q, "c", 9), { "dags c": { success_cursor: 9 } }],
    ["it is off", (q) => setActive(q, "c", false), { "dags c": { is_active: 0 } }],
    ["it is paused", (q) => setPaused(q, "c", true), { "dags c": { is_paused: 1 } }],
    [
      "its faults are replaced, since when stays",
      (q) => saveImportError(q, "c", [{ file: "d.yaml" } as never], NOW),
      { "import_errors c": { file: "d.yaml", faults: '[{"file":"d.yaml"}]' } },
    ],
    ["its faults are mended", (q) => deleteImportError(q, "c"), { "import_errors c": "deleted" }],
  ])("%s", async (_does, work, changes) => {
    expect(await rows.watch(work)).toEqual(changes);
  });

  test("refetches count up, each with a generation of its own", async () => {
    const start = () =>
      rows.watch((query) => {
        startRefetch(query, of(query, 19));
      });
    const stamp = of(rows.database, 19).runStamp;
    expect(await start()).toEqual({ "dag_runs 19": { refetch_count: 1, refetch_generation: stamp } });
    expect(await start()).toEqual({
      "dag_runs 19": { refetch_count: 2, refetch_generation: `${stamp}-0002` },
    });
  });

  test("a definition is stored once; the Dag's row names the newest", async () => {
    const version = makeVersion(makeDag([], { dagId: "c", params: { b: 2 } }));
    const save = () =>
      rows.watch((query) => {
        saveDagVersion(query, version, NOW);
      });
    const { fingerprint } = version;
    expect(await save()).toEqual({
      [`dag_versions ${fingerprint}`]: "added",
      "dags c": { fingerprint, seen_at: THEN },
    });
    expect(await save()).toEqual({});
    const copy = { ...version, definition: { ...version.definition, dagId: "d" } };
    expect(
      Object.keys(
        await rows.watch((query) => {
          saveDagVersion(query, copy, NOW);
        }),
      ),
    ).toEqual(["dags d"]);
    expect(listDagVersions(rows.database, "c").map(({ createdAt }) => createdAt)).toEqual([THEN]);
    const change = (query: Query) => {
      saveVersionOfRun(query, { ...of(query, 19), params: { a: 1, b: 3 } }, version, NOW);
    };
    const changed = await rows.watch(change);
    expect(changed["dag_runs 19"]).toEqual({ fingerprint, params: '{"b":3}' });
  });

  test("versions of a Dag are listed by age", async () => {
    const version = { dag_id: "z", definition: '{"tasks":[]}' };
    await rows.put({
      dag_versions: [
        { fingerprint: "1", ...version, created_at: day(2) },
        { fingerprint: "2", ...version, created_at: day(1) },
        { fingerprint: "3", ...version, created_at: day(3), dag_id: "y" },
      ],
    });
    expect(listDagVersions(rows.database, "z").map(({ createdAt }) => createdAt)).toEqual([day(1), day(2)]);
  });

  test("a run's id has a number where another lake has a run of that date", async () => {
    const version = { definition: makeDag([], { dagId: "c" }), fingerprint: "v" };
    const plan = { version, runType: "manual", params: {}, onlyTasks: null, interval: null } as const;
    const create = (lakeId: string, date: string) =>
      rows.database.write((query) =>
        createRun(query, { ...plan, lakeId, logicalDate: new Date(date), isRefetch: false, now: NOW }),
      );
    const ids = [await create(HERE, day(20)), await create(THERE, day(20)), await create("x", day(20))];
    const name = `manual__${day(20)}`;
    expect(ids.map(({ runId }) => runId)).toEqual([name, `${name}__2`, `${name}__3`]);
  });

  function placesOf(query: Query, lake: string, dags: readonly string[], after: number, limit: number) {
    return listSuccesses(query, lake, dags, after, limit).map(({ successOrder }) => successOrder);
  }
});
