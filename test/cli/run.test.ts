/** `dagmar run`: what it refuses and how, what it resumes, which runs wait, and what a terminal shows. */
import { spawnSync } from "node:child_process";
import { existsSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { TmdbSimulator } from "../../quickstart/simulator/tmdb-simulator.ts";
import {
  isUnknown,
  openCliWorld,
  startChild,
  startSimulator,
  waitUntil,
  writeSamples,
  type CliResult,
  type CliWorld,
  type SampleIds,
} from "../support/cli.ts";

let simulator: TmdbSimulator;
let world: CliWorld;
let ids: SampleIds;

beforeAll(async () => {
  simulator = await startSimulator({ latencyMs: 20 });
  world = openCliWorld({ TMDB_BASE_URL: simulator.url });
  ids = await writeSamples(world, { movies: 60, series: 20 });
  for (const dagId of ["csv_ingest", "tmdb_ingest"]) {
    world.editDag(dagId, (text) => text.replace("retries: 3", "retries: 0"));
  }
  await world.prepare(["run", "csv_ingest", "--date", "2026-11-22"]);
});
afterAll(async () => {
  await simulator.close();
  world.remove();
});

function run(...args: readonly string[]): Promise<CliResult> {
  return world.run(["run", ...args]);
}

function readState(dagId: string, date: string): readonly string[] {
  return world
    .query<{ state: string }>(
      "SELECT state FROM v_runs WHERE dag_id = ? AND substr(logical_date_local, 1, 10) = ?",
      dagId,
      date,
    )
    .map((row) => row.state);
}

describe("before anything is touched", () => {
  let bare: CliWorld;
  beforeAll(() => {
    bare = openCliWorld();
  });
  afterAll(() => {
    bare.remove();
  });

  test.concurrent.each([
    ["an unknown Dag", ["csv_ingset"], 2, /There is no Dag csv_ingset[\s\S]*did you mean "csv_ingest"/],
    [
      "a Dag that is off",
      ["oscar_ingest"],
      2,
      /oscar_ingest is off: none of its tasks are run\.\n.*enabled: false/,
    ],
    ["no Dag at all", [], 2, /missing required argument 'id'/],
    ["an unknown option", ["csv_ingest", "--dat", "x"], 2, /unknown option '--dat'[\s\S]*--date/],
    [
      "a date that is none",
      ["csv_ingest", "--date", "2026-02-30"],
      2,
      /"2026-02-30" is not a date\.\n.*2026-11-23/,
    ],
    [
      "an undeclared param",
      ["tmdb_ingest", "--param", "x=1"],
      2,
      /has no such param\.\n.*genres, since, limit/,
    ],
    ["a param without a value", ["tmdb_ingest", "--param", "since"], 2, /no name and value\.\n.*name=value/],
    ["a param of another kind", ["tmdb_ingest", "--param", "since=soon"], 2, /since=soon: .*\n.*2001/],
    ["an unknown task", ["tmdb_ingest", "--task", "films"], 2, /has no task films\.\n.*movie_ids, movies/],
  ])("%s is refused with a hint", async (_name, args, exitCode, message) => {
    const result = await bare.run(["run", ...args]);
    expect(result.stderr).toMatch(message);
    expect(result.exitCode).toBe(exitCode);
    expect(result.stdout).toBe("");
    expect(existsSync(bare.databaseFile)).toBe(false);
  });

  test.each([
    ["run", "tmdb_ingest"],
    ["trigger", "tmdb_ingest"],
    ["backfill", "tmdb_ingest", "--from", "2026-11-01", "--to", "2026-11-02"],
  ])("without a token %s %s names the variable", async (...command) => {
    const result = await bare.run(command, { TMDB_API_TOKEN: undefined });
    expect(result.exitCode, result.stderr).toBe(78);
    expect(result.stderr).toMatch(/^dagmar: TMDB_API_TOKEN is not set/);
    expect(result.stderr).toContain(".env");
    expect(existsSync(bare.databaseFile)).toBe(false);
  });

  test("faults of the environment come all at once, with what would be right", async () => {
    const result = await bare.run(["run", "csv_ingest"], {
      DAGMAR_LAEK: "x",
      DAGMAR_TIMEZONE: "Mars/Olympus",
    });
    expect(result.exitCode).toBe(78);
    expect(result.stderr).toMatch(/DAGMAR_LAEK .*DAGMAR_LAKE/);
    expect(result.stderr).toMatch(/DAGMAR_TIMEZONE must be an IANA time zone/);
  });

  test("a broken Dag file is reported with line and column, and stops no other Dag", async () => {
    const file = join(bare.dagsFolder, "broken.yaml");
    writeFileSync(file, 'dag: broken\nschedule: manual\ntasks:\n  copy: { type: "file-to-lak" }\n');
    const result = await bare.run(["run", "broken"]);
    expect(result.exitCode).toBe(78);
    expect(result.stderr).toMatch(/broken\.yaml:4:\d+: tasks\.copy\.type: unknown task type "file-to-lak"/);
    const other = await bare.run(["dags", "show", "csv_ingest"]);
    expect(other.exitCode, other.stderr).toBe(0);
    const list = await bare.run(["dags", "list"]);
    expect(list.exitCode).toBe(78);
    expect(list.stdout).toMatch(/^broken +broken/m);
    expect(list.stdout).toMatch(/^csv_ingest +on/m);
  });
});

test("--json prints one JSON document and nothing else", async () => {
  const { stdout, exitCode } = await run("csv_ingest", "--date", "2026-11-23", "--json");
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    dag_id: "csv_ingest",
    run_id: "manual__2026-11-23T09:00:00.000Z",
    state: "success",
    how: "new",
    partition: "2026/11/23",
    written: { objects: 0, manifests: 0, bytes: 0 },
    tasks: [
      { task_id: "movies", state: "success", outputs: { unchanged: true } },
      { task_id: "series", state: "success" },
    ],
  });
});

