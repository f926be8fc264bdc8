/**
 * The four shipped Dags in their order, by the real command line and engine: raw objects, Trusted, Refined, and the answers of
 * docs/analysis.md. A second time nothing is asked and nothing is written.
 */
import { cpSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { TmdbSimulator } from "../../quickstart/simulator/tmdb-simulator.ts";
import { listKeys, runDuckDb, type Row } from "../docs/lake-to-read.ts";
import { parseMarkdown } from "../docs/markdown.ts";
import { isUnknown, openCliWorld, startSimulator, writeSamples, type CliWorld } from "../support/cli.ts";

const DAGS = fileURLToPath(new URL("../../dags", import.meta.url));
const PAGE = fileURLToPath(new URL("../../docs/analysis.md", import.meta.url));
const IN_ORDER = ["csv_ingest", "tmdb_ingest", "trusted", "refined"];

let simulator: TmdbSimulator;
let world: CliWorld;
let known: readonly string[];
beforeAll(async () => {
  simulator = await startSimulator({ structureDrift: true });
  world = openCliWorld({ TMDB_BASE_URL: simulator.url });
  cpSync(DAGS, world.dagsFolder, { recursive: true });
  const { movies } = await writeSamples(world, { movies: 120, series: 30 });
  known = movies.filter((id) => !isUnknown(id));
  for (const dag of ["csv_ingest", "tmdb_ingest"]) await world.prepare(["run", dag, "--date", "2026-11-22"]);
  await world.prepare(["run", "tmdb_ingest", "--date", "2026-11-24", "--refetch"]);
  // As docs/analysis.md has it for a lake that had days before there were tables.
  await world.prepare(["backfill", "trusted", "--from", "2026-11-22", "--to", "2026-11-24"]);
  await world.prepare(["run", "refined", "--date", "2026-11-24"]);
}, 240_000);
afterAll(async () => {
  await simulator.close();
  world.remove();
});

/** The rows of the queries, with the views of the page. */
function ask(...queries: readonly string[]): readonly (readonly Row[])[] {
  const setup = parseMarkdown(readFileSync(PAGE, "utf8")).blocks.find((block) => block.language === "sql");
  const statements = [setup?.text.replace("'data/lake'", `'${world.lakeFolder}'`) ?? "", ...queries];
  return runDuckDb(statements).slice(1);
}

test("each table is one object, and TMDB's are one for each day of collection", () => {
  const keys = ["Trusted", "Refined"].flatMap((layer) => listKeys(world.lakeFolder, layer));
  expect(keys.filter((key) => key.endsWith(".parquet"))).toEqual([
    "Trusted/Local/Parquet/Movies/movies.parquet",
    "Trusted/Local/Parquet/MoviesPeople/movies_people.parquet",
    "Trusted/Local/Parquet/Series/series.parquet",
    "Trusted/Local/Parquet/SeriesPeople/series_people.parquet",
    "Trusted/TMDB/Parquet/Movies/dt=2026-11-22/movies.parquet",
    "Trusted/TMDB/Parquet/Movies/dt=2026-11-24/movies.parquet",
    "Trusted/TMDB/Parquet/Series/dt=2026-11-22/series.parquet",
    "Trusted/TMDB/Parquet/Series/dt=2026-11-24/series.parquet",
    "Refined/Parquet/DimData/dim_data.parquet",
    "Refined/Parquet/DimFilme/dim_filme.parquet",
    "Refined/Parquet/DimGenero/dim_genero.parquet",
    "Refined/Parquet/DimProdutora/dim_produtora.parquet",
    "Refined/Parquet/FatoFilme/fato_filme.parquet",
    "Refined/Parquet/FatoParticipacao/fato_participacao.parquet",
    "Refined/Parquet/PonteFilmeGenero/ponte_filme_genero.parquet",
    "Refined/Parquet/PonteFilmeProdutora/ponte_filme_produtora.parquet",
  ]);
});

test("the fact has each film that TMDB knows once, of the newest day, with IMDb's rating of the CSV", () => {
  const [films = [], joined = []] = ask(
    "SELECT imdb_id, coletado_em FROM fato_filme ORDER BY imdb_id",
    "SELECT count(nota_imdb) AS rated, count(*) FILTER (is_disney) AS disney FROM fato_filme",
  );
  expect(films.map((row) => row["imdb_id"])).toEqual(known.toSorted());
  expect(new Set(films.map((row) => row["coletado_em"]))).toEqual(new Set(["2026-11-24"]));
  expect(joined[0]?.["rated"]).toBe(String(known.length));
  expect(Number(joined[0]?.["disney"])).toBeGreaterThan(10);
});

test("each question of the page has an answer", () => {
  const { blocks } = parseMarkdown(readFileSync(PAGE, "utf8"));
  const queries = blocks.filter((block) => block.language === "sql").slice(1);
  const answers = ask(...queries.map((block) => block.text));
  for (const [index, { text }] of queries.entries())
    // No invented film is in the list of streaming releases.
    expect((answers[index] ?? []).length > 0, text).toBe(!text.startsWith("-- released to streaming"));
});

test("names that TMDB has and the Dag does not declare are counted, and a day without answers is no warning", () => {
  const events = world.query<{ kind: string; level: string; message: string }>(
    "SELECT kind, level, message FROM v_events WHERE kind IN ('names_undeclared', 'table_without_input')",
  );
  expect(events.filter(({ kind }) => kind === "names_undeclared").map(({ message }) => message)).toEqual([
    expect.stringMatching(/softcore/),
    expect.stringMatching(/softcore/),
  ]);
  expect(events.filter(({ kind }) => kind === "table_without_input").map(({ level }) => level)).toEqual([
    "info",
    "info",
  ]);
});

test("a second time, nothing is asked and nothing is written", async () => {
  const before = world.listLake();
  simulator.reset();
  for (const dag of IN_ORDER) await world.prepare(["run", dag, "--date", "2026-11-24", "--rerun"]);
  expect(simulator.requests).toBe(0);
  expect(world.listLake().filter((line) => !before.includes(line) && !/\/\.|\.csv /.test(line))).toEqual([]);
});
