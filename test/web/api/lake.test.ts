/** The lake and its ids over the API: what is there, whether sums hold, and the whole story of one id. */
import { describe, expect, test } from "vitest";
import { listIdEntries } from "../../../state/pages/id-page.ts";
import type { Query } from "../../../state/sqlite/query.ts";
import { sql } from "../../../state/sqlite/statement.ts";
import { makeDag, makeTask } from "../../support/test-dag.ts";
import { fillLake } from "../../support/web/lake-rows.ts";
import { openReadWorld, readJson, type ReadWorld } from "../../support/web/read-world.ts";

const AT = "2026-11-22T09:00:00.000Z";
const DAG = makeDag([makeTask("titles")], { dagId: "daily", timezone: "America/Sao_Paulo" });

interface LakeWorld extends ReadWorld {
  readonly runId: string;
  readonly get: (target: string) => Promise<Record<string, unknown>>;
}

/** Five candidates: stored, not found, failed, in the spool, and never asked. A manifest, a foreign and an adopted object. */
async function openLakeWorld(): Promise<LakeWorld> {
  const world = await openReadWorld();
  await world.saveDag(DAG);
  const runId = await world.addRun({ dag: DAG, date: AT, tasks: { titles: "success" } });
  await world.write((query) => fillLake(query, world.lake.id));
  return {
    ...world,
    runId,
    get: async (target) => {
      const reply = await world.ask(target);
      expect(reply.status, String(reply.body)).toBe(200);
      return readJson(reply) as Record<string, unknown>;
    },
  };
}

describe("one id", () => {
  test.each([
    [
      "id1",
      {
        dataset: "titles",
        source: { host: "x" },
        facets: { language: "pt" },
        outcome: "stored",
        dag_id: "daily",
        task_id: "titles",
        key: "Raw/a-1.json",
        sha256: "sha of Raw/a-1.json",
        is_committed: true,
        decided_at: AT,
        facts: { n: 7 },
      },
    ],
    ["id2", { outcome: "not_found", key: null, is_permanent: false, decided_at: AT }],
    ["id3", { outcome: "failed", reason: "server_error", detail: "502" }],
    ["id4", { outcome: "spooled", key: null, fetched_at: AT }],
    ["id5", { outcome: "not_asked", decided_at: null, dag_id: "daily" }],
  ])("%s has its story", async (id, story) => {
    const { get } = await openLakeWorld();
    expect(await get(`/api/dagmar/ids/${id}`)).toMatchObject({ asked_id: id, answers: [story] });
  });

  test("that no task asked for has none, whatever it is called", async () => {
    const { get } = await openLakeWorld();
    for (const id of ["nada", "'; DROP TABLE objects; --", "<b>"]) {
      expect(await get(`/api/dagmar/ids/${encodeURIComponent(id)}`)).toEqual({ asked_id: id, answers: [] });
    }
  });

  test("is found by indexes among a million", async () => {
    const { database, lake } = await openLakeWorld();
    const plan: string[] = [];
    const spy: Query = {
      ...database,
      all: (statement) => {
        const steps = database.all<{ detail: string }>(sql`EXPLAIN QUERY PLAN ${statement}`);
        plan.push(...steps.map(({ detail }) => detail));
        return database.all(statement);
      },
    };
    listIdEntries(spy, lake.id, "id1");
    expect(plan.join("\n")).toMatch(/SEARCH p USING PRIMARY KEY \(question_id=\? AND asked_id=\?\)/);
    expect(plan.join("\n")).toMatch(/SEARCH s USING INDEX \S+ \(question_id=\? AND asked_id=\?\)/);
    expect(plan.filter((step) => /^SCAN (?!q\b|json_each)/.test(step))).toEqual([]);
  });
});

interface MissingAnswer extends Record<string, unknown> {
  readonly ids: readonly { readonly asked_id: string }[];
  readonly next_cursor: string | null;
}

test("ids without an answer are counted by reason, and listed", async () => {
  const { get } = await openLakeWorld();
  expect(await get("/api/dagmar/missing?counts=true")).toMatchObject({
    total_entries: 4,
    counts: [
      { outcome: "failed", reason: "server_error", ids: 1 },
      { outcome: "not_asked", ids: 1 },
      { outcome: "not_found", ids: 1 },
      { outcome: "spooled", ids: 1 },
    ],
  });
  expect(await get("/api/dagmar/missing?outcome=failed&limit=1")).toMatchObject({
    ids: [{ asked_id: "id3" }],
  });
  // Without the question for them nothing is counted, and a page leads to the next.
  const seen: string[] = [];
  let search = "";
  do {
    const page = (await get(`/api/dagmar/missing?limit=1${search}`)) as MissingAnswer;
    expect(page).toMatchObject({ counts: null, total_entries: null });
    seen.push(...page.ids.map((row) => row.asked_id));
    search = page.next_cursor === null ? "" : `&cursor=${page.next_cursor}`;
  } while (search !== "");
  expect(seen.toSorted((one, other) => one.localeCompare(other))).toEqual(["id2", "id3", "id4", "id5"]);
});

