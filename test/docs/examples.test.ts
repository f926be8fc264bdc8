/** The Dags in examples/ run from that folder as they stand, and their README names each of them. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ageFile, openCliWorld, type CliWorld } from "../support/cli.ts";

const EXAMPLES = fileURLToPath(new URL("../../examples", import.meta.url));
const NAMES = readdirSync(EXAMPLES)
  .filter((name) => name.endsWith(".yaml"))
  .map((name) => name.replace(/\.yaml$/, ""));

let world: CliWorld;
beforeAll(() => {
  world = openCliWorld({ DAGMAR_DAGS: EXAMPLES });
  const files = {
    "handover/2026-11-22/orders.csv": "order_id;amount\n1;2\n",
    "drops/a.csv": "a\n",
    "cities/2026/recife.csv": "r\n",
    "cities/2026/santos.csv": "s\n",
    "stock/stock.csv": "s\n",
    "months/2026-01-01.csv": "1\n",
    "months/2026-02-01.csv": "2\n",
    "months/2026-03-01.csv": "3\n",
  };
  for (const [name, text] of Object.entries(files)) {
    const path = join(world.inputFolder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    ageFile(path);
  }
});
afterAll(() => world.remove());

/** 2026-11-22 is a Sunday. */
const run = async (dagId: string, day = "2026-11-22", ...more: readonly string[]): Promise<void> => {
  const { exitCode, stdout, stderr } = await world.run(["run", dagId, "--date", day, ...more]);
  expect(exitCode, stdout + stderr).toBe(0);
};

const states = (dagId: string, day = "2026-11-22"): readonly string[] =>
  world
    .query<{ task_id: string; state: string }>(
      "SELECT task_id, state FROM v_tasks WHERE dag_id = ? AND substr(logical_date_local, 1, 10) = ? ORDER BY task_id",
      dagId,
      day,
    )
    .map((task) => `${task.task_id} ${task.state}`);

const keys = (prefix: string): readonly string[] =>
  world
    .query<{ key: string }>("SELECT key FROM v_objects WHERE key LIKE ? ORDER BY key", `${prefix}%`)
    .map(({ key }) => key);

test("they are without a fault, and the README's table names each", async () => {
  expect(NAMES).toHaveLength(8);
  const { exitCode, stdout, stderr } = await world.run(["dags", "validate"]);
  expect(exitCode, stdout + stderr).toBe(0);
  const table = readFileSync(join(EXAMPLES, "README.md"), "utf8");
  for (const name of NAMES) expect(table).toContain(`[${name}.yaml](${name}.yaml)`);
});

test("handover waits for the day's file and stores it", async () => {
  await run("handover");
  expect(keys("Raw/Handover/")).toEqual(["Raw/Handover/CSV/Orders/2026/11/22/orders.csv"]);
});

test("only_new_files stores the newest file once, and nothing from an empty folder", async () => {
  const folder = `folder=${join(world.inputFolder, "drops")}`;
  await run("only_new_files", "2026-11-22T00:00", "--param", folder);
  await run("only_new_files", "2026-11-22T00:15", "--param", folder);
  expect(keys("Raw/Drops/")).toEqual(["Raw/Drops/2026/11/22/a.csv"]);
  const empty = join(world.folder, "empty");
  mkdirSync(empty);
  await run("only_new_files", "2026-11-23T00:00", "--param", `folder=${empty}`);
  expect(states("only_new_files", "2026-11-23")).toEqual(["newest success", "store skipped"]);
});

test("cities stores a file for each city", async () => {
  await run("cities");
  expect(keys("Raw/Cities/")).toEqual([
    "Raw/Cities/CSV/Recife/2026/11/22/recife-2026.csv",
    "Raw/Cities/CSV/Santos/2026/11/22/santos-2026.csv",
  ]);
});

test("script_output hands the script's last line on", async () => {
  await run("script_output");
  const [row] = world.query<{ outputs: string }>(
    "SELECT outputs FROM v_tasks WHERE dag_id = 'script_output' AND task_id = 'tell'",
  );
  expect(JSON.parse(row?.outputs ?? "{}")).toMatchObject({ last_line: "3 words on 2026-11-22" });
});

test("weekly_full copies all on Sunday, and stores what has changed on other days", async () => {
  await run("weekly_full", "2026-11-22");
  await run("weekly_full", "2026-11-23");
  await run("weekly_full", "2026-11-24");
  expect(states("weekly_full")).toEqual(["full success", "part skipped", "weekday success"]);
  expect(keys("Raw/Stock/")).toEqual([
    "Raw/Stock/CSV/Full/2026/11/22/stock.csv",
    "Raw/Stock/CSV/Part/2026/11/23/stock.csv",
  ]);
});

test("branch takes one way and meets", async () => {
  await run("branch");
  expect(states("branch")).toEqual(["few skipped", "many success", "measure success", "meet success"]);
});

test("notice_at_end writes its notice after a success", async () => {
  const notices = join(world.folder, "notices.txt");
  await run("notice_at_end", "2026-11-22", "--param", `notices=${notices}`);
  expect(existsSync(notices) && readFileSync(notices, "utf8")).toBe("notice_at_end 2026-11-22: 42 rows\n");
});

test("monthly backfills a month at a time", async () => {
  await world.prepare(["backfill", "monthly", "--from", "2026-01-01", "--to", "2026-03-31"]);
  expect(keys("Raw/Reports/")).toEqual(
    ["01", "02", "03"].map((month) => `Raw/Reports/CSV/Monthly/2026/${month}/01/report.csv`),
  );
});
