/** The first page: what it counts belongs to this lake, and it is late only what the schedule says. */
import { describe, expect, test } from "vitest";
import { sql } from "../../../state/sqlite/statement.ts";
import { makeDag, makeTask } from "../../support/test-dag.ts";
import { fillLake } from "../../support/web/lake-rows.ts";
import { cutPanel, plainText } from "../../support/web/page-text.ts";
import { openReadWorld, type ReadWorld } from "../../support/web/read-world.ts";

const HOURLY = makeDag([makeTask("only")], {
  dagId: "hourly",
  schedule: { kind: "cron", expression: "0 * * * *" },
  timezone: "UTC",
  catchup: "all",
});
const SLOT = "2026-11-23T08:00:00.000Z";

async function openHome(): Promise<ReadWorld & { readonly read: () => Promise<string> }> {
  const world = await openReadWorld();
  await world.saveDag(HOURLY);
  const read = async (): Promise<string> => plainText(await world.ask("/"));
  return { ...world, read };
}

describe("late", () => {
  test.each<readonly [string, string, boolean]>([
    ["a slot that came due and has no run", `cursor = '2026-11-23T07:30:00.000Z'`, true],
    ["no slot of a paused Dag", `cursor = '2026-11-23T07:30:00.000Z', is_paused = 1`, false],
    ["no slot of a Dag without a file", `cursor = '2026-11-23T07:30:00.000Z', is_active = 0`, false],
    ["no slot of a Dag that no scheduler has read", `cursor = NULL`, false],
    ["no slot before the Dag was first seen", `cursor = '2026-11-23T08:59:00.000Z'`, false],
  ])("is %s", async (_, change, isLate) => {
    const world = await openHome();
    await world.write((query) => query.run({ text: `UPDATE dags SET ${change}`, values: [] }));
    const text = await world.read();
    expect(text.includes("due for 1 h, and has no run")).toBe(isLate);
    expect(text).toContain(isLate ? "One thing needs you" : "All is well");
  });

  test("is a run of the schedule that waits, and none of a backfill, by hand, or of a missed slot", async () => {
    const world = await openHome();
    const queued = { dag: HOURLY, state: "queued", runType: "scheduled" } as const;
    const late = await world.addRun({ ...queued, date: SLOT });
    const missed = await world.addRun({ ...queued, date: "2026-11-23T03:00:00.000Z" });
    const manual = await world.addRun({ ...queued, runType: "manual", date: "2026-11-23T08:01:00.000Z" });
    await world.write((query) => {
      query.run(sql`UPDATE dag_runs SET started_at = NULL, created_at = ${SLOT}, finished_at = NULL`);
    });
    const needs = cutPanel(await world.ask("/"), "needs");
    expect(needs).toContain(encodeURIComponent(late));
    expect(needs).not.toContain(encodeURIComponent(missed));
    expect(needs).not.toContain(encodeURIComponent(manual));
    expect(plainText({ body: needs })).toContain("queued for 1 h");
  });
});

describe("under way", () => {
  test("says since when a run is running, to which backfill it belongs, and counts queued ones apart", async () => {
    const world = await openHome();
    await world.addRun({ dag: HOURLY, state: "running", date: SLOT });
    await world.addRun({ dag: HOURLY, state: "queued", date: "2026-11-23T09:00:00.000Z" });
    await world.write((query) => {
      query.run(
        sql`INSERT INTO backfills (backfill_id, lake, dag_id, state, from_date, to_date, reprocess, is_refetch, max_active,
            created_at) VALUES (7, 'l', 'hourly', 'running', ${SLOT}, ${SLOT}, 'none', 0, 1, ${SLOT})`,
      );
      query.run(
        sql`UPDATE dag_runs SET finished_at = NULL, backfill_id = 7, running_since = '2026-11-23T08:50:00.000Z'
            WHERE state = 'running'`,
      );
    });
    const panel = cutPanel(await world.ask("/"), "under-way");
    expect(panel).toContain('data-since="2026-11-23T08:50:00.000Z"');
    expect(panel).not.toContain(`data-since="${SLOT}"`);
    expect(panel).toContain('href="/backfills/7"');
    expect(plainText({ body: panel })).toContain("1 running , 1 queued");
    expect(panel).toContain('href="/runs?state=queued"');
  });

  test("a run of another lake is neither open nor failed here", async () => {
    const world = await openHome();
    await world.addRun({ dag: HOURLY, state: "running", date: SLOT, lakeId: "file:///there" });
    await world.addRun({
      dag: HOURLY,
      state: "failed",
      date: "2026-11-23T07:00:00Z",
      lakeId: "file:///there",
    });
    const text = await world.read();
    expect(text).toContain("All is well");
    expect(text).toContain("0 running , 0 queued");
    expect(text).toContain("No open runs");
  });
});

test("a count that is cut says so", async () => {
  const world = await openHome();
  await world.write((query) =>
    query.run(
      sql`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1001)
          INSERT INTO import_errors (dag_id, file, faults, since)
          SELECT 'broken' || i, 'broken.yaml', '[]', ${SLOT} FROM n`,
    ),
  );
  const text = await world.read();
  expect(text).toContain("More than 1 000 things need you");
  expect(text).toContain("And 900 others.");
});

describe("sums of ids", () => {
  const titles = makeDag([makeTask("titles")], { dagId: "daily" });

  test.each<readonly [string, string, string, string]>([
    ["are not final while the run is open", "running", "", "not final: its run is open"],
    ["say what has no outcome once the run has ended", "failed", "", "ids have no outcome"],
    ["hold if a limit lets ids remain", "failed", ", limit_ids = 3", "adds up"],
  ])("%s", async (_, state, change, verdict) => {
    const world = await openReadWorld();
    await world.saveDag(titles);
    const runId = await world.addRun({ dag: titles, date: SLOT, tasks: { titles: "success" } });
    await world.write((query) => {
      fillLake(query, world.lake.id);
      query.run(sql`UPDATE dag_runs SET state = ${state}`);
      query.run({ text: `UPDATE asks SET task_id = task_id${change}`, values: [] });
    });
    const run = `/dags/daily/runs/${encodeURIComponent(runId)}`;
    for (const [path, panel] of [
      ["/", "ids"],
      ["/ids", "ids"],
      [run, "sum"],
    ] as const) {
      expect(plainText({ body: cutPanel(await world.ask(path), panel) }), path).toContain(verdict);
    }
  });
});

test("what was stored is a part if only the newest objects were added up", async () => {
  const world = await openHome();
  await world.write((query) =>
    query.run(
      sql`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5001)
          INSERT INTO objects (lake, key, kind, size_bytes, is_committed, is_adopted, dag_run_id, created_at,
            created_at_local, committed_at)
          SELECT ${world.lake.id}, 'Raw/' || i, 'file', 1, 1, 0, NULL, '2026-11-23T08:00:00.000Z', 'x',
            '2026-11-23T08:00:00.000Z' FROM n`,
    ),
  );
  expect(await world.read()).toContain("there may be others");
});
