/**
 * What docs/reading-the-lake.md says for Spark and Athena, which cannot run here, is compared with a lake that the product
 * wrote: paths, columns, JSON paths and projected days; and DuckDB runs what is common SQL.
 */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { listKeys, openReadableLake, runDuckDb, type ReadableLake } from "./lake-to-read.ts";
import { parseMarkdown } from "./markdown.ts";

const PAGE = fileURLToPath(new URL("../../docs/reading-the-lake.md", import.meta.url));
const { blocks } = parseMarkdown(readFileSync(PAGE, "utf8"));
const athena = blocks.filter(({ heading }) => heading === "Athena").map(({ text }) => text);
const spark = blocks.find(({ heading }) => heading === "Spark")?.text ?? "";

let lake: ReadableLake;
beforeAll(async () => {
  lake = await openReadableLake();
}, 180_000);
afterAll(() => lake.close());

const find = (text: string, pattern: RegExp): string => pattern.exec(text)?.[1] ?? "";
const tables = athena.filter((text) => text.includes("CREATE EXTERNAL TABLE"));
const view = athena.find((text) => text.includes("VIEW")) ?? "";
const readHeader = (): readonly string[] =>
  readFileSync(join(lake.folder, "Raw/Local/CSV/Movies/2026/11/22/movies.csv"), "utf8")
    .split("\n", 1)[0]
    ?.split("|") ?? [];
const countTitles = (): string => String(new Set([...lake.movies.first, ...lake.movies.second]).size);

test("each Athena table lies where its objects are, and the projected days are their folders", () => {
  expect(tables).toHaveLength(2);
  for (const table of tables) {
    const location = find(table, /LOCATION 's3:\/\/BUCKET\/(.*)'/);
    expect(existsSync(join(lake.folder, location))).toBe(true);
    expect(find(table, /'storage\.location\.template' = 's3:\/\/BUCKET\/(.*)'/)).toBe(`${location}\${day}/`);
    expect(find(table, /'projection\.day\.format' = '(.*)'/)).toBe("yyyy/MM/dd");
    const data = listKeys(lake.folder, location).filter((key) => !/\/\.[^/]*$/.test(key));
    for (const key of data) expect(dirname(key)).toMatch(new RegExp(`^${location}\\d{4}/\\d{2}/\\d{2}$`));
    expect(data.length).toBeGreaterThan(1);
  }
});

test("the columns of csv_movies are those of the CSV, in its order", () => {
  const columns = find(tables[1] ?? "", /csv_movies \(([^)]*)\)/);
  expect(columns.split(",").map((column) => column.trim().replace(/ string$/, ""))).toEqual(readHeader());
});

test("each JSON path of the view is in the records", () => {
  const [record] = JSON.parse(
    readFileSync(join(lake.folder, lake.recordObjects.find((key) => key.includes("/Movies/")) ?? ""), "utf8"),
  ) as readonly object[];
  const paths = [...view.matchAll(/'\$\.(\w+)'/g)].map((match) => match[1]);
  expect(paths.length).toBeGreaterThan(4);
  expect(Object.keys(record ?? {})).toEqual(expect.arrayContaining(paths));
});

/** DuckDB's form of what the Athena tables and views give. */
function setUp(): string {
  const lines = "delim = '\x01', quote = '', escape = '', header = false, auto_detect = false";
  const day = String.raw`regexp_extract(filename, '(\d{4}/\d{2}/\d{2})/[^/]*$', 1) AS day`;
  const plain = "delim = '|', header = true, quote = '', escape = '', nullstr = '\\N', all_varchar = true";
  return `
    CREATE TABLE tmdb_movies_lines AS SELECT line, ${day}
      FROM read_csv('${lake.folder}/Raw/TMDB/JSON/Movies/*/*/*/*.json', columns = {line: 'VARCHAR'}, filename = true, ${lines});
    CREATE VIEW tmdb_movies_all AS SELECT day, json_extract_string(record, '$.imdb_id') AS imdb_id,
      json_extract_string(record, '$.title') AS title, json_extract(record, '$.vote_average')::DOUBLE AS vote_average
      FROM (${find(view, /FROM \((.*)\);/)});
    CREATE VIEW csv_movies AS SELECT *, ${day}
      FROM read_csv('${lake.folder}/Raw/Local/CSV/Movies/*/*/*/*.csv', filename = true, ${plain})`;
}

test("the Athena queries and the view's rule for lines give each title", () => {
  const queries = (athena.at(-1) ?? "").split(";").filter((text) => text.trim() !== "");
  const [, titles, joined, oneDay] = runDuckDb([setUp(), ...queries]);
  expect(titles).toEqual([{ titles: countTitles() }]);
  expect(new Set(joined?.map(({ id }) => id))).toEqual(new Set(lake.movies.first));
  expect(oneDay).toHaveLength(lake.movies.first.length);
});

test("the paths of the Spark block exist, and its queries give each title", () => {
  const paths = [...spark.matchAll(/\{lake\}\/(Raw\/[^"]*)"/g)].map((match) => `${lake.folder}/${match[1]}`);
  const found = runDuckDb(paths.map((path) => `FROM glob('${path}')`));
  expect(found.map((files) => files.length > 0)).toEqual([true, true]);
  expect(found[0]).toHaveLength(lake.recordObjects.filter((key) => key.includes("/Movies/")).length);
  const queries = [...spark.matchAll(/spark\.sql\("+([^"]*)"+\)/g)].map((match) => match[1] ?? "");
  const onlyDay = "CREATE OR REPLACE VIEW csv_movies AS SELECT * FROM csv_of_days WHERE day = '2026/11/22'";
  const [, , titles, joined] = runDuckDb([
    setUp().replace("VIEW csv_movies", "VIEW csv_of_days"),
    onlyDay,
    ...queries,
  ]);
  expect(titles).toEqual([{ titles: countTitles() }]);
  expect(new Set(joined?.map(({ id }) => id))).toEqual(new Set(lake.movies.first));
});
