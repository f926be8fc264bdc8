/** What is left of a report's making that was stopped: each page whole, no process, no file; and what the next attempt does. */
import { createHash } from "node:crypto";
import { cpSync, mkdirSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { armFailpoints, type FailpointName } from "../../model/failpoint.ts";
import { sql } from "../../state/sqlite/statement.ts";
import { REPORT_TO_LAKE } from "../../tasks/report-to-lake/declare.ts";
import { listEngines, stopAt } from "./engine-stops.ts";
import { openTableWorld, type TableWorld } from "./table-world.ts";

const PT = "Report/films-pt.html";
const EN = "Report/films-en.html";
const DATE = "2026-11-23T09:00:00Z";
const words = (text: string): { pt: string; en: string } => ({ pt: `${text} (pt)`, en: text });
const WRITTEN = {
  dataset: "report_films",
  key: "Report/films-${language}.html",
  inputs: { raw: { dataset: "movies", format: "csv" } },
  title: words("First edition"),
  intro: words("{films} films."),
  sql: "-- part: facts\nSELECT count(*) AS films FROM raw\n",
  facts: "facts",
  blocks: [
    {
      part: "facts",
      kind: "number",
      title: words("Films"),
      rule: words("All of them."),
      coverage: { known: "films", of: "films", what: words("films are counted") },
      columns: { films: { pt: "Filmes", en: "Films", as: "count" } },
    },
  ],
};
const NEXT = { ...WRITTEN, title: words("Second edition") };
/** It would take minutes, and needs hardly any memory. */
const SLOW = {
  ...NEXT,
  sql: "-- part: facts\nSELECT max(a.i * b.i) AS films FROM range(300000) a(i), range(300000) b(i)\n",
};

async function openWithCsv(given: Parameters<typeof openTableWorld>[0] = {}): Promise<TableWorld> {
  const tables = await openTableWorld(given);
  await tables.store("movies", "Raw/Movies/movies.csv", "id|title\ntt1|a\ntt2|b\n");
  return tables;
}

async function readEditions(tables: TableWorld): Promise<readonly string[]> {
  const pages = [await tables.readPage(PT), await tables.readPage(EN)];
  // A page that is not whole has no end.
  return pages.map((page) =>
    page.trimEnd().endsWith("</html>") ? (/<h1>(\w+)/.exec(page)?.[1] ?? "") : page,
  );
}

/** Each point of a page is passed twice: for the Portuguese page, and for the English one. */
const POINTS: readonly (readonly [point: string, time: number, standing: readonly string[]])[] = [
  ...["report.fetch.before", "report.engine.before", "table.engine.writing", "report.engine.after"].map(
    (point) => [point, 1, ["First", "First"]] as const,
  ),
  ...["report.page.before", "table.plan.after", "table.put.before"].flatMap((point) => [
    [point, 1, ["First", "First"]] as const,
    [point, 2, ["Second", "First"]] as const,
  ]),
  ...["table.put.after", "table.commit.before", "table.commit.after", "report.page.after"].flatMap(
    (point) => [[point, 1, ["Second", "First"]] as const, [point, 2, ["Second", "Second"]] as const],
  ),
  ["report.record.before", 1, ["Second", "Second"]],
];

test("every failpoint that the type declares is among those at which it is stopped", () => {
  const tried = new Set(POINTS.map(([point]) => point));
  expect((REPORT_TO_LAKE.failpoints ?? []).filter((point) => !tried.has(point))).toEqual([]);
});

test.each(POINTS)(
  "stopped at %s (time %i): each page whole, nothing left, and the next attempt ends the work",
  async (point, time, standing) => {
    const tables = await openWithCsv();
    const run = await tables.makeRun(DATE);
    await tables.makeReport(run, WRITTEN);
    stopAt(
      point as FailpointName,
      () => {
        throw new Error(`stopped at ${point}`);
      },
      time,
    );
    await expect(tables.makeReport(run, NEXT)).rejects.toThrow(`stopped at ${point}`);
    armFailpoints(undefined);
    expect(await readEditions(tables)).toEqual(standing);
    expect(listEngines(tables)).toEqual([]);
    expect(tables.listLeftFolders()).toEqual([]);

    const output = await tables.makeReport(run, NEXT);
    expect(output).toMatchObject({ keys: [PT, EN], unchanged: standing[1] === "Second" });
    expect(await readEditions(tables)).toEqual(["Second", "Second"]);
    const { database } = tables.world;
    expect(database.all(sql`SELECT key, state FROM v_tables ORDER BY key, state`)).toEqual(
      [EN, PT].flatMap((key) => [
        { key, state: "replaced" },
        { key, state: "standing" },
      ]),
    );
    for (const key of [PT, EN]) {
      const sha256 = createHash("sha256")
        .update(await tables.readPage(key))
        .digest("hex");
      expect(database.get(sql`SELECT sha256 FROM objects WHERE key = ${key}`)).toEqual({ sha256 });
    }
    expect(await tables.makeReport(run, NEXT)).toMatchObject({ unchanged: true });
  },
);

test("an attempt that is stopped between its pages puts no second one; the next attempt keeps the first", async () => {
  const tables = await openWithCsv();
  const run = await tables.makeRun(DATE);
  const stop = new AbortController();
  stopAt("report.page.after", () => stop.abort(new Error("the run was cancelled")));
  await expect(tables.makeReport(run, WRITTEN, { signal: stop.signal })).rejects.toThrow(
    "the run was cancelled",
  );
  armFailpoints(undefined);
  const first = await tables.world.lake.head(PT);
  expect(first).toBeDefined();
  expect(await tables.world.lake.head(EN)).toBeUndefined();
  expect(tables.listLeftFolders()).toEqual([]);
  expect(await tables.makeReport(run, WRITTEN)).toMatchObject({ unchanged: false });
  expect(await tables.world.lake.head(PT)).toEqual(first);
  expect(await readEditions(tables)).toEqual(["First", "First"]);
});

test("an attempt that is stopped while it computes ends its process and removes its folder", async () => {
  const tables = await openWithCsv();
  const stop = new AbortController();
  stopAt("table.engine.writing", () => stop.abort(new Error("the run was cancelled")));
  const making = tables.makeReport(await tables.makeRun(DATE), SLOW, { signal: stop.signal });
  await expect(making).rejects.toThrow("the run was cancelled");
  expect(listEngines(tables)).toEqual([]);
  expect(tables.listLeftFolders()).toEqual([]);
});

test("a process that the system ends is a plain error: both pages stay, and the attempt may be repeated", async () => {
  const tables = await openWithCsv();
  const run = await tables.makeRun(DATE);
  await tables.makeReport(run, WRITTEN);
  stopAt("table.engine.writing", () => {
    for (const pid of listEngines(tables)) process.kill(pid, "SIGKILL");
  });
  await expect(tables.makeReport(run, SLOW)).rejects.toMatchObject({
    code: "ENGINE_CRASHED",
    retryable: true,
  });
  expect(tables.listLeftFolders()).toEqual([]);
  expect(await readEditions(tables)).toEqual(["First", "First"]);
});

test("what a killed process left in the folder of temporary files is removed by the next attempt", async () => {
  const tables = await openWithCsv();
  const run = await tables.makeRun(DATE);
  let left: readonly string[] = [];
  const stop = new AbortController();
  stopAt("report.fetch.before", () => {
    left = tables.listLeftFolders();
    stop.abort(new Error("killed"));
  });
  await expect(tables.makeReport(run, WRITTEN, { signal: stop.signal })).rejects.toThrow("killed");
  armFailpoints(undefined);
  expect(left).toHaveLength(1);
  mkdirSync(`${tables.temporary}/${left[0] ?? ""}`);
  mkdirSync(`${tables.temporary}/dagmar-table-of-another-database`);
  await tables.makeReport(run, WRITTEN);
  expect(tables.listLeftFolders()).toEqual(["dagmar-table-of-another-database"]);
});

test("an object of another program that takes the second key meanwhile stays; the first page is not lost", async () => {
  const tables = await openWithCsv();
  const run = await tables.makeRun(DATE);
  const body = Buffer.from("by another program");
  const sha256 = createHash("sha256").update(body).digest("hex");
  const other = { key: EN, body, sha256, metadata: {}, contentType: "text/plain" };
  let put: Promise<unknown> = Promise.resolve();
  stopAt("report.engine.before", () => {
    put = tables.world.lake.putBytes(other);
  });
  await expect(tables.makeReport(run, WRITTEN)).rejects.toMatchObject({ code: "TABLE_KEY_TAKEN" });
  armFailpoints(undefined);
  await put;
  expect(await tables.readPage(EN)).toBe("by another program");
  await expect(tables.makeReport(run, WRITTEN)).rejects.toMatchObject({ code: "TABLE_KEY_TAKEN" });
  expect(await tables.readPage(EN)).toBe("by another program");
  expect(tables.world.database.all(sql`SELECT key, state FROM v_tables`)).toEqual([
    { key: PT, state: "standing" },
  ]);
});

test("without DuckDB the error names the command that installs it", async () => {
  const bare = await openWithCsv();
  const folder = `${bare.world.folder}/dist`;
  cpSync(new URL("../../dist/", import.meta.url), folder, { recursive: true });
  const engine = pathToFileURL(`${folder}/tasks/report-to-lake/engine.js`);
  const tables = await openTableWorld({ lake: bare.world.lake, engine });
  await expect(tables.makeReport(await tables.makeRun(DATE), WRITTEN)).rejects.toMatchObject({
    code: "ENGINE_MISSING",
    retryable: false,
    hint: expect.stringContaining("npm install @duckdb/node-api@") as string,
  });
  expect(await tables.world.lake.head(PT)).toBeUndefined();
  expect(tables.listLeftFolders()).toEqual([]);
});
