/**
 * Springs a trap twice: on the shipped SQL, which must hold, and on the same SQL with one of its rules removed, which must not.
 * The traps are in the tests.
 */
import { describe, expect, it } from "vitest";
import { buildLake, type BuiltLake, type Change, type RawLake } from "./built-lake.ts";
import { writeMovies, type CsvTitle } from "./invented-films.ts";

export interface Trap {
  readonly name: string;
  readonly raw: RawLake;
  /** Raises if the trap catches. */
  holds(lake: BuiltLake): void;
  /** Each of them alone is enough to be caught. */
  readonly rules: readonly Change[];
}

/** What DuckDB says of data that a rule does not expect; an SQL that does not parse shows nothing about a rule. */
const DATA_FAULT = /Conversion Error|JSON transform error|does not have a column with name/;

/** Each springing makes all tables in a process of its own, which takes a second of CPU time. */
const TIMEOUT_MS = 120_000;

export function springTraps(traps: readonly Trap[]): void {
  describe.each(traps.map((trap) => [trap.name, trap] as const))("%s", (_name, trap) => {
    it("holds", { timeout: TIMEOUT_MS }, () => {
      expect.hasAssertions();
      trap.holds(buildLake(trap.raw));
    });

    it.each(trap.rules.map((rule) => [`${rule.file}: ${rule.from.trim()}`, rule] as const))(
      "does not hold without %s",
      { timeout: TIMEOUT_MS },
      (_rule, rule) => {
        let fault: unknown;
        try {
          trap.holds(buildLake(trap.raw, rule));
        } catch (error) {
          fault = error;
        }
        expect(fault).toBeInstanceOf(Error);
        const isCaught = (fault as Error).name === "AssertionError" || DATA_FAULT.test(String(fault));
        expect(isCaught, String(fault)).toBe(true);
      },
    );
  });
}

/** Films of the CSV and TMDB's answers, by day and object. Without a film of its own the CSV has one that is not asked about. */
export function makeRaw(
  titles: readonly CsvTitle[],
  days: Readonly<Record<string, readonly (readonly object[])[]>>,
): RawLake {
  const csv = { movies: writeMovies(titles.length === 0 ? [{ id: "tt0000001" }] : titles) };
  return { csv, records: { tmdb_movies: days } };
}

/** Datasets that an expectation refuses. */
export const listRefused = (lake: BuiltLake): readonly string[] =>
  lake.breaches.filter(({ severity }) => severity === "error").map(({ dataset }) => dataset);
