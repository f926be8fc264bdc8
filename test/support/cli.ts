/**
 * Runs the compiled command line as a child process in a folder with its own Dags, CSVs, lake and database, without the
 * caller's environment. `check-lake` judges the lake.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import BetterSqlite3 from "better-sqlite3";
import {
  startTmdbSimulator,
  type TmdbSimulator,
  type TmdbSimulatorOptions,
} from "../../quickstart/simulator/tmdb-simulator.ts";
import { generateMoviesCsv, generateSeriesCsv } from "../../quickstart/samples/sample-csv.ts";

const PROJECT = fileURLToPath(new URL("../..", import.meta.url));
const COMPILED = join(PROJECT, "dist");
/** A build writes its files within this time. */
const BUILD_MS = 1000;

export interface CliResult {
  /** `null` when a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliProcess {
  readonly child: ChildProcess;
  /** What it has written so far, standard output and standard error in the order of arrival. */
  output(): string;
  readonly ended: Promise<CliResult>;
}

type Variables = Readonly<Record<string, string | undefined>>;

export interface CliWorld {
  readonly folder: string;
  readonly lakeFolder: string;
  readonly databaseFile: string;
  readonly inputFolder: string;
  readonly dagsFolder: string;
  /** The world's own copy of the compiled program: a build meanwhile does not change it under a running test. */
  readonly cliPath: string;
  /** Of every command from now on; a test may change it. */
  readonly environment: Record<string, string | undefined>;
  run(args: readonly string[], more?: Variables): Promise<CliResult>;
  /** As `run`, for the preparation of a test: throws the output unless it exits 0. */
  prepare(args: readonly string[], more?: Variables): Promise<void>;
  start(args: readonly string[], more?: Variables): CliProcess;
  /** SIGSTOP between two transactions: a process that stops inside one keeps SQLite's lock, which blocks all others. */
  freeze(running: CliProcess): Promise<void>;
  /** Puts `dag` with changed text into the world's Dag folder. */
  editDag(dagId: string, edit: (text: string) => string): void;
  /** Plain SQL on the database, read only. */
  query<Row>(sql: string, ...values: readonly unknown[]): Row[];
  /** Every file of the folder lake with size and time of its last change; Dagmar's own files left out. */
  listLake(): readonly string[];
  remove(): void;
}

export function openCliWorld(environment: Variables = {}): CliWorld {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "dagmar-cli-")));
  const paths = {
    lakeFolder: join(folder, "lake"),
    databaseFile: join(folder, "dagmar.db"),
    inputFolder: join(folder, "input"),
    dagsFolder: join(folder, "dags"),
    cliPath: copyProgram(join(folder, "program")),
  };
  mkdirSync(paths.inputFolder);
  mkdirSync(paths.dagsFolder);
  // Trusted and Refined follow them, and would run after each with an engine of their own.
  for (const name of readdirSync(join(PROJECT, "dags")).filter((one) => one.endsWith("_ingest.yaml"))) {
    copyFileSync(join(PROJECT, "dags", name), join(paths.dagsFolder, name));
  }
  const base: Record<string, string | undefined> = {
    PATH: process.env["PATH"],
    // Without the caller's ~/.aws, and without requests to a metadata service.
    HOME: folder,
    AWS_EC2_METADATA_DISABLED: "true",
    DAGMAR_LAKE: `file:${paths.lakeFolder}`,
    DAGMAR_DB: paths.databaseFile,
    DAGMAR_INPUT: paths.inputFolder,
    DAGMAR_DAGS: paths.dagsFolder,
    TMDB_API_TOKEN: "simulator",
    TMDB_RATE_PER_SECOND: "none",
    ...environment,
  };

  const started: ChildProcess[] = [];
  const start = (args: readonly string[], more: Variables = {}): CliProcess => {
    const running = startChild(process.execPath, [paths.cliPath, ...args], folder, { ...base, ...more });
    started.push(running.child);
    return running;
  };

  return {
    folder,
    ...paths,
    environment: base,
    start,
    run: (args, more) => start(args, more).ended,
    prepare: async (args, more) => expectSuccess(await start(args, more).ended),
    async freeze({ child }) {
      for (;;) {
        child.kill("SIGSTOP");
        // Every thread has stopped by then.
        await delay(20);
        if (!isLocked(paths.databaseFile)) return;
        child.kill("SIGCONT");
        await delay(5);
      }
    },
    editDag(dagId, edit) {
      const file = join(paths.dagsFolder, `${dagId}.yaml`);
      const before = readFileSync(file, "utf8");
      const after = edit(before);
      if (after === before) throw new Error(`the edit changes nothing in ${dagId}`);
      writeFileSync(file, after);
    },
    query<Row>(sql: string, ...values: readonly unknown[]) {
      const database = new BetterSqlite3(paths.databaseFile, { readonly: true });
      try {
        return database.prepare(sql).all(...values) as Row[];
      } finally {
        database.close();
      }
    },
    listLake: () => listFiles(paths.lakeFolder),
    remove() {
      // Processes that a failed test has left behind.
      for (const child of started) child.kill("SIGKILL");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function isLocked(databaseFile: string): boolean {
  const database = new BetterSqlite3(databaseFile, { timeout: 0 });
  try {
    database.exec("BEGIN IMMEDIATE; ROLLBACK");
    return false;
  } catch (error) {
    if (error instanceof BetterSqlite3.SqliteError && error.code.startsWith("SQLITE_BUSY")) return true;
    throw error;
  } finally {
    database.close();
  }
}

export function expectSuccess({ exitCode, stdout, stderr }: CliResult): void {
  if (exitCode !== 0) throw new Error(`exit code ${exitCode}:\n${stdout}${stderr}`);
}

/** Copies the compiled program while no build is writing it; gives the path of its main file. */
function copyProgram(target: string): string {
  const newest = (): number =>
    Math.max(
      ...readdirSync(COMPILED, { recursive: true, withFileTypes: true }).map(
        (entry) => statSync(join(entry.parentPath, entry.name)).mtimeMs,
      ),
    );
  for (;;) {
    const before = newest();
    const quietMs = performance.timeOrigin + performance.now() - before;
    if (quietMs < BUILD_MS) {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, BUILD_MS - quietMs);
      continue;
    }
    cpSync(COMPILED, join(target, "dist"), { recursive: true, force: true });
    if (newest() === before) break;
  }
  copyFileSync(join(PROJECT, "package.json"), join(target, "package.json"));
  symlinkSync(join(PROJECT, "node_modules"), join(target, "node_modules"));
  return join(target, "dist", "cli", "main.js");
}

export function startChild(
  command: string,
  args: readonly string[],
  folder: string,
  environment: Variables,
): CliProcess {
  const child = spawn(command, args, { cwd: folder, env: environment, stdio: ["ignore", "pipe", "pipe"] });
  const texts = { stdout: "", stderr: "", both: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text: string) => {
      texts[name] += text;
      texts.both += text;
    });
  }
  const ended = once(child, "close").then(([exitCode, signal]): CliResult => {
    const { stdout, stderr } = texts;
    return { exitCode: exitCode as number | null, signal: signal as NodeJS.Signals | null, stdout, stderr };
  });
  return { child, output: () => texts.both, ended };
}

