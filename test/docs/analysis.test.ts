/**
 * Every query of docs/analysis.md runs on a small lake of invented films and gives what was computed by hand; without one of the
 * page's rules it does not.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildLake, type BuiltLake } from "../dags/built-lake.ts";
import {
  answerMovie,
  DAY,
  describeCompany,
  DISNEY,
  OTHER,
  PIXAR,
  writeMovies,
  type Company,
} from "../dags/invented-films.ts";
import { runDuckDb } from "./lake-to-read.ts";
import { listTableRows, parseMarkdown } from "./markdown.ts";

const page = readFileSync(fileURLToPath(new URL("../../docs/analysis.md", import.meta.url)), "utf8");

const ANIMATION = { id: 16, name: "Animação" };
const COMEDY = { id: 35, name: "Comédia" };

/** Money in millions of US$; 0 is TMDB's "unknown". */
function makeFilm(
  imdbId: string,
  day: string,
  company: Company,
  [rating, votes]: readonly [number, number],
  [budget, revenue]: readonly [number, number] = [0, 0],
  genres: readonly object[] = [ANIMATION],
): object {
  return answerMovie(imdbId, {
    title: imdbId,
    release_date: day,
    production_companies: [describeCompany(company)],
    vote_average: rating,
    vote_count: votes,
    budget: budget * 1_000_000,
    revenue: revenue * 1_000_000,
    genres,
  });
}

/** The votes are such that the mean of all votes for Disney's films of the century is 7: +3000 +4000 +0 +54 -3054 -4000 = 0. */
const FILMS = [
  makeFilm("tt0000010", "2001-01-01", DISNEY, [8, 3000], [100, 400]),
  makeFilm("tt0000020", "2009-05-29", PIXAR, [8, 4000], [175, 735], [ANIMATION, COMEDY]),
  makeFilm("tt8097030", "2022-03-11", PIXAR, [7, 2000], [175, 20]),
  makeFilm("tt0000040", "2010-01-01", DISNEY, [10, 18], [80, 0]),
  makeFilm("tt0000050", "2015-01-01", DISNEY, [4, 1018], [200, 20]),
  ...["tt0000061", "tt0000062", "tt0000063", "tt0000064"].map((id) =>
    makeFilm(id, "2009-10-01", DISNEY, [6, 1000]),
  ),
  makeFilm("tt0000070", "2000-12-31", DISNEY, [9, 50_000], [50, 500]),
  makeFilm("tt0000080", "2010-01-01", OTHER, [9.5, 50_000], [10, 900]),
];