test("the sums of a run are there, and whether they hold", async () => {
  const { get, runId, write } = await openLakeWorld();
  const target = `/api/dagmar/runs/daily/${encodeURIComponent(runId)}/reconciliation`;
  const sum = { asked: 5, stored: 1, already_stored: 0, not_found: 1, failed: 1, remaining: 2, spooled: 1 };
  await write((query) => void query.run(sql`UPDATE dag_runs SET state = 'running'`));
  expect(await get(target)).toEqual({
    tasks: [{ task_id: "titles", ...sum, holds: true, fault: null }],
    holds: true,
  });
  await write((query) => void query.run(sql`UPDATE dag_runs SET state = 'failed'`));
  expect(await get(target)).toMatchObject({
    holds: false,
    tasks: [{ fault: expect.stringContaining("2 ids have no outcome") as string }],
  });
  await write((query) => void query.run(sql`UPDATE asks SET limit_ids = 3`));
  expect(await get(target)).toMatchObject({ holds: true });
  const broken = {
    asked: 5,
    stored: 1,
    alreadyStored: 0,
    notFound: 1,
    failed: 1,
    remaining: 1,
    freshFailed: 1,
  };
  await write((query) => {
    query.run(sql`UPDATE asks SET closed_at = ${AT}, reconciliation = ${JSON.stringify(broken)}`);
  });
  expect(await get(target)).toMatchObject({
    holds: false,
    tasks: [{ fault: expect.stringContaining("does not hold") as string }],
  });
});

describe("objects", () => {
  test.each([
    ["", ["Raw/.manifest-1.lake", "Raw/a-1.json", "Raw/a-2.json", "Raw/b/notes.json", "Raw/b/planned.json"]],
    ["?kind=foreign", ["Raw/b/notes.json"]],
    ["?adopted=true", ["Raw/a-2.json"]],
    ["?state=planned", ["Raw/b/planned.json"]],
    ["?dataset=titles&kind=records&state=committed", ["Raw/a-1.json", "Raw/a-2.json"]],
    ["?prefix=Raw/b/", ["Raw/b/notes.json", "Raw/b/planned.json"]],
    ["?prefix=Raw/b/&after=Raw/b/notes.json", ["Raw/b/planned.json"]],
    ["?prefix=Raw/b/&after=Raw/a-1.json", ["Raw/b/notes.json", "Raw/b/planned.json"]],
    ["?dag_id=daily&dag_run_id=RUN", ["Raw/.manifest-1.lake", "Raw/a-1.json", "Raw/b/planned.json"]],
  ])("are listed by %s", async (search, keys) => {
    const { get, runId } = await openLakeWorld();
    const { objects } = await get(`/api/dagmar/objects${search.replace("RUN", encodeURIComponent(runId))}`);
    expect((objects as { key: string }[]).map(({ key }) => key)).toEqual(keys);
  });

  test("come page by page, each once", async () => {
    const { get } = await openLakeWorld();
    const keys: unknown[] = [];
    let next: string | null = "";
    while (next !== null) {
      const page = await get(`/api/dagmar/objects?limit=2&after=${encodeURIComponent(next)}`);
      keys.push(...(page["objects"] as { key: string }[]).map(({ key }) => key));
      next = page["next"] as string | null;
    }
    expect(keys).toEqual([
      "Raw/.manifest-1.lake",
      "Raw/a-1.json",
      "Raw/a-2.json",
      "Raw/b/notes.json",
      "Raw/b/planned.json",
    ]);
  });

  test("are summed up by dataset and partition, without manifests, plans and foreign ones", async () => {
    const { get } = await openLakeWorld();
    const sizes = { objects: 2, size_bytes: 200, records: 4 };
    expect(await get("/api/dagmar/datasets")).toEqual({
      datasets: [{ dataset: "titles", ...sizes, newest_commit: AT }],
    });
    expect(await get("/api/dagmar/datasets/titles/partitions")).toEqual({
      partitions: [{ partition: "2026/11/22", ...sizes }],
    });
    expect(await get("/api/dagmar/manifests")).toMatchObject({
      manifests: [{ key: "Raw/.manifest-1.lake", objects: 0, records: 0 }],
      next: null,
    });
  });
});