test("--task runs that task with what it needs; the whole Dag later adds the others", async () => {
  simulator.reset();
  const some = await run("tmdb_ingest", "--date", "2026-11-23", "--task", "movies");
  expect(some.exitCode).toBe(0);
  expect(some.stdout).toMatch(/movie_ids: success[\s\S]*movies: success/);
  expect(some.stdout).not.toContain("series");
  expect(ids.series.filter((id) => simulator.countOf(id) > 0)).toEqual([]);
  const requests = simulator.requests;
  const all = await run("tmdb_ingest", "--date", "2026-11-23");
  expect(all.exitCode).toBe(0);
  expect(ids.series.filter((id) => simulator.countOf(id) > 0)).toEqual(ids.series);
  expect(simulator.requests - requests).toBe(
    ids.series.reduce((sum, id) => sum + (isUnknown(id) ? 1 : 2), 0),
  );
});

test("a run of that date with other params is refused and names the difference", async () => {
  const result = await run("tmdb_ingest", "--date", "2026-11-23", "--param", "limit=5");
  expect(result.exitCode).toBe(2);
  expect(result.stderr).toMatch(/exists with other params: limit is null there and 5 here\.\n/);
});

test("a list param may be written with commas", async () => {
  const result = await run(
    "tmdb_ingest",
    "--date",
    "2026-11-24",
    "--param",
    "genres=Drama",
    "--param",
    "limit=3",
    "--json",
  );
  expect(result.exitCode).toBe(0);
  expect(JSON.parse(result.stdout)).toMatchObject({ params: { genres: ["Drama"], since: 2001, limit: 3 } });
});

test("a missing CSV fails in one readable sentence, and the same command resumes when it is there", async () => {
  const file = join(world.inputFolder, "movies.csv");
  renameSync(file, `${file}.away`);
  const failed = await run("csv_ingest", "--date", "2026-11-25");
  expect(failed.exitCode).toBe(1);
  expect(failed.stdout).toContain(`${file} does not exist. Put movies.csv into ${world.inputFolder}`);
  expect(failed.stdout).not.toMatch(/ENOENT|at .*\.js:/);
  expect(readState("csv_ingest", "2026-11-25")).toEqual(["failed"]);
  renameSync(`${file}.away`, file);
  const resumed = await run("csv_ingest", "--date", "2026-11-25");
  expect(resumed.exitCode).toBe(0);
  expect(resumed.stdout).toContain("(resumed)");
  expect(resumed.stdout).not.toContain("series: started");
});

/** Every id is requested again. */
function addAppend(name: string): void {
  world.editDag("tmdb_ingest", (text) => text.replaceAll("external_ids", `external_ids, ${name}`));
}

