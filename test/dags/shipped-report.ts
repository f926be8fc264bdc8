/** The shipped report of the golden case: seven answers of six Disney films of the century, whose figures were computed by hand. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import type { JsonValue } from "../../model/dag/dag.ts";
import { openTableWorld } from "../tasks/table-world.ts";

const DAGS = fileURLToPath(new URL("../../dags", import.meta.url));
const DATE = "2026-11-23T09:00:00Z";

/** Title, release, budget and revenue in US$, note, votes, whether Disney's, whether released to streaming. */
export const GOLDEN = `tt1|2001-01-01|100000000|400000000|8.2|1100|true|false
tt2|2000-12-31|50000000|500000000|9.0|5000|true|false
tt3|2009-05-29|175000000|735000000|8.0|20000|true|false
tt4|2022-03-11|||6.3|1600|true|true
tt5|2010-01-01|80000000||10.0|3|true|false
tt6|2015-01-01|200000000|20000000|4.0|900|true|false
tt7|2024-12-31||90000000|7.0|2000|true|false
tt8|2012-01-01|1000|9000000000|9.9|90000|false|false
`;

interface ReportDag {
  readonly params: Readonly<Record<string, JsonValue>>;
  readonly tasks: { readonly disney: { readonly with: Readonly<Record<string, object | string>> } };
}

const TABLES = {
  fato_filme: {
    sql: `select id as imdb_id, release as data_lancamento, budget as orcamento_usd, revenue as receita_usd,
      revenue::bigint - budget::bigint as lucro_usd, note as nota_tmdb, votes as votos_tmdb, disney as is_disney,
      streaming as is_streaming, '2026-11-20' as coletado_em from raw`,
    columns: {
      imdb_id: "varchar",
      data_lancamento: "date",
      orcamento_usd: "bigint",
      receita_usd: "bigint",
      lucro_usd: "bigint",
      nota_tmdb: "decimal(5,3)",
      votos_tmdb: "integer",
      is_disney: "boolean",
      is_streaming: "boolean",
      coletado_em: "date",
    },
  },
  dim_filme: {
    sql: "select id as imdb_id, 'Filme ' || id as titulo, 'Film ' || id as titulo_imdb, null as titulo_original from raw",
    columns: { imdb_id: "varchar", titulo: "varchar", titulo_imdb: "varchar", titulo_original: "varchar" },
  },
  dim_genero: {
    sql: "select 16 as genero_id, 'Animação' as nome from raw limit 1",
    columns: { genero_id: "bigint", nome: "varchar" },
  },
  ponte_filme_genero: {
    sql: "select id as imdb_id, 16 as genero_id from raw",
    columns: { imdb_id: "varchar", genero_id: "bigint" },
  },
} as const;

/** Its pages as HTML. `films`: rows as in `GOLDEN`. */
export async function makeShippedReport(
  films = GOLDEN,
  params: Readonly<Record<string, JsonValue>> = {},
): Promise<{ readonly pt: string; readonly en: string }> {
  const dag = parse(readFileSync(join(DAGS, "report.yaml"), "utf8")) as ReportDag;
  const written = dag.tasks.disney.with;
  const tables = await openTableWorld();
  const header = "id|release|budget|revenue|note|votes|disney|streaming\n";
  await tables.store("movies", "Raw/Movies/2026/11/23/movies.csv", header + films);
  const run = await tables.makeRun(DATE, { ...dag.params, ...params });
  for (const [dataset, { sql, columns }] of Object.entries(TABLES)) {
    const inputs = { raw: { dataset: "movies", format: "csv" } };
    await tables.make(run, { dataset, key: `Refined/${dataset}.parquet`, inputs, sql, columns });
  }
  const sql = readFileSync(join(DAGS, "sql/report_disney.sql"), "utf8");
  await tables.makeReport(run, { ...written, sql, key: "Report/disney-${language}.html" });
  return {
    pt: await tables.readPage("Report/disney-pt.html"),
    en: await tables.readPage("Report/disney-en.html"),
  };
}
