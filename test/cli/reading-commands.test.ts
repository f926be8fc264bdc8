/** The commands that read, as table and as JSON: with no database, with an empty one, and with a lake that has faults. */
import { appendFileSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import BetterSqlite3 from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { TmdbSimulator } from "../../quickstart/simulator/tmdb-simulator.ts";
import {
  isUnknown,
  openCliWorld,
  startSimulator,
  writeSamples,
  type CliResult,
  type CliWorld,
  type SampleIds,
} from "../support/cli.ts";
import { changeSilently } from "../support/change-silently.ts";

let simulator: TmdbSimulator;
let world: CliWorld;
let ids: SampleIds;

beforeAll(async () => {
  simulator = await startSimulator();
  world = openCliWorld({ TMDB_BASE_URL: simulator.url });
  ids = await writeSamples(world, { movies: 120, series: 20 });
  await world.prepare(["run", "csv_ingest", "--date", "2026-11-23"]);
  await world.prepare(["run", "tmdb_ingest", "--date", "2026-11-23"]);
});
afterAll(async () => {
  await simulator.close();
  world.remove();
});

async function readJson<T>(...args: readonly string[]): Promise<T> {
  const result = await world.run([...args, "--json"]);
  expect(result.exitCode, result.stderr).toBe(0);
  return JSON.parse(result.stdout) as T;
}

async function readTable(...args: readonly string[]): Promise<string> {
  const result = await world.run(args);
  expect(result.exitCode, result.stderr).toBe(0);
  expect(result.stderr).toBe("");
  return result.stdout;
}

const READERS = [
  ["runs", "list"],
  ["lake", "ls"],
  ["lake", "missing"],
  ["ids", "show", "tt1"],
  ["db", "backup", "copy.db"],
] as const;

describe("no database", () => {
  test.concurrent.each(READERS.map((args) => [args.join(" "), args] as const))(
    "%s says that there is none, makes none and exits 78",
    async (_name, args) => {
      const file = join(world.folder, "none.db");
      const { exitCode, stdout, stderr } = await world.run([...args, "--json"], { DAGMAR_DB: file });
      expect(exitCode, stderr).toBe(78);
      expect(stdout).toBe("");
      expect(stderr).toBe(
        `dagmar: There is no database at ${file} yet.\n  The first \`dagmar run\` creates it, or \`dagmar db migrate\`. If there is one already, change to its project's folder, or set DAGMAR_DB.\n`,
      );
      expect(existsSync(file)).toBe(false);
    },
  );
});

describe("an empty database", () => {
  const file = (): string => join(world.folder, "empty.db");
  beforeAll(async () => {
    await world.prepare(["db", "migrate"], { DAGMAR_DB: file() });
  });

  test.concurrent.each([
    [["runs", "list"], 0, "Nothing has run yet."],
    [["db", "migrate"], 0, "empty.db is at 0"],
    [["runs", "show", "csv_ingest"], 2, "There is no run csv_ingest."],
    [["lake", "ls"], 0, "Nothing is recorded in file://"],
    [["lake", "ls", "Raw/"], 0, "No recorded object of file://"],
    [["lake", "ls", "--dataset", "none"], 0, "No recorded object of file://"],
    [["lake", "ls", "--removed", "Raw/"], 0, "No removal from file://"],
    [["lake", "missing", "--outcome", "failled"], 2, 'Did you mean "failed"?'],
    [["runs", "list", "csv_ingest"], 0, "csv_ingest has not run yet."],
    [["runs", "list", "csv_ingets"], 2, 'did you mean "csv_ingest"?'],
    [["lake", "verify"], 0, "bytes that no run recorded"],
  ] as const)("%j has a sentence for it", async (args, exitCode, sentence) => {
    const result = await world.run(args, { DAGMAR_DB: file() });
    expect(result.stdout + result.stderr).toContain(sentence);
    expect(result.exitCode).toBe(exitCode);
  });
});

test.concurrent("a file that is not a Dagmar database is not changed", async () => {
  const text = join(world.folder, "text.db");
  writeFileSync(text, "this is no database at all, but it is long enough to look at\n".repeat(100));
  const foreign = join(world.folder, "foreign.db");
  const other = new BetterSqlite3(foreign);
  other.exec("CREATE TABLE notes (text)");
  other.close();
  for (const [file, sentence] of [
    [text, "file is not a database"],
    [foreign, "is a SQLite database, but not Dagmar's"],
  ] as const) {
    const { exitCode, stderr } = await world.run(["run", "csv_ingest"], { DAGMAR_DB: file });
    expect(exitCode).toBe(78);
    expect(stderr).toContain(sentence);
  }
});

test("dags list, show and validate tell schedule, graph and faults", async () => {
  const [list, dags, shown, definition, valid] = await Promise.all([
    readTable("dags", "list"),
    readJson<readonly Record<string, unknown>[]>("dags", "list"),
    readTable("dags", "show", "tmdb_ingest"),
    readJson<Record<string, unknown>>("dags", "show", "tmdb_ingest"),
    readTable("dags", "validate"),
  ]);
  expect(list).toMatch(/^csv_ingest +on +0 6 \* \* \* +America\/Sao_Paulo +2 /m);
  expect(list).toMatch(/^oscar_ingest +off /m);
  expect(list).toMatch(/^tmdb_ingest +on +after csv_ingest /m);
  expect(dags.map((dag) => [dag["dag_id"], dag["state"], dag["tasks"]])).toEqual([
    ["csv_ingest", "on", 2],
    ["oscar_ingest", "off", 1],
    ["tmdb_ingest", "on", 4],
  ]);
  expect(shown).toMatch(/ {2}movie_ids {2}\(csv-to-ids\)\n {2}└─ movies {2}\(tmdb-to-lake\)/);
  expect(definition).toMatchObject({
    dagId: "tmdb_ingest",
    enabled: true,
    params: { since: 2001, limit: null },
  });
  expect(valid).toBe("3 Dags are valid\n");
});

test("dags validate lists all faults of a file, as text and as JSON", async () => {
  const file = join(world.folder, "faulty.yaml");
  writeFileSync(
    file,
    [
      "dag: faulty",
      'schedule: "61 * * * *"',
      "timezone: Europe/Berln",
      "tasks:",
      "  a: { type: file-to-lake, needs: [b], with: { dataset: d, file: f.csv, key: 'a/${partion}/f.csv' } }",
      "",
    ].join("\n"),
  );
  const [text, json] = await Promise.all([
    world.run(["dags", "validate", file]),
    world.run(["dags", "validate", file, "--json"]),
  ]);
  expect([text.exitCode, json.exitCode]).toEqual([78, 78]);
  for (const place of ["faulty.yaml:2:", "faulty.yaml:3:", "faulty.yaml:5:"])
    expect(text.stderr).toContain(place);
  expect(text.stderr).toMatch(/61|minute/);
  expect(text.stderr).toMatch(/partion.*partition/);
  const { faults } = JSON.parse(json.stdout) as { readonly faults: readonly unknown[] };
  expect(text.stderr).toContain(`${faults.length} faults in Dag files`);
});

test("runs list and show tell what ran, with tasks, sums and events", async () => {
  const [list, rows, shown, run] = await Promise.all([
    readTable("runs", "list"),
    readJson<unknown>("runs", "list", "tmdb_ingest"),
    readTable("runs", "show", "tmdb_ingest/manual__2026-11-23T09:00:00.000Z"),
    readJson<Record<string, readonly unknown[]>>("runs", "show", "csv_ingest"),
  ]);
  expect(list).toMatch(
    /^csv_ingest +manual__2026-11-23T09:00:00\.000Z +2026-11-23 06:00:00 -03:00 +success /m,
  );
  expect(rows).toMatchObject({
    total: 1,
    shown: 1,
    runs: [{ dag_id: "tmdb_ingest", state: "success", tasks: 4, failed_tasks: 0 }],
  });
  expect(shown).toMatch(/partition 2026\/11\/23/);
  expect(shown).toMatch(/^movies +tmdb-to-lake +success +1 /m);
  expect(run["run"]).toMatchObject({ state: "success", logical_date: "2026-11-23T09:00:00.000Z" });
  expect(run["tasks"]).toHaveLength(2);
  expect(run["waiting"]).toEqual([]);
});

test("lake ls lists objects by prefix and dataset, and says when there is more", async () => {
  const [all, movies, first] = await Promise.all([
    readJson<{ objects: readonly { key: string; kind: string }[] }>("lake", "ls"),
    readJson<{ objects: readonly { key: string; records: number }[] }>(
      "lake",
      "ls",
      "Raw/TMDB/",
      "--dataset",
      "tmdb_movies",
    ),
    readTable("lake", "ls", "--limit", "2"),
  ]);
  expect(all.objects.map(({ kind }) => kind).toSorted()).toEqual([
    "file",
    "file",
    "manifest",
    "manifest",
    "records",
    "records",
    "records",
  ]);
  const stored = ids.movies.filter((id) => !isUnknown(id)).length;
  expect(movies.objects.reduce((sum, { records }) => sum + records, 0)).toBe(stored);
  expect(first).toContain("… 2 of 7; --limit 0 shows all");
});

test.each([
  [["lake", "ls"], "objects"],
  [["lake", "missing"], "ids"],
  [["runs", "list"], "runs"],
] as const)(
  "%j says in its JSON how many there are when it is cut, and --limit 0 shows all",
  async (command, name) => {
    type Cut = { readonly total: number; readonly shown: number } & Readonly<Record<string, unknown>>;
    const [cut, all] = await Promise.all([
      readJson<Cut>(...command, "--limit", "1"),
      readJson<Cut>(...command, "--limit", "0"),
    ]);
    expect(cut).toMatchObject({ total: all.total, shown: 1 });
    expect(cut[name]).toHaveLength(1);
    expect(all.shown).toBe(all.total);
    expect(all[name]).toHaveLength(all.total);
    expect(all.total).toBeGreaterThan(1);
  },
);

test("ids show tells the story of one id, and says that another one was never asked for", async () => {
  const stored = ids.movies.find((id) => !isUnknown(id)) ?? "";
  const unknown = ids.movies.find(isUnknown) ?? "";
  const [table, story, missing, never] = await Promise.all([
    readTable("ids", "show", stored),
    readJson<readonly { outcome: string; key: string; runId: string }[]>("ids", "show", stored),
    readTable("ids", "show", unknown),
    world.run(["ids", "show", "tt9999999"]),
  ]);
  expect(table).toMatch(/^tmdb_movies +stored /m);
  expect(story).toMatchObject([
    { outcome: "stored", key: expect.stringContaining("Raw/TMDB/JSON/Movies/") as string },
  ]);
  expect(missing).toMatch(/^tmdb_movies +not_found /m);
  expect(never.exitCode).toBe(2);
  expect(never.stderr).toContain("No run has asked for tt9999999.");
});

test("lake missing names each id that is not stored, and why", async () => {
  const unknown = [...ids.movies, ...ids.series].filter(isUnknown);
  const [table, missing, none] = await Promise.all([
    readTable("lake", "missing", "--limit", "1"),
    readJson<{ counts: readonly { ids: number }[]; ids: readonly { asked_id: string; outcome: string }[] }>(
      "lake",
      "missing",
    ),
    readTable("lake", "missing", "--outcome", "failed"),
  ]);
  expect(table).toMatch(/^tmdb_movies +not_found /m);
  expect(missing.ids.map((row) => row.asked_id).toSorted()).toEqual(unknown.toSorted());
  expect(missing.counts.reduce((sum, row) => sum + row.ids, 0)).toBe(unknown.length);
  expect(none).toContain("No missing id matches.");
});

test("db backup copies once and replaces nothing; the copy has no faults", async () => {
  const copy = join(world.folder, "copy.db");
  expect(await readTable("db", "backup", copy)).toContain(`copied to ${copy}`);
  const again = await world.run(["db", "backup", copy]);
  expect(again.exitCode).toBe(2);
  expect(again.stderr).toContain("exists already; a backup never replaces a file");
  const { stdout } = await world.run(["db", "check", "--json"], { DAGMAR_DB: copy });
  expect(JSON.parse(stdout)).toEqual({ database: copy, faults: [] });
  expect(readdirSync(world.folder).filter((name) => name.includes("partial"))).toEqual([]);
});

test("lake verify says that nothing of a lake is recorded, and of which lakes the database has objects", async () => {
  const other = join(world.folder, "other");
  const verify = () => world.run(["lake", "verify"], { DAGMAR_LAKE: `file:${other}` });
  const sentence = /^Nothing of this lake is recorded\. The database has objects of file:\S+lake\.$/m;
  const empty = await verify();
  expect(empty.exitCode).toBe(0);
  expect(empty.stdout).toMatch(sentence);
  mkdirSync(join(other, "Raw"), { recursive: true });
  writeFileSync(join(other, "Raw", "stranger.csv"), "id\n");
  const { stdout } = await verify();
  expect(stdout).toContain("Raw/stranger.csv");
  expect(stdout).toMatch(sentence);
  const below = await world.run(["lake", "verify", "Raw/Nothing/"]);
  expect(below.stdout).toMatch(/^No object below Raw\/Nothing\/ is recorded\.$/m);
});

test("lake verify lists what is missing, what differs and, only with --deep, which bytes changed", async () => {
  const folder = join(world.lakeFolder, "Raw", "TMDB", "JSON", "Movies", "2026", "11", "23");
  const sound: CliResult = await world.run(["lake", "verify", "--deep"]);
  expect(sound.exitCode).toBe(0);
  expect(sound.stdout).toContain("Every object is there and matches its record.");
  const file = (seq: number): string => join(folder, `movies-20261123T090000000Z-0000${seq}.json`);
  appendFileSync(file(1), " ");
  rmSync(file(2));
  const series = join(
    world.lakeFolder,
    "Raw/TMDB/JSON/Series/2026/11/23/series-20261123T090000000Z-00001.json",
  );
  const database = new BetterSqlite3(world.databaseFile, { readonly: true });
  const size = database
    .prepare("SELECT size_bytes FROM v_objects WHERE key LIKE '%series-2026%'")
    .pluck()
    .get();
  database.close();
  changeSilently(series, Buffer.alloc(Number(size), "x"));
  const [shallow, deep] = await Promise.all([
    world.run(["lake", "verify"]),
    world.run(["lake", "verify", "--deep", "--json"]),
  ]);
  expect([shallow.exitCode, deep.exitCode]).toEqual([1, 1]);
  expect(shallow.stdout).toMatch(/00001\.json +differs +\d+ bytes instead of \d+/);
  expect(shallow.stdout).toMatch(/00002\.json +missing +\d+ bytes are gone/);
  expect(shallow.stdout).not.toContain("Series");
  const { deviations } = JSON.parse(deep.stdout) as { deviations: readonly { verdict: string }[] };
  expect(deviations.map(({ verdict }) => verdict)).toEqual(["differs", "missing", "differs"]);
});

test("a noun alone shows its verbs; a wrong verb is answered with the right one", async () => {
  const [noun, wrong, help] = await Promise.all([
    world.run(["runs"]),
    world.run(["lake", "verfy"]),
    world.run(["run", "--help"]),
  ]);
  expect(noun.exitCode).toBe(2);
  expect(noun.stdout + noun.stderr).toContain("runs, newest first");
  expect(wrong.exitCode).toBe(2);
  expect(wrong.stderr).toMatch(/unknown command 'verfy'[\s\S]*verify/);
  expect(help.exitCode).toBe(0);
  expect(help.stdout).toMatch(/Examples:\n {2}dagmar run csv_ingest/);
});
