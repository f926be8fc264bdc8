/** Lists on pages: they say how much they do not show, and lead to what they name. */
import { describe, expect, test } from "vitest";
import { sql } from "../../../state/sqlite/statement.ts";
import { makeDag, makeTask } from "../../support/test-dag.ts";
import { fillLake } from "../../support/web/lake-rows.ts";
import { cutPanel, plainText } from "../../support/web/page-text.ts";
import { openReadWorld, type ReadWorld } from "../../support/web/read-world.ts";

const DAG = makeDag([makeTask("titles")], { dagId: "daily", timezone: "America/Sao_Paulo" });
const AT = "2026-11-22T09:00:00.000Z";

async function openLists(): Promise<ReadWorld & { readonly runId: string }> {
  const world = await openReadWorld();
  await world.saveDag(DAG);
  const runId = await world.addRun({ dag: DAG, date: AT, tasks: { titles: "success" } });
  return { ...world, runId };
}

function addEvents(world: ReadWorld, runId: string, count: number): Promise<void> {
  return world.write((query) =>
    query.run(
      sql`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})
          INSERT INTO events (at, at_local, level, kind, dag_id, run_id, message)
          SELECT ${AT}, ${AT}, 'info', 'note', 'daily', ${runId}, 'm' FROM n`,
    ),
  );
}

describe("a total", () => {
  test("that is cut says so, and the pager still leads on", async () => {
    const world = await openLists();
    await addEvents(world, world.runId, 1_200);
    const first = cutPanel(await world.ask("/events"), "events");
    expect(plainText({ body: first })).toContain("more than 1 050");
    expect(first).toContain('rel="next" href="/events?offset=50"');
    expect(plainText({ body: cutPanel(await world.ask("/events?offset=150"), "events") })).toContain("1 200");
  });

  test("of a run's events counts those that are not listed", async () => {
    const world = await openLists();
    await addEvents(world, world.runId, 70);
    const run = await world.ask(`/dags/daily/runs/${encodeURIComponent(world.runId)}`);
    expect(plainText({ body: cutPanel(run, "events") })).toContain("Events 70");
  });

  test("of a Dag's versions is right, and an old one is compared with the one before it", async () => {
    const world = await openLists();
    await world.write((query) =>
      query.run(
        sql`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1100)
            INSERT INTO dag_versions (fingerprint, dag_id, definition, created_at)
            SELECT 'f' || i, 'daily', '{"n":' || i || '}', '2026-12-01T00:00:00.' || printf('%04d', i) || 'Z' FROM n`,
      ),
    );
    const body = await world.ask("/dags/daily/file?version=f3");
    const versions = plainText({ body: cutPanel(body, "versions") });
    expect(versions).toContain("Versions 1 101");
    expect(versions).toContain("The newest 1 000 are listed.");
    const change = plainText({ body: cutPanel(body, "change") });
    expect(change).toContain("Version 4 compared with version 3");
    expect(change).toContain("- &quot;n&quot;: 2");
  });
});

describe("the calendar", () => {
  test("leads from a day to the runs of that day", async () => {
    const world = await openLists();
    await world.addRun({ dag: DAG, date: "2026-11-23T02:30:00.000Z", state: "failed" });
    await world.addRun({ dag: DAG, date: "2026-11-23T03:00:00.000Z" });
    const calendar = cutPanel(await world.ask("/dags/daily/calendar"), "calendar");
    expect(calendar).toContain('href="/dags/daily/runs?day=2026-11-22"');
    expect(calendar).toContain('href="/dags/daily/runs?day=2026-11-23"');
    expect(calendar).not.toContain("day=2026-11-21");
    const runs = cutPanel(await world.ask("/dags/daily/runs?day=2026-11-22"), "runs");
    expect(plainText({ body: runs })).toContain("Runs 2");
    expect(runs).toContain('type="date" name="day" value="2026-11-22"');
    expect(runs).not.toContain("dagmar runs list");
    expect((await world.ask("/dags/daily/runs?day=nonsense")).status).toBe(200);
  });

  test("lists the skipped slots of its year only, and explains every kind of day", async () => {
    const world = await openLists();
    await world.write((query) => {
      for (const [first, last] of [
        ["2024-05-01T09:00:00.000Z", "2024-05-02T09:00:00.000Z"],
        ["2026-05-01T09:00:00.000Z", "2026-05-02T09:00:00.000Z"],
      ]) {
        query.run(
          sql`INSERT INTO events (at, at_local, level, kind, dag_id, message, data) VALUES (${AT}, ${AT}, 'warn',
              'slots_skipped', 'daily', 'm', ${JSON.stringify({ first, last, count: 2, reason: `since ${first}` })})`,
        );
      }
    });
    const text = plainText(await world.ask("/dags/daily/calendar?year=2025"));
    expect(text).not.toContain("Slots that became no run");
    const skipped = plainText({
      body: cutPanel(await world.ask("/dags/daily/calendar?year=2024"), "skipped"),
    });
    expect(skipped).toContain("since 2024");
    expect(skipped).not.toContain("since 2026");
    expect(plainText({ body: cutPanel(await world.ask("/dags/daily/calendar"), "calendar") })).toContain(
      " open ",
    );
  });
});