test("a refused token stops at once, names the variable, and the same command resumes with the right one", async () => {
  addAppend("videos");
  simulator.reset();
  const refused = await world.run(["run", "tmdb_ingest", "--date", "2026-11-25"], {
    TMDB_API_TOKEN: "wrong",
  });
  expect(refused.exitCode).toBe(1);
  expect(refused.stdout).toMatch(/TMDB_API_TOKEN/);
  // At most the requests that were in flight when the first answer came.
  expect(simulator.requests).toBeLessThanOrEqual(64);
  const resumed = await run("tmdb_ingest", "--date", "2026-11-25");
  expect(resumed.exitCode, resumed.stdout).toBe(0);
  expect(resumed.stdout).toContain("(resumed)");
});

test("while one run is at work another says so and exits 75; the first is not disturbed", async () => {
  addAppend("images");
  simulator.reset();
  const first = world.start(["run", "tmdb_ingest", "--date", "2026-11-26"]);
  await waitUntil(first, () => simulator.requests > 5);
  // Held still, so that it cannot have finished before the others look.
  await world.freeze(first);
  const seconds = await Promise.all([
    run("tmdb_ingest", "--date", "2026-11-26"),
    run("csv_ingest", "--date", "2026-11-27"),
  ]);
  first.child.kill("SIGCONT");
  for (const { exitCode, stderr } of seconds) {
    expect(exitCode, stderr).toBe(75);
    expect(stderr).toContain(
      `dagmar: Another process is using this database: run tmdb_ingest (pid ${first.child.pid} on `,
    );
    expect(stderr.trimEnd().split("\n")).toHaveLength(2);
  }
  const { exitCode, stderr } = await first.ended;
  expect(exitCode, stderr).toBe(0);
  const asked = ids.movies.filter((id) => !isUnknown(id)).map((id) => simulator.countOf(id));
  expect([...new Set(asked)]).toEqual([1]);
  expect(readState("csv_ingest", "2026-11-27")).toEqual([]);
});

test("without --date the newest unfinished run with these params resumes", async () => {
  const file = join(world.inputFolder, "series.csv");
  renameSync(file, `${file}.away`);
  expect((await run("csv_ingest")).exitCode).toBe(1);
  renameSync(`${file}.away`, file);
  const resumed = await run("csv_ingest");
  expect(resumed.exitCode).toBe(0);
  expect(resumed.stdout).toContain("(resumed)");
});

test("what a resumed run puts counts as written, though it was planned before", async () => {
  const file = join(world.dagsFolder, "late.yaml");
  writeFileSync(
    file,
    `dag: late\nschedule: manual\ntasks: { file: { type: file-to-lake, with: { dataset: late, file: movies.csv, key: "Late/\${partition}/movies.csv" } } }\n`,
  );
  writeFileSync(join(world.lakeFolder, "Late"), "a file where a folder has to be");
  expect((await run("late", "--date", "2026-11-20")).exitCode).toBe(1);
  rmSync(join(world.lakeFolder, "Late"));
  const resumed = await run("late", "--date", "2026-11-20");
  expect(resumed.exitCode, resumed.stderr).toBe(0);
  expect(resumed.stdout).toMatch(/^ {2}1 object, .* written to the lake$/m);
  rmSync(file);
});

const hasScript = spawnSync("script", ["--version"]).status === 0;

test.skipIf(!hasScript)(
  "in a terminal the tasks are drawn in place, with bars and marks (needs script)",
  async () => {
    const command = `stty cols 100 rows 40; "${process.execPath}" "${world.cliPath}" run tmdb_ingest --date 2026-11-28 --refetch`;
    const child = startChild("script", ["-qec", command, "/dev/null"], world.folder, {
      ...world.environment,
      TERM: "xterm-256color",
    });
    expect((await child.ended).exitCode).toBe(0);
    const drawn = child.output();
    const escape = "\u001b[";
    expect(drawn).toContain(`${escape}1A`);
    expect(drawn).toMatch(/movies {2,}[█░]{24} \d+ ids of 60 ids/);
    expect(drawn).toContain(`${escape}32m✔${escape}39m movies`);
    // The table at the end appears once, below the redrawn lines.
    expect(drawn.split("remaining").length).toBe(2);
  },
);
