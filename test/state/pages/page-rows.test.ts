/** Listings of Dags, runs, tasks and events: their filters, orders, pages and totals. */
import { describe, expect, test } from "vitest";
import {
  countRunningRunsOf,
  countRunsByState,
  findDag,
  listDagPage,
  listImportErrorPage,
  listVersionPage,
  listZones,
} from "../../../state/pages/dag-page.ts";
import { listEventPage, type EventFilter } from "../../../state/pages/event-page.ts";
import { listPoolEntries } from "../../../state/pages/pool-page.ts";
import { listGridRuns } from "../../../state/pages/run-grid.ts";
import {
  findRunEntry,
  listRunPage,
  readRunEntry,
  type RunPageFilter,
} from "../../../state/pages/run-page.ts";
import { findTaskEntry, listTaskEntries, listTryEntries } from "../../../state/pages/task-page.ts";
import type { Query } from "../../../state/sqlite/query.ts";
import { HERE, openRows, THERE, type Reading } from "../rows.ts";

/** Ends in a date, as ids of runs do. */
const Z = "z__2026-10-02T00:00:00.000Z";
const day = (number: number): string => `2026-10-${String(number).padStart(2, "0")}T00:00:00.000Z`;
const ALL = { limit: 100, offset: 0 };
const [up, down] = [{ isDescending: false }, { isDescending: true }];
const by = <Column extends string>(column: Column, way = up) => [{ column, ...way }];

describe("Dags", () => {
  const rows = openRows({
    dag_versions: [
      { fingerprint: "1", dag_id: "a", definition: "{}", created_at: day(1) },
      { fingerprint: "2", dag_id: "B", definition: "{}", created_at: day(1) },
      { fingerprint: "3", dag_id: "a", definition: "{}", created_at: day(3) },
      { fingerprint: "4", dag_id: "a", definition: "{}", created_at: day(2) },
      { fingerprint: "5", dag_id: "a", definition: '{"timezone":"America/Sao_Paulo"}', created_at: day(3) },
    ],
    dags: [
      { dag_id: "c", fingerprint: "1", is_paused: 1, seen_at: day(1) },
      { dag_id: "a", fingerprint: "5", seen_at: day(2) },
      { dag_id: "B", fingerprint: "2", is_active: 0, seen_at: day(3) },
    ],
    import_errors: [
      { dag_id: "z", file: "z" },
      { dag_id: "c", file: "c" },
      { dag_id: "y", file: "y" },
    ],
    dag_runs: [
      { dag_run_id: 11, dag_id: "c", state: "failed", logical_date: day(1), finished_at: day(1) },
      { dag_run_id: 12, dag_id: "c", state: "failed", logical_date: day(2), finished_at: day(1) },
      { dag_run_id: 13, dag_id: "c", state: "success", logical_date: day(3), finished_at: day(1) },
      { dag_run_id: 14, dag_id: "d", state: "success", logical_date: day(4), finished_at: day(1) },
      { dag_run_id: 15, dag_id: "c", state: "running", logical_date: day(5) },
      { dag_run_id: 16, dag_id: "c", state: "queued", logical_date: day(6) },
      { dag_run_id: 17, dag_id: "d", state: "running", logical_date: day(7) },
    ],
  });
  const list = (
    query: Query,
    filter = {},
    order = by<"dag_id" | "is_paused" | "seen_at">("dag_id"),
    page = ALL,
  ) => listDagPage(query, filter, order, page).rows.map(({ dagId }) => dagId);

  test.each<Reading>([
    ["by id", (q) => list(q), ["B", "a", "c"]],
    ["by id, downwards", (q) => list(q, {}, by("dag_id", down)), ["c", "a", "B"]],
    ["by when they were seen", (q) => list(q, {}, by("seen_at")), ["c", "a", "B"]],
    ["paused ones last", (q) => list(q, {}, by("is_paused")), ["B", "a", "c"]],
    ["only so many, from a place", (q) => list(q, {}, by("dag_id"), { limit: 1, offset: 1 }), ["a"]],
    ["the total is that of all pages", (q) => listDagPage(q, {}, [], { limit: 1, offset: 1 }).total, 3],
    ["paused", (q) => list(q, { isPaused: true }), ["c"]],
    ["active", (q) => list(q, { isActive: true }), ["a", "c"]],
    ["by a part of the id, in any case", (q) => list(q, { pattern: "b" }), ["B"]],
    ["the total of those", (q) => listDagPage(q, { pattern: "b" }, [], ALL).total, 1],
    [
      "one, with whether its file has faults",
      (q) => [findDag(q, "c")?.hasImportError, findDag(q, "a")?.hasImportError],
      [true, false],
    ],
    [
      "versions of one, the newest first, by age and then by entry",
      (q) => listVersionPage(q, "a", ALL).rows.map(({ fingerprint, number }) => `${number} ${fingerprint}`),
      ["4 5", "3 3", "2 4", "1 1"],
    ],
    [
      "a page of versions",
      (q) => listVersionPage(q, "a", { limit: 2, offset: 1 }).rows.map(({ number }) => number),
      [3, 2],
    ],
    ["the total of versions", (q) => listVersionPage(q, "a", { limit: 2, offset: 1 }).total, 4],
    ["faulty files by Dag", (q) => listImportErrorPage(q, ALL).rows.map(({ file }) => file), ["c", "y", "z"]],
    [
      "a page of them",
      (q) => listImportErrorPage(q, { limit: 1, offset: 1 }),
      { rows: [expect.objectContaining({ file: "y" })], total: 3, isCut: false },
    ],
    [
      "the zones of these Dags",
      (q) => [...listZones(q, ["a", "c", "nothing"])],
      [
        ["a", "America/Sao_Paulo"],
        ["c", null],
      ],
    ],
    [
      "runs by state, of these Dags",
      (q) => countRunsByState(q, ["c"]).map(({ state, count }) => `${state} ${count}`),
      ["failed 2", "success 1", "queued 1", "running 1"],
    ],
    ["running runs of one", (q) => countRunningRunsOf(q, "c"), 1],
  ])("%s", (_does, read, result) => {
    expect(read(rows.database)).toEqual(result);
  });
});

