/** What goes wrong between raw objects and typed tables, each with the rule of Trusted that prevents it. */
import { expect } from "vitest";
import { answerMovie, DAY, writeMovies } from "./invented-films.ts";
import { listRefused, makeRaw, springTraps, type Trap } from "./spring-traps.ts";

const TMDB = "sql/trusted_tmdb_movies.sql";

const TRAPS: readonly Trap[] = [
  {
    name: "rows of a film that disagree are refused, and no min() chooses between them",
    raw: {
      csv: {
        movies: writeMovies([
          { id: "tt0000010", votes: "18" },
          { id: "tt0000010", votes: "1200" },
        ]),
      },
      records: {},
    },
    holds(lake) {
      expect(listRefused(lake)).toEqual(["trusted_movies"]);
    },
    rules: [{ file: "trusted.yaml", from: "- { unique: [imdb_id] }", to: "- { rows: { at_least: 1 } }" }],
  },
  {
    name: "what is unknown is null: 0, nothing and \\N",
    raw: makeRaw(
      [
        {
          id: "tt0000010",
          minutes: "0",
          genres: "\\N",
          rating: "\\N",
          artists: ["actor|\\N|Zeca|\\N|\\N||tt0000010"],
        },
      ],
      {
        [DAY]: [
          [
            answerMovie("tt0000010", {
              budget: 0,
              revenue: 0,
              runtime: 0,
              vote_average: 0,
              vote_count: 0,
              release_date: "",
              tagline: "",
            }),
          ],
        ],
      },
    ),
    holds(lake) {
      expect(
        lake.ask(
          "SELECT duracao_minutos, generos, nota_imdb FROM trusted_movies",
          "SELECT personagem, ano_nascimento, profissoes FROM trusted_movies_people",
          "SELECT orcamento_usd, receita_usd, duracao_minutos, slogan FROM trusted_tmdb_movies",
          "SELECT data_lancamento, nota_tmdb, votos_tmdb FROM fato_filme",
        ),
      ).toEqual([[[null, null, null]], [[null, null, null]], [[null, null, null, null]], [[null, null, 0]]]);
    },
    rules: [
      {
        file: "sql/trusted_movies.sql",
        from: "nullif(tempoMinutos::integer, 0)",
        to: "tempoMinutos::integer",
      },
      { file: "trusted.yaml", from: `nulls: ['\\N', ""]`, to: `nulls: ['\\N']` },
      { file: "trusted.yaml", from: `nulls: ['\\N', ""]`, to: `nulls: [""]` },
      { file: TMDB, from: "nullif(budget, 0)", to: "budget" },
      { file: TMDB, from: "nullif(revenue, 0)", to: "revenue" },
      { file: TMDB, from: "nullif(runtime, 0)", to: "runtime" },
      { file: TMDB, from: "CASE WHEN vote_count > 0 THEN vote_average END", to: "vote_average" },
      { file: TMDB, from: "nullif(release_date, '')::date", to: "release_date::date" },
      { file: TMDB, from: "nullif(tagline, '')", to: "tagline" },
    ],
  },
  {
    name: "types are declared: values of other sizes, and names that come and go, make no other table",
    raw: makeRaw([], {
      "2026-11-01": [[answerMovie("tt0000010", { origin_country: undefined, revenue: 7 })]],
      "2026-11-20": [
        [
          answerMovie("tt0000020", { release_date: "", softcore: false, revenue: 3_000_000_000 }),
          answerMovie("tt0000030", { release_date: "2001-05-01" }),
        ],
      ],
    }),
    holds(lake) {
      for (const [dataset, columns] of lake.declared) {
        expect(Object.keys(lake.computed.get(dataset) ?? {}), dataset).toEqual(Object.keys(columns));
      }
      expect(
        lake.ask(
          "SELECT data_lancamento, receita_usd, paises_origem FROM trusted_tmdb_movies ORDER BY imdb_id",
        ),
      ).toEqual([
        [
          ["2010-06-18", "7", null],
          [null, "3000000000", ["US"]],
          ["2001-05-01", null, ["US"]],
        ],
      ]);
    },
    rules: [
      { file: "trusted.yaml", from: "release_date: varchar\n", to: "release_date: date\n" },
      { file: "trusted.yaml", from: "revenue: bigint\n", to: "revenue: integer\n" },
      { file: TMDB, from: "SELECT\n  id AS tmdb_id", to: "SELECT\n  *, id AS tmdb_id" },
    ],
  },
  {
    name: "a film that was collected twice on a day has its newer answer of that day",
    raw: makeRaw([], {
      [DAY]: [
        [answerMovie("tt0000010", { vote_count: 1100 })],
        [answerMovie("tt0000010", { vote_count: 900 })],
      ],
    }),
    holds(lake) {
      expect(listRefused(lake)).toEqual([]);
      expect(lake.ask("SELECT votos_tmdb FROM trusted_tmdb_movies")).toEqual([[[900]]]);
    },
    rules: [
      { file: TMDB, from: "ORDER BY _object DESC", to: "ORDER BY _object" },
      {
        file: TMDB,
        from: "  QUALIFY row_number() OVER (PARTITION BY id ORDER BY _object DESC) = 1\n",
        to: "",
      },
    ],
  },
];

springTraps(TRAPS);
