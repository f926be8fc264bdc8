/** The quickstart's course, with a stand-in for the command line: a real process that asks the simulator and stores. */
import { createServer } from "node:net";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { buildRunEnvironment } from "../../quickstart/run-environment.ts";
import { runQuickstart } from "../../quickstart/run-quickstart.ts";
import { openSimulator, SimulatorPortTaken } from "../../quickstart/simulator-port.ts";

let folder: string;
let printed: string[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "dagmar-quickstart-"));
  printed = [];
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** Notes its arguments and environment, and for tmdb_ingest asks and stores once, unless that was done before. */
const STAND_IN = `
import { appendFileSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
const env = process.env;
const dagId = process.argv[3];
appendFileSync(process.env.NOTES, JSON.stringify({
  args: process.argv.slice(2), cwd: process.cwd(), env: Object.keys(env).filter((n) => /^(DAGMAR|TMDB|AWS)_/.test(n)),
}) + "\\n");
if (dagId === process.env.FAIL) process.exit(Number(process.env.FAIL_CODE));
const root = env.DAGMAR_LAKE.slice("file:".length);
const lake = root + "/Raw/TMDB";
if (dagId === "report") {
  mkdirSync(root + "/Report/HTML", { recursive: true });
  writeFileSync(root + "/Report/HTML/disney-en.html", "");
}
if (dagId === "tmdb_ingest" && !existsSync(lake)) {
  const answer = await fetch(env.TMDB_BASE_URL + "/movie/tt0000002", { headers: { authorization: "Bearer " + env.TMDB_API_TOKEN } });
  mkdirSync(lake, { recursive: true });
  writeFileSync(lake + "/movies-1.json", await answer.text());
  writeFileSync(lake + "/.meta-movies-1.json.lake", "{}");
}
`;

interface Note {
  readonly args: string[];
  readonly cwd: string;
  readonly env: string[];
}

async function run(
  environment: Record<string, string> = {},
  hasEngine = false,
): Promise<{ exitCode: number; notes: Note[] }> {
  const cliPath = join(folder, "stand-in.mjs");
  await writeFile(cliPath, STAND_IN);
  const notes = join(folder, "notes.jsonl");
  await writeFile(notes, "");
  const exitCode = await runQuickstart({
    folder: join(folder, "quickstart"),
    dagsFolder: join(folder, "dags"),
    cliPath,
    hasEngine,
    environment: { NOTES: notes, ...environment },
    print: (line) => printed.push(line),
    port: 0,
  });
  const lines = (await readFile(notes, "utf8")).split("\n").filter((line) => line !== "");
  return { exitCode, notes: lines.map((line) => JSON.parse(line) as Note) };
}

test("both Dags run for the same day, in a folder of their own, and the end names figures and places", async () => {
  const { exitCode, notes } = await run({
    DAGMAR_LAKE: "s3://real",
    TMDB_API_KEY: "real",
    AWS_PROFILE: "real",
  });
  expect(exitCode).toBe(0);
  const [csv, tmdb] = notes;
  expect(csv?.args.slice(0, 3)).toEqual(["run", "csv_ingest", "--date"]);
  expect(tmdb?.args.slice(0, 3)).toEqual(["run", "tmdb_ingest", "--date"]);
  expect(csv?.args[3]).toMatch(/^20\d\d-[01]\d-[0-3]\d$/);
  expect(tmdb?.args[3]).toBe(csv?.args[3]);
  expect(csv?.env.toSorted()).toEqual(
    "DAGMAR_DAGS DAGMAR_DB DAGMAR_INPUT DAGMAR_LAKE TMDB_API_TOKEN TMDB_BASE_URL TMDB_RATE_PER_SECOND".split(
      " ",
    ),
  );
  expect(csv?.cwd).toBe(join(folder, "quickstart"));
  const end = printed.at(-1) ?? "";
  expect(end).toContain("This time: 1 request, 1 new object.");
  expect(end).toContain("INVENTED");
  expect(end).toContain("Raw/TMDB/movies-1.json");
  expect(end).toMatch(/v_runs[^]*v_ids[^]*v_objects/);
});