describe("events", () => {
  const rows = openRows({
    events: [
      { event_id: 1, kind: "x", at: day(3), dag_id: "a", run_id: "r", task_id: "t" },
      { event_id: 2, kind: "y", at: day(1), dag_id: "a", run_id: "r" },
      { event_id: 3, kind: "z", at: day(2), dag_id: "b", run_id: "s", task_id: "t" },
      { event_id: 4, kind: "x", at: day(2), dag_id: "a", run_id: "s", task_id: "u" },
    ],
  });
  const list = (
    query: Query,
    filter: EventFilter = {},
    order = by<"event_log_id" | "when">("event_log_id"),
    page = ALL,
  ) => listEventPage(query, filter, order, page).rows.map(({ eventId }) => eventId);

  test.each<Reading>([
    ["by number", (q) => list(q), [1, 2, 3, 4]],
    [
      "by when they were recorded, whatever the clock said",
      (q) => list(q, {}, by("when", down)),
      [4, 3, 2, 1],
    ],
    ["only so many, from a place", (q) => list(q, {}, by("when"), { limit: 2, offset: 1 }), [2, 3]],
    ["the total", (q) => listEventPage(q, { dagId: "a" }, [], { limit: 1, offset: 0 }).total, 3],
    ["of a Dag", (q) => list(q, { dagId: "a" }), [1, 2, 4]],
    ["of a run", (q) => list(q, { runId: "s" }), [3, 4]],
    ["of a task", (q) => list(q, { taskId: "t" }), [1, 3]],
    ["of all three", (q) => list(q, { dagId: "a", runId: "r", taskId: "t" }), [1]],
    ["of kinds", (q) => list(q, { kinds: ["x", "z"] }), [1, 3, 4]],
    ["without kinds", (q) => list(q, { excludedKinds: ["x"] }), [2, 3]],
    ["before an instant", (q) => list(q, { before: day(2) }), [2]],
    ["after an instant", (q) => list(q, { after: day(2) }), [1]],
  ])("%s", (_does, read, result) => {
    expect(read(rows.database)).toEqual(result);
  });
});

