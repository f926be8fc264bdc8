/** Makes the quickstart's two CSVs once; existing files, such as a user's own, are not changed. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { generateMoviesCsv, generateSeriesCsv } from "./samples/sample-csv.ts";

const MOVIES = { seed: 1, rows: 12_810, titles: 3_000, animationOrComedySince2001: 360 } as const;
const SERIES = { seed: 1, rows: 5_720, titles: 800, animationOrComedySince2001: 140 } as const;

/** A sentence about what was made. */
export async function makeSamples(inputFolder: string): Promise<string> {
  const made: string[] = [];
  const movies = join(inputFolder, "movies.csv");
  if (!existsSync(movies)) {
    await generateMoviesCsv({ path: movies, ...MOVIES });
    made.push(`movies.csv (${MOVIES.titles} films)`);
  }
  const series = join(inputFolder, "series.csv");
  if (!existsSync(series)) {
    await generateSeriesCsv({ path: series, ...SERIES });
    made.push(`series.csv (${SERIES.titles} series)`);
  }
  if (made.length === 0) return `The sample CSVs are in ${inputFolder} already.`;
  return `Made in ${inputFolder}: ${made.join(" and ")}.`;
}