function listFiles(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !relative(folder, path).startsWith("_dagmar/"))
    .map((path) => {
      const { size, mtimeMs } = statSync(path);
      return `${relative(folder, path)} ${size} ${mtimeMs}`;
    })
    .toSorted();
}

/** A simulator that lacks the titles of `isUnknown`. */
export function startSimulator(options: TmdbSimulatorOptions = {}): Promise<TmdbSimulator> {
  return startTmdbSimulator({
    kindOf: (imdbId) => (isUnknown(imdbId) ? "unknown" : "either"),
    unknownShare: 0,
    ...options,
  });
}

export interface SampleIds {
  readonly movies: readonly string[];
  readonly series: readonly string[];
}

/** Sample CSVs in the input folder; gives the ids that `tmdb_ingest` asks for. */
export async function writeSamples(
  world: CliWorld,
  sizes: { readonly movies: number; readonly series: number },
): Promise<SampleIds> {
  const make = (matching: number) => ({
    seed: 1,
    titles: matching * 2,
    rows: matching * 6,
    animationOrComedySince2001: matching,
  });
  const path = (name: string): string => join(world.inputFolder, name);
  const movies = await generateMoviesCsv({ path: path("movies.csv"), ...make(sizes.movies) });
  const series = await generateSeriesCsv({ path: path("series.csv"), ...make(sizes.series) });
  for (const name of ["movies.csv", "series.csv"]) ageFile(path(name));
  return { movies: movies.matchingIds, series: series.matchingIds };
}

/** Whether TMDB lacks the title, in the simulators of these tests: one in ten of all ids. */
export function isUnknown(imdbId: string): boolean {
  return Number(imdbId.slice(2)) % 20 < 2;
}

/** As if it had been written an hour ago: a file that has just been written is looked at twice. */
export function ageFile(path: string): void {
  const hourAgo = new Date(statSync(path).mtimeMs - 3_600_000);
  utimesSync(path, hourAgo, hourAgo);
}

/** Checks every few milliseconds until the condition holds; rejects if the process ends first. */
export async function waitUntil(running: CliProcess, holds: () => boolean): Promise<void> {
  while (!holds()) {
    if (running.child.exitCode !== null || running.child.signalCode !== null) {
      const { exitCode, stdout, stderr } = await running.ended;
      throw new Error(`it ended with ${exitCode} before that:\n${stdout}${stderr}`);
    }
    await delay(2);
  }
}

/** Ends the process by SIGKILL as soon as it holds. `false` if the process had already ended. */
export async function killWhen(running: CliProcess, holds: () => boolean): Promise<boolean> {
  while (!holds()) {
    if (running.child.exitCode !== null) return false;
    await delay(1);
  }
  running.child.kill("SIGKILL");
  return (await running.ended).signal === "SIGKILL";
}