describe("runs", () => {
  const run = { dag_id: "c", lake: HERE, params: "{}", run_type: "manual" };
  const rows = openRows({
    dag_runs: [
      {
        dag_run_id: 11,
        ...run,
        run_id: Z,
        logical_date: day(2),
        state: "failed",
        started_at: day(5),
        finished_at: day(7),
      },
      {
        dag_run_id: 12,
        ...run,
        run_id: "y",
        logical_date: day(3),
        state: "success",
        started_at: day(4),
        finished_at: day(9),
      },
      {
        dag_run_id: 13,
        ...run,
        run_id: "x",
        logical_date: day(1),
        state: "running",
        run_type: "scheduled",
        started_at: day(6),
      },
      {
        dag_run_id: 14,
        ...run,
        run_id: Z,
        logical_date: day(2),
        state: "failed",
        lake: THERE,
        started_at: day(8),
      },
      { dag_run_id: 15, ...run, run_id: Z, logical_date: day(2), state: "failed", dag_id: "d" },
    ],
    task_instances: [
      { task_instance_id: 11, dag_run_id: 11, task_id: "t", state: "failed", attempt_count: 2 },
      { task_instance_id: 12, dag_run_id: 11, task_id: "u", state: "skipped" },
      { task_instance_id: 13, dag_run_id: 12, task_id: "t", state: "success", attempt_count: 1 },
    ],
    attempts: [
      { task_instance_id: 11, number: 2, pid: 2 },
      { task_instance_id: 11, number: 1, pid: 1 },
      { task_instance_id: 13, number: 1, pid: 3 },
    ],
  });
  const list = (
    query: Query,
    filter: RunPageFilter = {},
    order: Parameters<typeof listRunPage>[2] = by("id"),
    page = ALL,
  ) => listRunPage(query, { dagId: "c", ...filter }, order, page).rows.map(({ dagRunId }) => dagRunId);
  const bound = (comparison: "gte" | "gt" | "lte" | "lt") =>
    ({ dates: [{ date: "logical_date", comparison, instant: day(2) }] }) as const;

  test.each<Reading>([
    ["of a Dag, by number", (q) => list(q), [11, 12, 13, 14]],
    ["by date, and then by number", (q) => list(q, {}, by("logical_date")), [13, 11, 14, 12]],
    ["downwards", (q) => list(q, {}, by("logical_date", down)), [12, 14, 11, 13]],
    [
      "by id and then downwards by date",
      (q) => list(q, {}, [...by("dag_run_id"), ...by("start_date", down)]),
      [13, 12, 14, 11],
    ],
    ["by their end", (q) => list(q, { states: ["failed", "success"] }, by("end_date", down)), [12, 11, 14]],
    ["by state", (q) => list(q, {}, by("state", down)), [12, 13, 14, 11]],
    ["by type", (q) => list(q, {}, by("run_type", down)), [13, 14, 12, 11]],
    ["by when they are due", (q) => list(q, {}, by("run_after")), [13, 11, 14, 12]],
    ["by Dag", (q) => list(q, { dagId: undefined, states: ["failed"] }, by("dag_id", down)), [15, 14, 11]],
    ["only so many, from a place", (q) => list(q, {}, by("id"), { limit: 2, offset: 1 }), [12, 13]],
    ["the total", (q) => listRunPage(q, { dagId: "c" }, [], { limit: 1, offset: 0 }).total, 4],
    ["in states", (q) => list(q, { states: ["running", "success"] }), [12, 13]],
    ["of types", (q) => list(q, { runTypes: ["scheduled"] }), [13]],
    ["from a date", (q) => list(q, bound("gte")), [11, 12, 14]],
    ["after a date", (q) => list(q, bound("gt")), [12]],
    ["until a date", (q) => list(q, bound("lte")), [11, 13, 14]],
    ["before a date", (q) => list(q, bound("lt")), [13]],
    [
      "one of this lake first",
      (q) => [findRunEntry(q, HERE, "c", Z), findRunEntry(q, THERE, "c", Z)].map((entry) => entry?.dagRunId),
      [11, 14],
    ],
    ["else the newest", (q) => findRunEntry(q, "elsewhere", "c", Z)?.dagRunId, 14],
    ["one of a Dag", (q) => findRunEntry(q, HERE, "d", Z)?.dagRunId, 15],
    ["one by its number", (q) => readRunEntry(q, 12).runId, "y"],
    [
      "in the grid, the newest first",
      (q) => listGridRuns(q, "c", { limit: 9, before: undefined }).map(({ dagRunId }) => dagRunId),
      [12, 14, 11, 13],
    ],
    [
      "in the grid, before a date",
      (q) => listGridRuns(q, "c", { limit: 1, before: day(3) }).map(({ dagRunId }) => dagRunId),
      [14],
    ],
    [
      "in the grid, of a Dag",
      (q) => listGridRuns(q, "d", { limit: 9, before: undefined }).map(({ tasks }) => tasks),
      ["{}"],
    ],
    [
      "in the grid, with their tasks",
      (q) => listGridRuns(q, "c", { limit: 3, before: undefined })[2]?.tasks,
      '{"t":"failed","u":"skipped"}',
    ],
    [
      "tasks of a run, each with its newest try",
      (q) => listTaskEntries(q, 11).map(({ taskId, pid }) => [taskId, pid]),
      [
        ["t", 2],
        ["u", null],
      ],
    ],
    [
      "one task",
      (q) => [findTaskEntry(q, 11, "u")?.taskInstanceId, findTaskEntry(q, 12, "t")?.taskInstanceId],
      [12, 13],
    ],
    ["tries, the oldest first", (q) => listTryEntries(q, 11).map(({ number }) => number), [1, 2]],
  ])("%s", (_does, read, result) => {
    expect(read(rows.database)).toEqual(result);
  });
});

describe("pools", () => {
  const states = [
    "scheduled",
    "queued",
    "queued",
    "running",
    "running",
    "running",
    "success",
    "failed",
    "none",
  ];
  const rows = openRows({
    pools: [
      { pool: "wide", slots: 8 },
      { pool: "idle", slots: 1 },
    ],
    task_instances: states.map((state) => ({ state, pool: "wide" })),
  });

  test("are listed by name, with the tasks that hold or wait for a slot", () => {
    expect(listPoolEntries(rows.database)).toEqual([
      { pool: "idle", slots: 1, running: 0, queued: 0, scheduled: 0 },
      { pool: "wide", slots: 8, running: 3, queued: 2, scheduled: 1 },
    ]);
  });
});
