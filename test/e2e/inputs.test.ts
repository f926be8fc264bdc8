/** The right data, run and lake, through the command line: what a task reads on which day, again, and in another lake. */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ageFile, openCliWorld, type CliResult, type CliWorld } from "../support/cli.ts";

const STORE = (dataset: string): string =>
  `type: file-to-lake
    with: { dataset: ${dataset}, file: titles.csv, key: "Raw/CSV/${dataset}/\${partition}/titles.csv" }`;
const READ = (dataset: string): string =>
  `type: csv-to-ids
    with: { source: { dataset: ${dataset} }, id: id }`;

let world: CliWorld;
beforeEach(() => {
  world = openCliWorld();
  writeDag("one", "manual", `  file:\n    ${STORE("own")}\n  ids:\n    ${READ("own")}\n    needs: [file]\n`);
  writeDag("titles", "manual", `  file:\n    ${STORE("titles")}\n`);
  writeDag("ids", "after: titles", `  ids:\n    ${READ("titles")}\n`);
});
afterEach(() => {
  world.remove();
});

function writeDag(dagId: string, schedule: string, tasks: string): void {
  const when = schedule.startsWith("after") ? `schedule:\n  ${schedule}\n` : `schedule: ${schedule}\n`;
  writeFileSync(join(world.dagsFolder, `${dagId}.yaml`), `dag: ${dagId}\n${when}tasks:\n${tasks}`);
}

function writeCsv(lines: readonly string[]): void {
  const path = join(world.inputFolder, "titles.csv");
  writeFileSync(path, lines.map((line) => `${line}\n`).join(""));
  ageFile(path);
}

const rows = (count: number): readonly string[] => [
  "id|title",
  ...Array.from({ length: count }, (_, index) => `tt000000${index + 1}|Title ${index + 1}`),
];

/** How many ids the newest run of `ids` in that Dag found, by the run's date. */
function countIds(dagId: string): readonly string[] {
  return world
    .query<{ text: string }>(
      `SELECT substr(logical_date, 1, 10) || ' ' || (outputs ->> 'ids') AS text FROM v_tasks
        WHERE dag_id = ? AND task_id = 'ids' AND state = 'success' ORDER BY logical_date`,
      dagId,
    )
    .map(({ text }) => text);
}

test("a task reads what the same run has just stored, on each day", async () => {
  for (const day of [1, 2, 3]) {
    writeCsv(rows(day));
    await world.prepare(["run", "one", "--date", `2026-11-0${day}`]);
  }
  expect(countIds("one")).toEqual(["2026-11-01 1", "2026-11-02 2", "2026-11-03 3"]);
});

describe("a CSV that cannot be read, stored by another Dag", () => {
  const DATE = ["--date", "2026-11-01T12:00:00Z"];

  let failed: CliResult;

  beforeEach(async () => {
    writeCsv(rows(2).map((line) => line.replace("|", ";")));
    await world.prepare(["run", "titles", ...DATE]);
    failed = await world.run(["run", "ids", ...DATE]);
    writeCsv(rows(2));
    await world.prepare(["run", "titles", ...DATE, "--rerun"]);
  });

  test("fails the task with an error that names the object", () => {
    expect(failed.exitCode).toBe(1);
    expect(failed.stdout).toContain("Raw/CSV/titles/2026/11/01/titles.csv");
    expect(failed.stdout).toContain(`no column "id"`);
  });

  test.each([
    ["the same command again", ["run", "ids", ...DATE]],
    ["--rerun", ["run", "ids", ...DATE, "--rerun"]],
  ])("is read as it was mended by %s", async (_, command) => {
    await world.prepare(command);
    expect(countIds("ids")).toEqual(["2026-11-01 2"]);
  });

  test("is read as it was mended once the task is cleared, and `runs show` names the object", async () => {
    await world.prepare(["tasks", "clear", "ids", "--from", "2026-11-01", "--to", "2026-11-01"]);
    await world.prepare(["run", "ids", ...DATE]);
    const shown = await world.run(["runs", "show", "ids"]);
    expect(shown.stdout).toMatch(
      /ids read Raw\/CSV\/titles\/2026\/11\/01\/titles-[0-9a-f]{8}\.csv for titles \(followed_run\)/,
    );
    expect(shown.stdout).toMatch(/2 ids in 2 rows of Raw\/CSV\/titles\/2026\/11\/01\/titles-/);
  });
});