test("with DuckDB the tables and the report follow, and the end names the report's pages", async () => {
  const { exitCode, notes } = await run({}, true);
  expect(exitCode).toBe(0);
  expect(notes.map(({ args }) => args[1])).toEqual([
    "csv_ingest",
    "tmdb_ingest",
    "trusted",
    "refined",
    "report",
  ]);
  expect(new Set(notes.map(({ args }) => args[3])).size).toBe(1);
  // The page is read without the terminal.
  expect(notes.at(-1)?.args.slice(4)).toEqual(["--param", expect.stringContaining("INVENTED films")]);
  expect(printed.join("\n")).toMatch(/\$ dagmar run report --date \S+ --param "note=INVENTED films [^"]+"/);
  expect(printed.at(-1)).toContain(join("lake", "Report", "HTML", "disney-en.html"));
  expect((await run()).notes).toHaveLength(2);
});

test("a second quickstart keeps the samples and the port, asks nothing and says so", async () => {
  await run();
  const sample = await readFile(join(folder, "quickstart", "input", "movies.csv"));
  const port = await readFile(join(folder, "quickstart", "simulator.json"), "utf8");
  printed = [];
  expect((await run()).exitCode).toBe(0);
  expect(printed.join("\n")).toContain("0 requests, 0 new objects.");
  expect(printed.join("\n")).toContain("are in");
  expect((await readFile(join(folder, "quickstart", "input", "movies.csv"))).equals(sample)).toBe(true);
  expect(await readFile(join(folder, "quickstart", "simulator.json"), "utf8")).toBe(port);
});

test.each([
  ["csv_ingest", 78, 1],
  ["tmdb_ingest", 1, 2],
])("when %s fails, its exit code %i is the quickstart's", async (failing, code, started) => {
  const { exitCode, notes } = await run({ FAIL: failing, FAIL_CODE: String(code) });
  expect(exitCode).toBe(code);
  expect(notes).toHaveLength(started);
  expect(printed.at(-1)).toContain(`exit code ${code}`);
});

test("a recorded port that is taken ends the quickstart with a sentence that says what to do", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  const address = other.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  await mkdir(join(folder, "quickstart"));
  await writeFile(join(folder, "quickstart", "simulator.json"), JSON.stringify({ port }));
  await expect(openSimulator(join(folder, "quickstart"))).rejects.toThrow(SimulatorPortTaken);
  const { exitCode, notes } = await run();
  other.close();
  expect([exitCode, notes]).toEqual([75, []]);
  expect(printed.at(-1)).toContain(`Port ${port} on 127.0.0.1 is in use`);
});

test("a first choice that is taken is replaced by a free port, which is kept from then on", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  const address = other.address();
  const taken = typeof address === "object" && address !== null ? address.port : 0;
  const first = await openSimulator(folder, taken);
  await first.close();
  other.close();
  const second = await openSimulator(folder, taken);
  await second.close();
  expect(first.port).not.toBe(taken);
  expect(second.port).toBe(first.port);
});

test("what is set for the real thing does not reach the runs, and all else does", () => {
  const environment = { PATH: "/bin", AWS_REGION: "x", TMDB_API_TOKEN_FILE: "x", DAGMAR_LOG_LEVEL: "debug" };
  const built = buildRunEnvironment({ environment, folder: "/q", dagsFolder: "/d" }, "http://127.0.0.1:1/3");
  expect(built).toEqual({
    PATH: "/bin",
    DAGMAR_LAKE: "file:/q/lake",
    DAGMAR_DB: "/q/dagmar.db",
    DAGMAR_INPUT: "/q/input",
    DAGMAR_DAGS: "/d",
    TMDB_BASE_URL: "http://127.0.0.1:1/3",
    TMDB_API_TOKEN: "simulator",
    TMDB_RATE_PER_SECOND: "1000",
  });
});
