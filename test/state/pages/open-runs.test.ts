/** Open runs of one lake of several, since when they are running, and those of the schedule that wait. */
import { describe, expect, test } from "vitest";
import { countOpenByState, listOpenRuns, listQueuedOfSchedule } from "../../../state/pages/open-runs.ts";
import { listFailedRuns, listTimedRuns, measureUsual } from "../../../state/pages/overview.ts";
import { listGridRuns } from "../../../state/pages/run-grid.ts";
import { listRunPage } from "../../../state/pages/run-page.ts";
import { HERE, openRows, THERE, type Reading } from "../rows.ts";

/** Nothing has failed since then. */
const LATER = new Date("2026-11-01T00:00:00.000Z");
const day = (number: number): string => `2026-10-${String(number).padStart(2, "0")}T00:00:00.000Z`;
const run = (dagRunId: number, dagId: string, state: string, more = {}) => ({
  dag_run_id: dagRunId,
  dag_id: dagId,
  run_id: `r${dagRunId}`,
  state,
  logical_date: day(dagRunId - 10),
  lake: HERE,
  ...more,
});
const SCHEDULED = { run_type: "scheduled" };

describe("of several lakes", () => {
  const rows = openRows({
    dags: ["d", "e", "f"].map((dag_id) => ({ dag_id, fingerprint: "v" })),
    dag_runs: [
      run(11, "d", "failed", { finished_at: day(3) }),
      run(12, "d", "success", { finished_at: day(9), started_at: day(1), lake: THERE }),
      run(13, "e", "failed", { finished_at: day(5), lake: THERE }),
      run(14, "e", "success", { finished_at: day(9), started_at: day(7) }),
      run(15, "f", "failed", { finished_at: day(1) }),
      run(16, "f", "failed", { finished_at: day(8), lake: THERE }),
    ],
  });

  test.each<Reading>([
    [
      "a success in another one does not mend a failure",
      (q) => listFailedRuns(q, HERE, { since: LATER, limit: 9 }).map(({ runId }) => runId),
      ["r11", "r15"],
    ],
    [
      "a failure counts in its own",
      (q) => listFailedRuns(q, THERE, { since: LATER, limit: 9 }).map(({ runId }) => runId),
      ["r16", "r13"],
    ],
    ["a success of another one is not usual", (q) => measureUsual(q, HERE, "d"), null],
  ])("%s", (_does, read, result) => {
    expect(read(rows.database)).toEqual(result);
  });
});

describe("running", () => {
  const rows = openRows({
    backfills: [{ backfill_id: 7, lake: HERE, dag_id: "d", state: "running" }],
    dag_runs: [
      run(11, "d", "success", { started_at: day(1), running_since: day(4), finished_at: day(6) }),
      run(12, "d", "running", { started_at: day(1), running_since: day(5), backfill_id: 7 }),
      run(13, "d", "running", { started_at: day(1) }),
      run(14, "d", "queued", { started_at: day(1), backfill_id: 7 }),
      run(15, "d", "queued", { lake: THERE }),
    ],
  });
  const SINCE = { r11: day(4), r12: day(5), r13: day(1), r14: null };
  const sinceOf = (found: readonly { readonly runId: string; readonly runningSince: string | null }[]) =>
    Object.fromEntries(found.map(({ runId, runningSince }) => [runId, runningSince]));

  test.each<Reading>([
    [
      "counts from the last start, in the list of runs",
      (q) => sinceOf(listRunPage(q, { dagId: "d" }, [], { limit: 9, offset: 0 }).rows),
      { ...SINCE, r15: null },
    ],
    ["and in the grid", (q) => sinceOf(listGridRuns(q, "d", { limit: 9 })), { ...SINCE, r15: null }],
    [
      "and on the first page",
      (q) => sinceOf(listOpenRuns(q, HERE, 9)),
      { r12: day(5), r13: day(1), r14: null },
    ],
    [
      "and in a drawing, which has what is running now",
      (q) => sinceOf(listTimedRuns(q, HERE, { from: day(20), to: day(21), limit: 9 })),
      { r12: day(5), r13: day(1) },
    ],
    ["and for what is usual", (q) => measureUsual(q, HERE, "d"), 2 * 86_400],
    ["shows the backfill", (q) => listOpenRuns(q, HERE, 9).map(({ backfillId }) => backfillId), [7, null, 7]],
    [
      "and queued are counted apart",
      (q) => [countOpenByState(q, HERE), countOpenByState(q, THERE)],
      [
        { running: { total: 2, isCut: false }, queued: { total: 1, isCut: false } },
        { running: { total: 0, isCut: false }, queued: { total: 1, isCut: false } },
      ],
    ],
  ])("%s", (_does, read, result) => {
    expect(read(rows.database)).toEqual(result);
  });
});

test("runs of the schedule that wait are those of no backfill, of Dags that are on", () => {
  const found = listQueuedOfSchedule(waiting.database, HERE, 9).map(({ runId }) => runId);
  expect(found).toEqual(["r11", "r12"]);
  expect(listQueuedOfSchedule(waiting.database, HERE, 1)).toHaveLength(1);
});

const waiting = openRows({
  backfills: [{ backfill_id: 7, lake: HERE, dag_id: "d", state: "running" }],
  dags: [
    { dag_id: "d", fingerprint: "v" },
    { dag_id: "paused", fingerprint: "v", is_paused: 1 },
    { dag_id: "off", fingerprint: "v", is_active: 0 },
  ],
  dag_runs: [
    run(12, "d", "queued", SCHEDULED),
    run(11, "d", "queued", SCHEDULED),
    run(13, "d", "queued", { ...SCHEDULED, backfill_id: 7 }),
    run(14, "d", "queued", { ...SCHEDULED, started_at: day(1) }),
    run(15, "d", "queued", { ...SCHEDULED, lake: THERE }),
    run(16, "d", "queued", { run_type: "manual" }),
    run(17, "d", "running", SCHEDULED),
    run(18, "paused", "queued", SCHEDULED),
    run(19, "off", "queued", SCHEDULED),
  ],
});

test("a list of more than can be counted says so", async () => {
  const { database, put } = many;
  const runs = (count: number, from: number) =>
    Array.from({ length: count }, (_, index) => ({
      ...run(from + index, "many", "queued"),
      logical_date: `2027-01-01T${String(Math.floor(index / 60)).padStart(2, "0")}:${String(index % 60).padStart(2, "0")}:${from === 100 ? "00" : "01"}.000Z`,
    }));
  const list = () => listRunPage(database, { dagId: "many" }, [], { limit: 10, offset: 5 });
  await put({ dag_runs: runs(1_000, 100) });
  expect(list()).toMatchObject({ total: 1_000, isCut: false });
  expect(countOpenByState(database, HERE).queued).toEqual({ total: 1_000, isCut: false });
  await put({ dag_runs: runs(16, 2_000) });
  expect(list()).toMatchObject({ total: 1_015, isCut: true });
  expect(countOpenByState(database, HERE).queued).toEqual({ total: 1_000, isCut: true });
});

const many = openRows();