test("a run that has succeeded reads the newer object of its day when it is made again", async () => {
  const date = ["--date", "2026-11-01T12:00:00Z"];
  writeCsv(rows(1));
  await world.prepare(["run", "titles", ...date]);
  await world.prepare(["run", "ids", ...date]);
  writeCsv(rows(3));
  await world.prepare(["run", "titles", ...date, "--rerun"]);
  expect((await world.run(["run", "ids", ...date])).stdout).toContain("already done");
  expect(countIds("ids")).toEqual(["2026-11-01 1"]);
  await world.prepare(["run", "ids", ...date, "--rerun"]);
  expect(countIds("ids")).toEqual(["2026-11-01 3"]);
});

describe("another lake", () => {
  const other = (): Record<string, string> => ({ DAGMAR_LAKE: `file:${join(world.folder, "other")}` });

  test("has runs of its own: the same date is stored there too, and the first lake's run stands", async () => {
    writeCsv(rows(2));
    const command = ["run", "one", "--date", "2026-11-01"];
    await world.prepare(command);
    const second = await world.run(command, other());
    expect(second.exitCode).toBe(0);
    expect(second.stdout).not.toContain("already done");
    const objects = world.query<{ lake: string }>(
      "SELECT lake FROM v_objects WHERE kind = 'file' ORDER BY lake",
    );
    expect(objects.map(({ lake }) => lake.split("/").at(-1))).toEqual(["lake", "other"]);
    expect((await world.run(command)).stdout).toContain("already done");
    const runs = world.query<{ run_id: string; lake: string }>(
      "SELECT run_id, lake FROM v_runs ORDER BY created_at",
    );
    expect(new Set(runs.map(({ run_id: id }) => id)).size).toBe(2);
    expect(runs.map(({ lake }) => lake.split("/").at(-1))).toEqual(["lake", "other"]);
  });

  test("is filled by a backfill of the same dates", async () => {
    writeCsv(rows(2));
    writeDag(
      "one",
      '"0 6 * * *"',
      `  file:\n    ${STORE("own")}\n  ids:\n    ${READ("own")}\n    needs: [file]\n`,
    );
    const command = ["backfill", "one", "--from", "2026-11-01", "--to", "2026-11-02"];
    await world.prepare(command);
    await world.prepare(command, other());
    const runs = world.query<{ lake: string; runs: number }>(
      "SELECT lake, count(*) AS runs FROM v_runs WHERE state = 'success' GROUP BY lake ORDER BY lake",
    );
    expect(runs.map(({ runs: count }) => count)).toEqual([2, 2]);
  });
});

test("a task whose object was removed names the command that stores it again, and that command does", async () => {
  writeCsv(["other|title", "tt0000001|Title"]);
  await world.prepare(["run", "titles", "--date", "2026-11-01"]);
  expect(await world.run(["run", "ids", "--date", "2026-11-01"])).toMatchObject({ exitCode: 1 });
  rmSync(join(world.lakeFolder, "Raw/CSV/titles/2026/11/01/titles.csv"));
  const told = await world.run(["run", "ids", "--date", "2026-11-01"]);
  expect(told.exitCode).toBe(1);
  expect(told.stdout).toContain("The object Raw/CSV/titles/2026/11/01/titles.csv is not in");
  const [, remedy = ""] = /`dagmar (run titles [^`]+ --rerun)`/.exec(told.stdout) ?? [];
  writeCsv(rows(2));
  await world.prepare(remedy.split(" "));
  await world.prepare(["run", "ids", "--date", "2026-11-01"]);
  expect(await world.run(["runs", "show", "ids@2026-02-30"])).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('The date after @ "2026-02-30" is not a date.') as string,
  });
}, 120_000);
