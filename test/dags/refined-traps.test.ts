/** What goes wrong when films are counted and compared, each with the rule of Refined that prevents it. */
import { expect } from "vitest";
import {
  answerMovie,
  ARTIST,
  DAY,
  describeCompany,
  DISNEY,
  DISNEY_ANIMATION,
  DISNEY_JAPAN,
  PIXAR,
} from "./invented-films.ts";
import { listRefused, makeRaw, springTraps, type Trap } from "./spring-traps.ts";

const FACT = "sql/refined_fato_filme.sql";
const million = (amount: number): number => amount * 1_000_000;

const TRAPS: readonly Trap[] = [
  {
    name: "a film with a row per artist, two genres and two companies is one row, and its money counts once",
    raw: makeRaw([{ id: "tt0000010", artists: [ARTIST, ARTIST.replace("Zeca", "Rita")] }], {
      [DAY]: [
        [
          answerMovie("tt0000010", {
            budget: million(100),
            revenue: million(400),
            genres: [
              { id: 16, name: "Animação" },
              { id: 35, name: "Comédia" },
            ],
            production_companies: [describeCompany(DISNEY), describeCompany(DISNEY_ANIMATION)],
          }),
        ],
      ],
    }),
    holds(lake) {
      expect(listRefused(lake)).toEqual([]);
      expect(
        lake.ask(
          "SELECT count(*), sum(lucro_usd), sum(votos_imdb) FROM fato_filme",
          "SELECT linhas_no_csv FROM trusted_movies",
          "SELECT genero_id FROM ponte_filme_genero",
          "SELECT produtora_id FROM ponte_filme_produtora",
        ),
      ).toEqual([[["1", String(million(300)), "1200"]], [["2"]], [["16"], ["35"]], [["2"], ["6125"]]]);
    },
    rules: [
      {
        file: "sql/trusted_movies.sql",
        from: "count(*) AS linhas_no_csv\n  FROM raw\n  GROUP BY ALL",
        to: "1 AS linhas_no_csv\n  FROM raw",
      },
      {
        file: FACT,
        from: "FROM por_imdb\nLEFT JOIN",
        to: "FROM (SELECT *, unnest(produtora_ids) FROM por_imdb) AS por_imdb\nLEFT JOIN",
      },
    ],
  },
  {
    name: "films of one title and one year have each its own rating, and one without a row in the CSV has none",
    raw: makeRaw(
      [
        { id: "tt0000010", title: "O Rei Vento", rating: "8.5" },
        { id: "tt0000020", title: "O Rei Vento", rating: "6.8" },
      ],
      {
        [DAY]: [
          ["tt0000010", "tt0000020", "tt0000030"].map((id) => answerMovie(id, { title: "O Rei Vento" })),
        ],
      },
    ),
    holds(lake) {
      expect(lake.ask("SELECT imdb_id, nota_imdb FROM fato_filme ORDER BY ALL")).toEqual([
        [
          ["tt0000010", "8.5"],
          ["tt0000020", "6.8"],
          ["tt0000030", null],
        ],
      ]);
    },
    rules: [
      {
        file: FACT,
        from: "LEFT JOIN imdb USING (imdb_id)",
        to: "LEFT JOIN imdb ON imdb.ano = year(por_imdb.data_lancamento)",
      },
    ],
  },
  {
    name: "a profit needs a budget and a revenue",
    raw: makeRaw([], {
      [DAY]: [
        [
          answerMovie("tt0000010", { budget: million(80), revenue: 0 }),
          answerMovie("tt0000020", { budget: 0, revenue: million(90) }),
          answerMovie("tt0000030", { budget: million(10), revenue: million(4) }),
        ],
      ],
    }),
    holds(lake) {
      expect(
        lake.ask(
          "SELECT count(orcamento_usd), count(receita_usd), count(lucro_usd), sum(lucro_usd) FROM fato_filme",
        ),
      ).toEqual([[["2", "2", "1", String(million(-6))]]]);
    },
    rules: [
      {
        file: FACT,
        from: "por_imdb.receita_usd - por_imdb.orcamento_usd",
        to: "coalesce(por_imdb.receita_usd, 0) - coalesce(por_imdb.orcamento_usd, 0)",
      },
    ],
  },
  {
    name: "a film of the declared list of streaming releases is marked",
    raw: makeRaw([], { [DAY]: [[answerMovie("tt8097030"), answerMovie("tt0000010")]] }),
    holds(lake) {
      expect(lake.ask("SELECT imdb_id, is_streaming FROM fato_filme ORDER BY ALL")).toEqual([
        [
          ["tt0000010", false],
          ["tt8097030", true],
        ],
      ]);
    },
    rules: [
      { file: FACT, from: "list_contains($streaming::varchar[], por_imdb.imdb_id)", to: "false" },
      { file: "refined.yaml", from: "    - tt8097030 # Turning Red\n", to: "" },
    ],
  },
  {
    name: "Disney is known by its companies' ids: Pixar alone is, the company in Japan is not",
    raw: makeRaw([], {
      [DAY]: [
        [
          answerMovie("tt0000010", { production_companies: [describeCompany(PIXAR)] }),
          answerMovie("tt0000020", { production_companies: [describeCompany(DISNEY_JAPAN)] }),
          answerMovie("tt0000030", { production_companies: [] }),
        ],
      ],
    }),
    holds(lake) {
      expect(
        lake.ask(
          "SELECT imdb_id FROM fato_filme WHERE is_disney",
          "SELECT imdb_id FROM fato_filme WHERE is_disney IS NULL",
          "SELECT nome FROM dim_produtora WHERE is_disney",
        ),
      ).toEqual([[["tt0000010"]], [], [["Pixar"]]]);
    },
    rules: [
      {
        file: FACT,
        from: "list_has_any(por_imdb.produtora_ids, $companies::bigint[])",
        to: "por_imdb.imdb_id IN (SELECT t.imdb_id FROM (SELECT imdb_id, unnest(produtoras).nome AS nome FROM tmdb) AS t WHERE nome LIKE '%Disney%')",
      },
      { file: "refined.yaml", from: "companies: [2, 6125, 3]", to: "companies: [2, 6125]" },
    ],
  },
  {
    name: "a film belongs to the century of its release date; a CSV of another year is counted",
    raw: makeRaw(
      [
        { id: "tt0000010", year: "2001" },
        { id: "tt0000020", year: "2001" },
      ],
      {
        [DAY]: [
          [
            answerMovie("tt0000010", { release_date: "2000-12-31" }),
            answerMovie("tt0000020", { release_date: "2001-01-01" }),
          ],
        ],
      },
    ),
    holds(lake) {
      expect(
        lake.ask(
          "SELECT imdb_id, ano, seculo FROM fato_filme JOIN dim_data ON data = data_lancamento ORDER BY ALL",
          "SELECT imdb_id FROM dim_filme WHERE ano_difere",
        ),
      ).toEqual([
        [
          ["tt0000010", 2000, 20],
          ["tt0000020", 2001, 21],
        ],
        [["tt0000010"]],
      ]);
      const told = lake.breaches.filter(({ dataset }) => dataset === "dim_filme");
      expect(told.map(({ severity, rows }) => [severity, rows.map((row) => row["imdb_id"])])).toEqual([
        ["warn", ["tt0000010"]],
      ]);
    },
    rules: [
      { file: "sql/refined_dim_data.sql", from: "century(data)", to: "(year(data) // 100 + 1)" },
      {
        file: "sql/refined_dim_filme.sql",
        from: "imdb.ano <> year(respostas.data_lancamento)",
        to: "false",
      },
      { file: "refined.yaml", from: "from output where ano_difere", to: "from output where false" },
    ],
  },
  {
    name: "a film that was collected on two days counts once, with its newest answer",
    raw: makeRaw([], {
      "2026-11-01": [[answerMovie("tt0000010", { budget: million(100), revenue: million(300) })]],
      "2026-11-20": [[answerMovie("tt0000010", { budget: million(100), revenue: million(400) })]],
    }),
    holds(lake) {
      expect(listRefused(lake)).toEqual([]);
      expect(
        lake.ask(
          "SELECT sum(lucro_usd), max(coletado_em) FROM fato_filme",
          "SELECT count(*) FROM ponte_filme_genero",
          "SELECT count(*) FROM ponte_filme_produtora",
          "SELECT count(*) FROM fato_participacao",
          "SELECT count(*) FROM dim_filme",
        ),
      ).toEqual([[[String(million(300)), "2026-11-20"]], [["1"]], [["1"]], [["2"]], [["1"]]]);
    },
    rules: [
      { file: FACT, from: "ORDER BY dt DESC", to: "ORDER BY dt" },
      ...["dim_filme", "fato_participacao", "ponte_filme_genero", "ponte_filme_produtora"].map((table) => ({
        file: `sql/refined_${table}.sql`,
        from: "tmdb.dt = filmes.coletado_em",
        to: "tmdb.dt > filmes.coletado_em",
      })),
    ],
  },
  {
    name: "a film whose id changed between two days counts once",
    raw: makeRaw([], {
      "2026-11-01": [[answerMovie("tt0000010", { id: 500 }), answerMovie("tt0000030", { id: 501 })]],
      "2026-11-20": [[answerMovie("tt0000020", { id: 500 }), answerMovie("tt0000030", { id: 502 })]],
    }),
    holds(lake) {
      expect(listRefused(lake)).toEqual([]);
      expect(lake.ask("SELECT imdb_id, tmdb_id FROM fato_filme ORDER BY ALL")).toEqual([
        [
          ["tt0000020", "500"],
          ["tt0000030", "502"],
        ],
      ]);
    },
    rules: ["tmdb_id ORDER BY dt DESC", "imdb_id ORDER BY dt DESC, tmdb_id DESC"].map((order) => ({
      file: FACT,
      from: `  QUALIFY row_number() OVER (PARTITION BY ${order}) = 1\n`,
      to: "",
    })),
  },
  {
    name: "popularity is the newest day's, and has its day",
    raw: makeRaw([], {
      "2026-11-01": [[answerMovie("tt0000010", { popularity: 900 })]],
      "2026-11-20": [[answerMovie("tt0000010", { popularity: 12 })]],
    }),
    holds(lake) {
      expect(lake.ask("SELECT popularidade, coletado_em FROM fato_filme")).toEqual([[[12, "2026-11-20"]]]);
    },
    rules: [
      {
        file: FACT,
        from: "por_imdb.popularidade,",
        to: "(SELECT max(popularidade) FROM tmdb WHERE tmdb.imdb_id = por_imdb.imdb_id) AS popularidade,",
      },
    ],
  },
];

springTraps(TRAPS);