describe("an id", () => {
  test("that is asked for leads to its story", async () => {
    const world = await openLists();
    await world.write((query) => fillLake(query, world.lake.id));
    expect((await world.ask("/ids?id=id%2F1")).headers["Location"]).toBe("/ids/id%2F1");
    const form = String((await world.ask("/ids")).body);
    expect(form).toMatch(/<form class="filters" action="\/ids"><label>[^<]*<input [^>]*name="id"/);
    expect(plainText(await world.ask("/ids/id1"))).toContain("Raw/a-1.json");
    const unknown = await world.ask("/ids/nothing");
    expect(unknown.status).toBe(404);
    expect(plainText(unknown)).toContain("No run has asked for nothing.");
  });
});

test("a word leads to the run that commands would take", async () => {
  const world = await openLists();
  const run = `/dags/daily/runs/${encodeURIComponent(world.runId)}`;
  for (const name of [world.runId, `daily/${world.runId}`, "daily@2026-11-22"]) {
    expect((await world.ask(`/find?q=${encodeURIComponent(name)}`)).headers["Location"], name).toBe(run);
  }
  expect((await world.ask("/find?q=daily@2026-13-99")).status).toBe(200);
});

test("the graph of a run that is not recent is among its choices", async () => {
  const world = await openLists();
  for (let day = 1; day <= 31; day += 1) {
    await world.addRun({ dag: DAG, date: `2026-12-${String(day).padStart(2, "0")}T09:00:00.000Z` });
  }
  const graph = String((await world.ask(`/dags/daily/graph?run=${encodeURIComponent(world.runId)}`)).body);
  expect(graph.match(/<option value="[^"]*"/g)).toHaveLength(31);
  expect(graph).toContain(`<option value="${world.runId.replaceAll("+", "+")}" selected>`);
});

describe("a command", () => {
  test.each<readonly [string, string, string | null]>([
    ["/lake", "objects", "dagmar lake ls"],
    ["/lake?key=Raw/", "objects", "dagmar lake ls Raw/"],
    ["/lake?kind=file", "objects", null],
    ["/lake?state=missing", "objects", null],
    ["/lake/datasets/titles", "objects", "dagmar lake ls --dataset titles"],
    ["/lake/datasets/titles?key=Raw/a", "objects", "dagmar lake ls Raw/a --dataset titles"],
    ["/ids", "missing", "dagmar lake missing"],
    [
      "/ids?dataset=titles&outcome=failed",
      "missing",
      "dagmar lake missing --dataset titles --outcome failed",
    ],
    ["/runs", "runs", "dagmar runs list"],
    ["/dags/daily/runs?state=failed", "runs", "dagmar runs list daily --state failed"],
    ["/runs?type=manual", "runs", null],
    ["/dags", "dags", "dagmar dags list"],
    ["/dags?q=dai", "dags", null],
  ])("of %s shows the same, or there is none: %s", async (path, panel, command) => {
    const world = await openLists();
    await world.write((query) => fillLake(query, world.lake.id));
    const shown = /data-copy="([^"]*)"/.exec(cutPanel(await world.ask(path), panel))?.[1] ?? null;
    expect(shown).toBe(command);
  });
});
