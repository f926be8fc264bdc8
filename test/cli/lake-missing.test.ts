/** `dagmar lake missing` with more ids than fit into memory: it reads them while it writes them. */
import { join } from "node:path";
import { writeFileSync } from "node:fs";
import BetterSqlite3 from "better-sqlite3";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { openCliWorld, waitUntil, type CliWorld } from "../support/cli.ts";

const IDS = 40_000;
/** Of V8's heap: the program itself takes about half of it. */
const LITTLE = { NODE_OPTIONS: "--max-old-space-size=26" };

vi.setConfig({ testTimeout: 120_000 });

let world: CliWorld;

beforeAll(async () => {
  world = openCliWorld();
  writeFileSync(
    join(world.dagsFolder, "words.yaml"),
    "dag: words\nschedule: manual\ntasks:\n  a: { type: shell, with: { script: echo hello } }\n",
  );
  await world.prepare(["run", "words"]);
  const database = new BetterSqlite3(world.databaseFile);
  database.exec(`
    INSERT INTO questions (question_id, lake, hash, dataset, source, facets)
      SELECT 1, lake, 'h', 'titles', 'http://a', '{}' FROM dag_runs;
    INSERT INTO candidate_sets (candidate_set_id, lake, sha256, conditions_hash, conditions, dataset, id_count, rows,
        matched_rows, faulty_rows, created_at)
      SELECT 1, lake, 's', 'c', '{}', 'titles', ${IDS}, ${IDS}, ${IDS}, '{}', 'x' FROM dag_runs;
    INSERT INTO asks (question_id, dag_run_id, task_id, refetch_generation, candidate_set_id, key_template, source, created_at)
      SELECT 1, dag_run_id, 'a', '0', 1, 'k', '{}', 'x' FROM dag_runs;
    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${IDS})
      INSERT INTO candidate_ids (candidate_set_id, position, asked_id)
        SELECT 1, n - 1, printf('tt%07d', n) FROM numbers;
  `);
  database.close();
});
afterAll(() => world.remove());

test("all of them as JSON are one document", async () => {
  const { exitCode, stdout, stderr } = await world.run(["lake", "missing", "--limit", "0", "--json"], LITTLE);
  expect(exitCode, stderr.slice(0, 500)).toBe(0);
  const { total, counts, ids, shown } = JSON.parse(stdout) as Record<string, never[]>;
  expect({ total, counts, shown, count: ids?.length }).toEqual({
    total: IDS,
    counts: [{ dataset: "titles", outcome: "not_asked", reason: "", ids: IDS }],
    shown: IDS,
    count: IDS,
  });
  expect(ids?.[0]).toMatchObject({ asked_id: "tt0000001", outcome: "not_asked" });
  expect(ids?.at(-1)).toMatchObject({ asked_id: `tt00${IDS}` });
});

test("none and one as JSON are formatted like every other document", async () => {
  for (const more of [
    ["--outcome", "failed"],
    ["--limit", "1"],
  ]) {
    const { stdout } = await world.run(["lake", "missing", "--json", ...more]);
    expect(stdout).toBe(`${JSON.stringify(JSON.parse(stdout), null, 2)}\n`);
  }
});

test("all of them as a table are blocks with titles, and a reader that has enough ends it", async () => {
  const { exitCode, stdout, stderr } = await world.run(["lake", "missing", "--limit", "0"], LITTLE);
  expect(exitCode, stderr.slice(0, 500)).toBe(0);
  const lines = stdout.split("\n");
  expect(lines.filter((line) => line.startsWith("tt")).length).toBe(IDS);
  expect(lines.filter((line) => line.startsWith("id ")).length).toBe(IDS / 1000);
  expect(stdout).not.toContain("--limit 0 shows all");

  const running = world.start(["lake", "missing", "--limit", "0"]);
  await waitUntil(running, () => running.output().includes("tt0000001"));
  running.child.stdout?.destroy();
  expect(await running.ended).toMatchObject({ exitCode: 0, stderr: "" });
});