const folder = mkdtempSync(join(tmpdir(), "dagmar-test-"));
let lake: BuiltLake;
beforeAll(() => {
  const csv = { movies: writeMovies([{ id: "tt0000010", year: "2000" }]) };
  lake = buildLake({ csv, records: { tmdb_movies: { [DAY]: [FILMS] } } }, undefined, folder);
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

type Answers = ReadonlyMap<string, readonly string[]>;

/** The rows of each query by its name, values joined by spaces, a null as `-`. */
function answer(text: string): Answers {
  const queries = parseMarkdown(text).blocks.filter((block) => block.language === "sql");
  const names = queries.map((block) => /^-- (.+)/.exec(block.text)?.[1] ?? block.text);
  const results = runDuckDb(queries.map((block) => block.text.replace("'data/lake'", `'${folder}'`)));
  const say = (row: object): string =>
    Object.values(row)
      .map((value) => String(value ?? "-"))
      .join(" ");
  return new Map(names.map((name, index) => [name, (results[index] ?? []).map(say)]));
}

const EQUALS_OF_2009 = [1, 2, 3, 4].map((number) => `tt000006${number} 2009 6.000 1000 6.5`);

const EXPECTED: Readonly<Record<string, readonly string[]>> = {
  // 100→400, 175→735, 175→20 and 200→20: 300 + 560 - 155 - 180.
  coverage: ["9 9 8 5 4 4 525000000 1 1"],
  best: [
    "tt0000020 2009 8.000 4000 7.8",
    "tt0000010 2001 8.000 3000 7.75",
    "tt8097030 2022 7.000 2000 7",
    ...EQUALS_OF_2009,
    "tt0000050 2015 4.000 1018 5.487",
  ],
  worst: [
    "tt0000050 2015 4.000 1018 5.487",
    ...EQUALS_OF_2009,
    "tt8097030 2022 7.000 2000 7",
    "tt0000010 2001 8.000 3000 7.75",
    "tt0000020 2009 8.000 4000 7.8",
  ],
  "profit in cinemas": [
    "tt0000020 2009 175000000 735000000 560000000",
    "tt0000010 2001 100000000 400000000 300000000",
    "tt0000050 2015 200000000 20000000 -180000000",
  ],
  "loss in cinemas": [
    "tt0000050 2015 200000000 20000000 -180000000",
    "tt0000010 2001 100000000 400000000 300000000",
    "tt0000020 2009 175000000 735000000 560000000",
  ],
  "released to streaming": ["tt8097030 2022 175000000 20000000 -155000000"],
  "by year": ["2001 1 1 -", "2009 5 5 6.4", "2010 1 0 -", "2015 1 1 -", "2022 1 1 -"],
  // (7.75 + 7.8 + 7 + 5.487 + 4 × 6.5) / 8
  "by genre": ["Animação 9 4 6.75 -", "Comédia 1 1 - -"],
  directors: ["Pessoa 2 9"],
};

test("every query gives what was computed by hand", () => {
  const answers = answer(page);
  expect([...answers.keys()]).toEqual(["setup", ...Object.keys(EXPECTED)]);
  for (const [name, rows] of Object.entries(EXPECTED)) expect(answers.get(name), name).toEqual(rows);
});

/** A rule of the page, what an analysis without it would say, and the query that shows the difference. */
const RULES = [
  [
    "the weighted rating",
    "(votos_tmdb * nota_tmdb + getvariable('m') * c) / (votos_tmdb + getvariable('m'))",
    "nota_tmdb::double",
    "best",
  ],
  ["the least number of votes", " AND votos_tmdb >= getvariable('least_votes')", "", "best"],
  ["the century", " AND seculo = 21", " AND ano BETWEEN 2000 AND 2023", "best"],
  ["Disney", "WHERE is_disney AND", "WHERE", "best"],
  ["both figures", "lucro_usd IS NOT NULL AND ", "", "profit in cinemas"],
  ["streaming apart", " AND NOT is_streaming", "", "loss in cinemas"],
  ["the least number of films of a year", "least_films = 5", "least_films = 1", "by year"],
  ["the least number of films of a genre", "least_films = 5", "least_films = 1", "by genre"],
] as const;

test.each(RULES)("without %s the answer is another", (_rule, from, to, query) => {
  expect(page).toContain(from);
  expect(answer(page.replaceAll(from, to)).get(query)).not.toEqual(EXPECTED[query]);
});

test("the page says what money is, next to each answer about it, and orders nothing by popularity", () => {
  const { blocks, prose } = parseMarkdown(page);
  expect(prose.join("\n").match(/US\$, nominal, as entered/g)?.length).toBeGreaterThanOrEqual(2);
  expect(blocks.filter((block) => /popularidade/.test(block.text))).toEqual([]);
});

test("the page lists the tables of Refined with their columns", () => {
  const shown = listTableRows(page, "The tables").map(([table = "", , columns = ""]) =>
    [table, columns].map((cell) => cell.replaceAll("`", "")).join(": "),
  );
  const refined = [...lake.declared].filter(([table]) => !table.startsWith("trusted_"));
  expect(shown).toEqual(refined.map(([table, columns]) => `${table}: ${Object.keys(columns).join(", ")}`));
});
