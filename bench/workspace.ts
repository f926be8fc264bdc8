/** The folder of the bench's work: sample files, made once and kept, and for each benchmark a lake and a database of its own. */
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildRunEnvironment } from "../quickstart/run-environment.ts";
import {
  generateMoviesCsv,
  generateSeriesCsv,
  REAL_MOVIES,
  REAL_SERIES,
} from "../quickstart/samples/sample-csv.ts";

/** The project's root, seen from dist/bench. */
export const ROOT = fileURLToPath(new URL("../../", import.meta.url));
export const DIST = join(ROOT, "dist");
export const CLI = join(DIST, "cli/main.js");
const WORK = join(ROOT, "bench/work");

/** A twentieth of the real size, to see that everything works. */
const QUICK_MOVIES = { rows: 52_000, titles: 12_200, animationOrComedySince2001: 1_850 } as const;
const QUICK_SERIES = { rows: 20_000, titles: 2_900, animationOrComedySince2001: 720 } as const;

export interface Samples {
  /** Holds movies.csv and series.csv. */
  readonly inputFolder: string;
  readonly moviesCsv: string;
  /** Films of movies.csv that the shipped Dag asks for. */
  readonly matchingIds: number;
  readonly isQuick: boolean;
}

export async function prepareSamples(isQuick: boolean): Promise<Samples> {
  const movies = isQuick ? QUICK_MOVIES : REAL_MOVIES;
  const inputFolder = join(WORK, isQuick ? "input-quick" : "input");
  const moviesCsv = join(inputFolder, "movies.csv");
  const mark = join(inputFolder, "complete");
  if (!existsSync(mark)) {
    mkdirSync(inputFolder, { recursive: true });
    await generateMoviesCsv({ path: moviesCsv, seed: 1, ...movies });
    await generateSeriesCsv({
      path: join(inputFolder, "series.csv"),
      seed: 1,
      ...(isQuick ? QUICK_SERIES : REAL_SERIES),
    });
    writeFileSync(mark, "");
  }
  return { inputFolder, moviesCsv, matchingIds: movies.animationOrComedySince2001, isQuick };
}

export interface Workspace {
  readonly folder: string;
  /** The environment that makes the command line work in the folder, without the caller's own settings. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** A fresh folder. `ratePerSecond` as in TMDB_RATE_PER_SECOND. */
export function openWorkspace(
  name: string,
  samples: Samples,
  tmdb: { readonly url: string; readonly token: string; readonly ratePerSecond: string },
): Workspace {
  const folder = openFolder(name);
  const settings = { environment: process.env, folder, dagsFolder: join(ROOT, "dags") };
  return {
    folder,
    environment: {
      ...buildRunEnvironment(settings, tmdb.url),
      DAGMAR_INPUT: samples.inputFolder,
      TMDB_API_TOKEN: tmdb.token,
      TMDB_RATE_PER_SECOND: tmdb.ratePerSecond,
    },
  };
}

/** An empty folder. */
export function openFolder(name: string): string {
  const folder = join(WORK, name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** Everything goes but the samples, which take longer to make than most benchmarks. */
export function cleanWork(): void {
  for (const entry of readdirSync(WORK)) {
    if (!entry.startsWith("input")) rmSync(join(WORK, entry), { recursive: true, force: true });
  }
}
