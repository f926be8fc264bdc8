/**
 * The views are an interface for people and their scripts: columns may be added at the end, but never removed or
 * renamed.
 */
import { describe, expect, test } from "vitest";
import { addTasks, changeRunState, readRun } from "../../state/runs/dag-runs.ts";
import { sql, nameOf } from "../../state/sqlite/statement.ts";
import {
  changeTaskState,
  finishAttempt,
  listTasksOfRun,
  saveOutputs,
  startAttempt,
} from "../../state/runs/task-instances.ts";
import { openTestWorld } from "../support/test-world.ts";

const COLUMNS = {
  v_runs:
    "dag_id run_id logical_date logical_date_local run_type state started_at started_at_local finished_at " +
    "finished_at_local duration_seconds tasks failed_tasks objects params partition timezone interval_start " +
    "interval_end created_at fingerprint stop_reason backfill_id lake requested_by",
  v_tasks:
    "dag_id run_id logical_date logical_date_local task_id type state attempts failures lost started_at " +
    "started_at_local finished_at finished_at_local duration_seconds next_attempt_at message pool outputs",
  v_attempts:
    "dag_id run_id logical_date logical_date_local task_id attempt state started_at started_at_local finished_at " +
    "finished_at_local duration_seconds error_code error pid host",
  v_objects:
    "lake key kind dataset size_bytes records sha256 dag_id run_id task_id logical_date logical_date_local state " +
    "is_adopted created_at created_at_local committed_at missing_since",
  v_ids:
    "dataset lake entity language append asked_id generation outcome reason detail is_permanent key provider_id " +
    "fetched_at logical_date decided_at source facets facts",
  v_doubles: "dataset lake language append asked_id generation key other_key noticed_at source facets",
  v_missing: "dataset asked_id outcome reason detail is_permanent language logical_date decided_at lake",
  v_dags: "dag_id is_paused is_active schedule cursor seen_at import_error running_runs queued_runs",
  v_backfills:
    "backfill_id dag_id state from_date to_date reprocess is_refetch max_active runs succeeded failed open " +
    "created_at finished_at lake",
  v_inputs: "dag_id run_id task_id dataset source key sha256 lake resolved_at",
  v_removals:
    "lake key kind dataset size_bytes sha256 state why requested_by requested_at finished_at left_out_ids record_key " +
    "undone_by undone_why undone_at",
  v_tables:
    "lake key dataset state rows size_bytes sha256 fingerprint inputs_date logical_date engine dag_id run_id task_id " +
    "created_at committed_at replaced_at",
  v_events: "at at_local level kind dag_id run_id task_id message data requested_by",
  v_tokens: "token_id name role last_four created_by created_at expires_at revoked_by revoked_at",
  v_sessions: "session_id name role token_id created_at expires_at",
};

test("there are these views and no others", async () => {
  const { database } = await openTestWorld();
  const views = database.all<{ name: string }>(
    sql`SELECT name FROM sqlite_master WHERE type = 'view' ORDER BY name`,
  );
  expect(views.map(({ name }) => name)).toEqual(Object.keys(COLUMNS).toSorted());
});

test.each(Object.entries(COLUMNS))("%s has its columns, in their order", async (view, columns) => {
  const { database } = await openTestWorld();
  const found = database
    .all<{ name: string }>(sql`PRAGMA table_info(${nameOf(view)})`)
    .map(({ name }) => name);
  expect(found).toEqual(columns.split(" "));
});

describe("what they say", () => {
  test("of a run with a task that failed once and then succeeded", async () => {
    const world = await openTestWorld();
    const { database, clock, ports } = world;
    const facts = await world.makeRunFacts("2026-11-23T09:00:00Z");
    const run = () => readRun(database, facts.dagRunId);
    const task = () => {
      const [only] = listTasksOfRun(database, facts.dagRunId);
      if (only === undefined) throw new Error("the run has no task");
      return only;
    };
    const process = { pid: 1, host: "here", leaseEpoch: 1 };
    const at = (second: string) => {
      clock.set(`2026-11-23T12:00:${second}Z`);
      return clock.now();
    };
    await database.write((query) => {
      changeRunState(query, run(), "running", at("00.000"));
      addTasks(query, run(), [{ taskId: "movies", type: "noop", pool: "tmdb", exclusiveKey: null }]);
      startAttempt(query, run(), task(), process, at("01.000"));
      const end = { state: "failed", errorCode: "LAKE_UNAVAILABLE", error: "away" } as const;
      finishAttempt(query, run(), task(), 1, end, at("02.500"));
      changeTaskState(query, run(), task(), "up_for_retry", at("02.500"), {
        failureCount: 1,
        message: "away",
      });
      startAttempt(query, run(), task(), process, at("03.000"));
      finishAttempt(
        query,
        run(),
        task(),
        2,
        { state: "success", errorCode: null, error: null },
        at("04.250"),
      );
      changeTaskState(query, run(), task(), "success", at("04.250"), { message: null });
      saveOutputs(query, task().taskInstanceId, { ids: 3 });
      changeRunState(query, run(), "success", at("05.000"));
    });
    await ports.events.record({ level: "warn", kind: "told", message: "something", dagId: "test_dag" });

    expect(database.get(sql`SELECT * FROM v_runs`)).toMatchObject({
      dag_id: "test_dag",
      state: "success",
      logical_date_local: "2026-11-23 06:00:00 -03:00",
      started_at_local: "2026-11-23 09:00:00 -03:00",
      duration_seconds: 5,
      tasks: 1,
      failed_tasks: 0,
      objects: 0,
    });
    expect(database.get(sql`SELECT * FROM v_tasks`)).toMatchObject({
      task_id: "movies",
      state: "success",
      attempts: 2,
      failures: 1,
      duration_seconds: 3.25,
      outputs: '{"ids":3}',
      pool: "tmdb",
    });
    expect(database.all(sql`SELECT attempt, state, duration_seconds, error_code FROM v_attempts`)).toEqual([
      { attempt: 1, state: "failed", duration_seconds: 1.5, error_code: "LAKE_UNAVAILABLE" },
      { attempt: 2, state: "success", duration_seconds: 1.25, error_code: null },
    ]);
    expect(database.get(sql`SELECT * FROM v_events`)).toMatchObject({ kind: "told", dag_id: "test_dag" });
  });
});
