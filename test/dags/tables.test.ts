/** What holds for every table of Trusted and Refined: its columns, its types, its SQL file, and which tables there are. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildLake, type BuiltLake } from "./built-lake.ts";
import { answerMovie, answerSeries, DAY, writeMovies, writeSeries } from "./invented-films.ts";

const SQL = fileURLToPath(new URL("../../dags/sql", import.meta.url));

const TABLES = [
  "dim_data",
  "dim_filme",
  "dim_genero",
  "dim_produtora",
  "fato_filme",
  "fato_participacao",
  "ponte_filme_genero",
  "ponte_filme_produtora",
  "trusted_movies",
  "trusted_movies_people",
  "trusted_series",
  "trusted_series_people",
  "trusted_tmdb_movies",
  "trusted_tmdb_series",
];

const raw = {
  csv: {
    movies: writeMovies([{ id: "tt0000010" }]),
    series: writeSeries([{ id: "tt0000011", endYear: "2012", artists: ["actress|\\N|Ana|\\N|\\N||\\N"] }]),
  },
  records: {
    tmdb_movies: { [DAY]: [[answerMovie("tt0000010")]] },
    tmdb_series: { [DAY]: [[answerSeries("tt0000011")]] },
  },
};

const folder = mkdtempSync(join(tmpdir(), "dagmar-test-"));
let lake: BuiltLake;
beforeAll(() => {
  lake = buildLake(raw, undefined, folder);
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const plain = (type: string): string =>
  type
    .replace(/ not null$/, "")
    .replaceAll(/[\s"]/g, "")
    .toLowerCase();

test("every raw dataset has its tables, and each SQL file makes one of them", () => {
  expect([...lake.declared.keys()].toSorted()).toEqual(TABLES);
  const named = readdirSync(SQL)
    .filter((file) => !file.startsWith("report_"))
    .map((file) => file.replace(/^refined_|\.sql$/g, ""));
  expect(named.toSorted()).toEqual(TABLES);
});

test.each(TABLES)("%s: the SELECT gives the declared columns, in their order and of their types", (table) => {
  const computed = Object.entries(lake.computed.get(table) ?? {});
  const declared = Object.entries(lake.declared.get(table) ?? {});
  const say = ([name, type]: readonly [string, string]): string => `${name} ${plain(type)}`;
  expect(computed.length).toBeGreaterThan(1);
  expect(computed.map(say)).toEqual(declared.map(say));
});

test("above every step of an SQL file a sentence says why", () => {
  const bare = readdirSync(SQL).flatMap((file) => {
    const lines = readFileSync(join(SQL, file), "utf8").split("\n");
    const isStep = (line: string): boolean => /^(?:WITH )?\w+ AS \($|^SELECT\b/.test(line);
    return lines.flatMap((line, index) =>
      isStep(line) && !lines[index - 1]?.startsWith("-- ") ? [`${file}:${index + 1}: ${line}`] : [],
    );
  });
  expect(bare).toEqual([]);
});

test("titles and people of series are apart, and a series' answer has its IMDb id and its day", () => {
  expect(
    lake.ask(
      "SELECT imdb_id, ano, ano_termino, generos, linhas_no_csv FROM trusted_series",
      "SELECT imdb_id, nome, personagem, profissoes FROM trusted_series_people",
      "SELECT imdb_id, data_estreia, data_ultimo_episodio, nota_tmdb, dt FROM trusted_tmdb_series",
    ),
  ).toEqual([
    [["tt0000011", 2010, 2012, ["Animation", "Comedy"], "1"]],
    [["tt0000011", "Ana", null, null]],
    [["tt0000011", "2015-03-01", null, null, DAY]],
  ]);
});

test("a credit of the cast and one of the crew are two participations of a film", () => {
  expect(
    lake.ask("SELECT imdb_id, pessoa_id, departamento, papel, personagem FROM fato_participacao ORDER BY 2"),
  ).toEqual([
    [
      ["tt0000010", "1", "Acting", "Actor", "O Vento"],
      ["tt0000010", "2", "Directing", "Director", null],
    ],
  ]);
});

test("without any answer of TMDB, the tables of the CSVs are made all the same", () => {
  const csvOnly = buildLake({ csv: raw.csv, records: {} });
  expect([...csvOnly.declared.keys()].toSorted()).toEqual(
    TABLES.filter((name) => /^trusted_(?:movies|series)/.test(name)),
  );
});
