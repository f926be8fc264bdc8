/** Converts between the simulator's numbers and IMDb's ids: one to one, so that nothing has to be stored. */

const IMDB_ID = /^tt(\d{7,10})$/;
const FACTOR = 3;
const OFFSET = 7;

/** The simulator's number of a title; `undefined` for what is not an IMDb title id. */
export function toTmdbId(imdbId: string): number | undefined {
  const digits = IMDB_ID.exec(imdbId)?.[1];
  return digits === undefined ? undefined : Number(digits) * FACTOR + OFFSET;
}

/** The IMDb id behind a number of the simulator's; `undefined` for numbers that it never gives. */
export function toImdbId(tmdbId: number): string | undefined {
  const number = (tmdbId - OFFSET) / FACTOR;
  if (!Number.isSafeInteger(number) || number < 1) return undefined;
  return `tt${String(number).padStart(7, "0")}`;
}
