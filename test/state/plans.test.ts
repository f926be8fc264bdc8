/**
 * What the loop and the pages read again and again is found by an index, however long the history is. SQLite takes a partial
 * index only where a statement repeats the index's condition: such a term decides nothing else.
 */
import { expect, test } from "vitest";
import { hasOpenRequests, listOpenRequests } from "../../state/control/requests.ts";
import { findDueNotice, findNewestNotice, readFailureStreak } from "../../state/control/notices.ts";
import { countRunningRunsOf, countRunsByState } from "../../state/pages/dag-page.ts";
import { listEventPage } from "../../state/pages/event-page.ts";
import { countOpenByState, listOpenRuns, listQueuedOfSchedule } from "../../state/pages/open-runs.ts";
import { countOpenRuns, listTimedRuns, measureUsual } from "../../state/pages/overview.ts";
import { listPoolEntries } from "../../state/pages/pool-page.ts";
import { listSkippedSlots } from "../../state/pages/calendar.ts";
import { listRecentRuns } from "../../state/pages/recent-runs.ts";
import { listGridRuns } from "../../state/pages/run-grid.ts";
import { findRunEntry } from "../../state/pages/run-page.ts";
import { listAsksToManifest } from "../../state/records/manifests.ts";
import { listSealed } from "../../state/records/batches.ts";
import { findNewestFile } from "../../state/records/objects.ts";
import { findRunId, reportAttempts, reportTasks } from "../../state/reports.ts";
import { findPastTask, findRunByDate, readRun } from "../../state/runs/dag-runs.ts";
import { readNewestSuccess } from "../../state/runs/dags.ts";
import {
  countRunningRuns,
  findQueuedBackfillRun,
  listQueuedRuns,
  listRunningRuns,
  listWaitingDags,
} from "../../state/runs/run-queue.ts";
import { listSuccesses } from "../../state/runs/successes.ts";
import { listRunningAttempts, listRunningTasks, readOutputs } from "../../state/runs/task-instances.ts";
import type { Query } from "../../state/sqlite/query.ts";
import { Sql, sql } from "../../state/sqlite/statement.ts";
import { AT, HERE, NOW, openRows } from "./rows.ts";

const TABLES = sql`SELECT name FROM sqlite_schema WHERE type = 'table'`;
const rows = openRows();
const scope = { lakeId: HERE, backfillId: null };

