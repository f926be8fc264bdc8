/** A lake of three days that the product wrote, what a plain reading of its files says, and the engines that read it. */
import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isUnknown, openCliWorld, startSimulator, writeSamples } from "../support/cli.ts";

export interface Title {
  readonly imdbId: string;
  readonly title: string;
  readonly genres: readonly string[];
  readonly voteAverage: number;
}

export interface ReadableLake {
  readonly folder: string;
  /** Movies that TMDB has: first asked on the 22nd, first asked on the 23rd. Those of the 23rd were asked again on the 24th. */
  readonly movies: { readonly first: readonly string[]; readonly second: readonly string[] };
  readonly series: readonly string[];
  /** By id, the newest record of each. */
  readonly titles: ReadonlyMap<string, Title>;
  /** `tituloPincipal` by id, of the newest CSV. */
  readonly csvTitles: ReadonlyMap<string, string>;
  /** The objects of records of both kinds. */
  readonly recordObjects: readonly string[];
  close(): Promise<void>;
}

export async function openReadableLake(): Promise<ReadableLake> {
  const simulator = await startSimulator({ structureDrift: true });
  const world = openCliWorld({ TMDB_BASE_URL: simulator.url });
  const first = await writeSamples(world, { movies: 120, series: 30 });
  for (const dag of ["csv_ingest", "tmdb_ingest"]) await world.prepare(["run", dag, "--date", "2026-11-22"]);
  const second = await writeSamples(world, { movies: 150, series: 40 });
  for (const dag of ["csv_ingest", "tmdb_ingest"]) await world.prepare(["run", dag, "--date", "2026-11-23"]);
  await world.prepare(["run", "tmdb_ingest", "--date", "2026-11-24", "--refetch"]);
  const isKnown = (id: string): boolean => !isUnknown(id);
  const folder = world.lakeFolder;
  const recordObjects = world
    .query<{ key: string }>("SELECT key FROM v_objects WHERE kind = 'records' ORDER BY key")
    .map(({ key }) => key);
  const csv = readFileSync(join(folder, "Raw/Local/CSV/Movies/2026/11/23/movies.csv"), "utf8");
  return {
    folder,
    movies: { first: first.movies.filter(isKnown), second: second.movies.filter(isKnown) },
    series: [...first.series, ...second.series].filter(isKnown),
    titles: new Map(
      recordObjects.flatMap((key) => readTitles(folder, key)).map((title) => [title.imdbId, title]),
    ),
    csvTitles: new Map(csv.split("\n").map((line) => [line.split("|")[0] ?? "", line.split("|")[1] ?? ""])),
    recordObjects,
    async close() {
      await simulator.close();
      world.remove();
    },
  };
}

interface StoredMovie {
  readonly imdb_id: string;
  readonly title: string;
  readonly genres: readonly { readonly name: string }[];
  readonly vote_average: number;
}

function readTitles(folder: string, key: string): readonly Title[] {
  if (!key.includes("/Movies/")) return [];
  const records = JSON.parse(readFileSync(join(folder, key), "utf8")) as readonly StoredMovie[];
  return records.map((record) => ({
    imdbId: record.imdb_id,
    title: record.title,
    genres: record.genres.map(({ name }) => name),
    voteAverage: record.vote_average,
  }));
}

export type Row = Readonly<Record<string, string | number | null>>;

/** A statement's text; or with values for the names in it, `$name`. */
export type Statement = string | { readonly sql: string; readonly values: Readonly<Record<string, unknown>> };

/** The rows of each statement, in one session. DuckDB runs in a process of its own: a fault in it ends nothing else. */
export function runDuckDb(statements: readonly Statement[]): readonly (readonly Row[])[] {
  const program = fileURLToPath(new URL("run-duckdb.mjs", import.meta.url));
  const answer = execFileSync(process.execPath, [program], {
    input: JSON.stringify(statements),
    encoding: "utf8",
    stdio: "pipe",
  });
  return JSON.parse(answer) as readonly (readonly Row[])[];
}

/** A Python that has pandas; Debian's package belongs to Debian's own Python. */
export function findPandas(): string | undefined {
  return ["python3", "/usr/bin/python3"].find(
    (python) => spawnSync(python, ["-c", "import pandas"]).status === 0,
  );
}

/** Every file below a folder of the lake, by its key. */
export function listKeys(lakeFolder: string, below: string): readonly string[] {
  return readdirSync(join(lakeFolder, below), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(lakeFolder.length + 1))
    .toSorted();
}
