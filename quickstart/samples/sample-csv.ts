/**
 * Makes movies.csv and series.csv in the publisher's format out of nothing, to exact figures. Everything in them is
 * invented; the same options give the same bytes.
 */
import { createRandom, type Random } from "../invented/random.ts";
import { inventFaultyRows, type FaultyRows } from "./faulty-rows.ts";
import { listIds } from "./id-numbers.ts";
import { writeLines } from "./line-file.ts";
import { HEADERS, inventTitleRows, type SampleKind } from "./title-rows.ts";

export interface SampleOptions {
  readonly path: string;
  readonly seed: number;
  /** Valid rows below the header: at least one and at most ten for each title. */
  readonly rows: number;
  readonly titles: number;
  /** How many of the titles have the genre Animation or Comedy and a year from 2001 on. */
  readonly animationOrComedySince2001: number;
  /** Added to `rows`, in places that the seed decides. */
  readonly faulty?: FaultyRows;
}

export interface SampleFigures {
  /** Valid rows, without the header. */
  readonly rows: number;
  readonly faultyRows: number;
  readonly titles: number;
  /** Ids of the Animation or Comedy titles since 2001, in the file's order. */
  readonly matchingIds: readonly string[];
}

const MOST_ROWS_A_TITLE = 10;

/** What the real movies.csv has; about 165 MB. */
export const REAL_MOVIES = { rows: 1_045_161, titles: 244_543, animationOrComedySince2001: 37_006 } as const;
/** About as large as the real series.csv: 77 MB. */
export const REAL_SERIES = { rows: 415_000, titles: 58_000, animationOrComedySince2001: 14_500 } as const;

/** Columns of movies.csv, ids with even numbers. Raises `RangeError` for figures that cannot be met. */
export async function generateMoviesCsv(options: SampleOptions): Promise<SampleFigures> {
  return generateCsv("movies", options);
}

/** Columns of series.csv (`anoTermino` after `anoLancamento`), ids with odd numbers. */
export async function generateSeriesCsv(options: SampleOptions): Promise<SampleFigures> {
  return generateCsv("series", options);
}

async function generateCsv(kind: SampleKind, options: SampleOptions): Promise<SampleFigures> {
  checkFigures(options);
  const random = createRandom(`${kind} ${options.seed}`);
  const matchingIds: string[] = [];
  const faultyRows = inventFaultyRows(kind, options.faulty ?? {}, createRandom(`faulty ${options.seed}`));
  let rowsLeft = options.rows;
  let titlesLeft = options.titles;
  let matchesLeft = options.animationOrComedySince2001;
  const faultyLeft = [...faultyRows];
  await writeLines(options.path, async (file) => {
    await file.write(HEADERS[kind]);
    for (const imdbId of listIds(options.titles, kind === "movies" ? 0 : 1, random)) {
      // Selection sampling (Knuth, TAOCP 2, 3.4.2, algorithm S): the sum comes out exactly.
      const isMatching = random.next() * titlesLeft < matchesLeft;
      const artists = drawArtists(rowsLeft, titlesLeft, random);
      for (const line of inventTitleRows(kind, imdbId, artists, isMatching, random)) {
        const written = file.write(line);
        if (written !== undefined) await written;
      }
      if (isMatching) {
        matchingIds.push(imdbId);
        matchesLeft -= 1;
      }
      rowsLeft -= artists;
      titlesLeft -= 1;
      while (
        faultyLeft.length > 0 &&
        (titlesLeft === 0 || random.next() * (titlesLeft + 1) < faultyLeft.length)
      ) {
        await file.write(faultyLeft.pop() ?? "");
      }
    }
  });
  return { rows: options.rows, faultyRows: faultyRows.length, titles: options.titles, matchingIds };
}

/** Mostly four, as in the real files, steered so that the rows that are left always fit the titles that are left. */
function drawArtists(rowsLeft: number, titlesLeft: number, random: Random): number {
  const target = rowsLeft / titlesLeft;
  const few = target < 3.9 ? Math.min(1, (4 - target) / 2) : 0.06;
  const many = Math.max(0, (target - 4 + 2 * few) / 3.5);
  const draw = random.next();
  const wanted =
    draw < few ? random.between(1, 3) : draw < few + many ? random.between(5, MOST_ROWS_A_TITLE) : 4;
  const least = rowsLeft - MOST_ROWS_A_TITLE * (titlesLeft - 1);
  const most = rowsLeft - (titlesLeft - 1);
  return Math.min(Math.max(wanted, least, 1), most, MOST_ROWS_A_TITLE);
}

function checkFigures(options: SampleOptions): void {
  const { rows, titles, animationOrComedySince2001: matches } = options;
  if (titles < 1 || rows < titles || rows > titles * MOST_ROWS_A_TITLE) {
    throw new RangeError(`${rows} rows do not fit ${titles} titles of 1 to ${MOST_ROWS_A_TITLE} rows each`);
  }
  if (matches > titles) throw new RangeError(`${matches} matching titles are more than all ${titles}`);
}