test.each<readonly [string, (query: Query) => unknown, readonly string[]]>([
  ["running runs", (q) => listRunningRuns(q, scope), ["dag_runs_by_state"]],
  ["running runs by Dag", (q) => countRunningRuns(q, scope), ["dag_runs_by_state"]],
  ["Dags that wait", (q) => listWaitingDags(q, HERE), ["dag_runs_waiting"]],
  ["queued runs", (q) => listQueuedRuns(q, "a", scope, 9), ["dag_runs_waiting"]],
  ["the queued run of a backfill", (q) => findQueuedBackfillRun(q, "a", scope), ["dag_runs_waiting"]],
  ["tasks that hold a slot", (q) => listRunningTasks(q), ["task_instances_active"]],
  ["attempts that run", (q) => listRunningAttempts(q), ["task_instances_active"]],
  ["outputs of a run", (q) => readOutputs(q, 1), ["sqlite_autoindex_task_instances_1"]],
  ["a run by its date", (q) => findRunByDate(q, HERE, "a", NOW), ["sqlite_autoindex_dag_runs_1"]],
  [
    "a task in the run before",
    (q) => findPastTask(q, readRun(q, 1), "t"),
    ["sqlite_autoindex_dag_runs_1", "sqlite_autoindex_task_instances_1"],
  ],
  ["successes after a place", (q) => listSuccesses(q, HERE, ["a"], 0, 9), ["dag_runs_by_success"]],
  ["the newest success", (q) => readNewestSuccess(q), ["dag_runs_by_success"]],
  ["failures in a row", (q) => readFailureStreak(q, readRun(q, 1)), ["dag_runs_by_end"]],
  ["a notice that is due", (q) => findDueNotice(q, "webhook", NOW, NOW), ["notices_open"]],
  ["a Dag's newest notice", (q) => findNewestNotice(q, "a"), ["notices_by_dag"]],
  ["open requests", (q) => [hasOpenRequests(q), listOpenRequests(q)], ["requests_open"]],
  ["sealed batches", (q) => listSealed(q, HERE, "titles"), ["batches_open"]],
  [
    "batches and decisions that no manifest lists",
    (q) => listAsksToManifest(q, HERE, "titles"),
    ["batches_unlisted", "processed_ids_unlisted"],
  ],
  ["a dataset's newest file", (q) => findNewestFile(q, HERE, "titles"), ["objects_by_dataset"]],
  [
    "open runs on the first page",
    (q) => [countOpenRuns(q, HERE), countOpenByState(q, HERE), listOpenRuns(q, HERE, 9)],
    ["dag_runs_by_state", "dag_runs_waiting", "sqlite_autoindex_task_instances_1"],
  ],
  [
    "runs of some days",
    (q) => listTimedRuns(q, HERE, { from: AT, to: AT, limit: 9 }),
    ["dag_runs_by_date", "dag_runs_by_state"],
  ],
  [
    "runs of the schedule that wait",
    (q) => listQueuedOfSchedule(q, HERE, 9),
    ["dag_runs_waiting", "sqlite_autoindex_dags_1"],
  ],
  ["the graph's choice of runs", (q) => listRecentRuns(q, ["a"], 9), ["sqlite_autoindex_dag_runs_1"]],
  [
    "the skipped slots of a year",
    (q) => listSkippedSlots(q, "a", { from: AT, to: AT, limit: 9 }),
    ["events_by_dag"],
  ],
  ["how long a Dag takes", (q) => measureUsual(q, HERE, "a"), ["dag_runs_by_end"]],
  ["tasks in pools", (q) => listPoolEntries(q), ["sqlite_autoindex_pools_1", "task_instances_active"]],
  [
    "the grid",
    (q) => listGridRuns(q, "a", { limit: 9, before: AT }),
    ["sqlite_autoindex_dag_runs_1", "sqlite_autoindex_task_instances_1"],
  ],
])("%s", (_what, read, indexes) => {
  expect(listIndexes(read)).toEqual(indexes);
});

const ID = `manual__${AT}`;
const NEWEST = [{ column: "when", isDescending: true }] as const;
/** Up to a limit. */
const COUNTED = "SCAN events USING COVERING INDEX events_by_dag";
const BY_KEY = "sqlite_autoindex_dag_runs_1 (dag_id=? AND logical_date=?";

test.each<readonly [string, (query: Query) => unknown, readonly string[]]>([
  [
    "a run by its id",
    (q) => findRunEntry(q, HERE, "a", ID),
    [`SEARCH dag_runs USING INDEX ${BY_KEY})`, "USE TEMP B-TREE FOR ORDER BY"],
  ],
  [
    "a run that a command names",
    (q) => findRunId(q, HERE, { kind: "id", dagId: "a", runId: ID }, AT),
    [`SEARCH dag_runs USING INDEX ${BY_KEY})`],
  ],
  [
    "a run by an id that no run has",
    (q) => findRunEntry(q, HERE, "a", "unknown"),
    [`SEARCH dag_runs USING INDEX ${BY_KEY})`, "USE TEMP B-TREE FOR ORDER BY"],
  ],
  [
    "a run that is searched for without its Dag",
    (q) => findRunId(q, HERE, { kind: "word", word: ID }, AT),
    [
      "SEARCH dag_runs USING INDEX dag_runs_by_date (logical_date=?)",
      "SEARCH dag_runs USING COVERING INDEX sqlite_autoindex_dag_runs_1 (dag_id=? AND logical_date<?)",
      "SEARCH dag_runs USING COVERING INDEX sqlite_autoindex_dag_runs_1 (dag_id=?)",
      "SEARCH dag_runs USING COVERING INDEX sqlite_autoindex_dag_runs_1 (dag_id=?)",
      "USE TEMP B-TREE FOR ORDER BY",
    ],
  ],
  [
    "running runs of a Dag",
    (q) => countRunningRunsOf(q, "a"),
    ["SEARCH dag_runs USING INDEX dag_runs_by_state (state=?)"],
  ],
  [
    "the tasks of a run",
    (q) => reportTasks(q, 1),
    [
      "SEARCH r USING INTEGER PRIMARY KEY (rowid=?)",
      `SEARCH r USING INDEX ${BY_KEY})`,
      "SEARCH t USING INDEX sqlite_autoindex_task_instances_1 (dag_run_id=?)",
      "SEARCH t USING COVERING INDEX sqlite_autoindex_task_instances_1 (dag_run_id=? AND task_id=?)",
      "SEARCH o USING PRIMARY KEY (task_instance_id=?)",
      "USE TEMP B-TREE FOR ORDER BY",
    ],
  ],
  [
    "the attempts of a run",
    (q) => reportAttempts(q, 1),
    [
      "SEARCH r USING INTEGER PRIMARY KEY (rowid=?)",
      `SEARCH r USING INDEX ${BY_KEY})`,
      "SEARCH t USING COVERING INDEX sqlite_autoindex_task_instances_1 (dag_run_id=?)",
      "SEARCH a USING PRIMARY KEY (task_instance_id=?)",
      "USE TEMP B-TREE FOR ORDER BY",
    ],
  ],
  [
    "events by their instant",
    (q) => listEventPage(q, {}, NEWEST, { limit: 9, offset: 0 }),
    ["SCAN events", COUNTED],
  ],
  [
    "events by their instant, after a place",
    (q) => listEventPage(q, {}, NEWEST, { limit: 9, offset: 0, after: [5, 5] }),
    ["SEARCH events USING INTEGER PRIMARY KEY (rowid<?)", COUNTED],
  ],
  [
    "the grid before a date",
    (q) => listGridRuns(q, "a", { limit: 9, before: AT }),
    [
      "SEARCH r USING INDEX sqlite_autoindex_dag_runs_1 (dag_id=? AND logical_date<?)",
      "SEARCH t USING INDEX sqlite_autoindex_task_instances_1 (dag_run_id=?)",
      "USE TEMP B-TREE FOR LAST TERM OF ORDER BY",
    ],
  ],
  [
    "runs by state",
    (q) => countRunsByState(q, ["a"]),
    [
      "SEARCH dag_runs USING COVERING INDEX dag_runs_by_end (dag_id=?)",
      "SEARCH dag_runs USING INDEX dag_runs_by_state (state=?)",
      "USE TEMP B-TREE FOR GROUP BY",
    ],
  ],
])("%s: as few rows as the index allows", (_what, read, steps) => {
  expect(listSteps(read).filter((step) => /^(?:SEARCH|SCAN (?!json_each|\()|USE)/.test(step))).toEqual(steps);
});

/** The indexes by which the statements find their rows, by name. A table that is read whole counts as `all of …`. */
function listIndexes(read: (query: Query) => unknown): readonly string[] {
  const tables = new Set(rows.database.all<{ name: string }>(TABLES).map(({ name }) => name));
  const found = listSteps(read).flatMap((step) => {
    const table = /^SCAN (\w+)$/.exec(step)?.[1] ?? "";
    return tables.has(table) ? `all of ${table}` : (/INDEX (\w+)/.exec(step)?.[1] ?? []);
  });
  return [...new Set(found)].filter((name) => !/^\d/.test(name)).toSorted((a, b) => a.localeCompare(b));
}

/** As `EXPLAIN QUERY PLAN` says them. */
function listSteps(read: (query: Query) => unknown): readonly string[] {
  const { database } = rows;
  const steps: string[] = [];
  const explain = ({ text, values }: Sql): void => {
    const plan = new Sql(`EXPLAIN QUERY PLAN ${text}`, values);
    steps.push(...database.all<{ detail: string }>(plan).map(({ detail }) => detail));
  };
  read({
    all: (statement) => (explain(statement), database.all(statement)),
    each: (statement) => (explain(statement), database.each(statement)),
    get: (statement) => (explain(statement), database.get(statement)),
    one: (statement) => (explain(statement), database.one(statement)),
    run: () => {
      throw new Error("it only reads");
    },
  });
  return steps;
}
