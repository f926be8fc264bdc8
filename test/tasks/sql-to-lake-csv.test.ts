/** What a sql-to-lake task reads of a CSV, and what it says of one that is not as its first line says. */
import { expect, test } from "vitest";
import { openTableWorld, type TableWorld } from "./table-world.ts";

const KEY = "Trusted/Movies/movies.parquet";
const RAW = "Raw/Movies/2026/11/23/movies.csv";
const WRITTEN = {
  dataset: "trusted_movies",
  key: KEY,
  inputs: { raw: { dataset: "movies", format: "csv" } },
  sql: "select id, title, note from raw",
  columns: { id: "varchar", title: "varchar", note: "varchar" },
};
const DATE = "2026-11-23T09:00:00Z";
const ROW = { id: "tt1", title: "a", note: "7" };

async function make(text: string | Buffer, change: object = {}): Promise<TableWorld> {
  const tables = await openTableWorld();
  await tables.store("movies", RAW, text);
  await tables.make(await tables.makeRun(DATE), { ...WRITTEN, ...change });
  return tables;
}

test.each([
  ["LF", "id|title|note\ntt1|a|7\n", [ROW]],
  ["CRLF", "id|title|note\r\ntt1|a|7\r\n", [ROW]],
  ["a BOM", "\ufeffid|title|note\ntt1|a|7\n", [ROW]],
  ["a BOM and CRLF", "\ufeffid|title|note\r\ntt1|a|7\r\n", [ROW]],
  ["no end of the last line", "id|title|note\ntt1|a|7", [ROW]],
  ["empty lines at its end", "id|title|note\ntt1|a|7\n\n\n", [ROW]],
  ["an empty line in the middle", "id|title|note\ntt1|a|7\n\ntt1|a|7\n", [ROW, ROW]],
  ["a quote that is not closed", 'id|title|note\ntt1|"a|7\n', [{ ...ROW, title: '"a' }]],
  ["a quoted value", 'id|title|note\ntt1|"a"|7\n', [{ ...ROW, title: '"a"' }]],
  ["white space", "id|title|note\ntt1| a |7\n", [{ ...ROW, title: " a " }]],
  ["no rows", "id|title|note\n", []],
  ["no rows and no end of its line", "id|title|note", []],
])("a CSV with %s", async (_what, text, rows) => {
  const tables = await make(text);
  expect(await tables.read(KEY)).toEqual(rows);
});

const LATIN = Buffer.from("id|title|note\ntt1|caf\u00e9|7\n", "latin1");

test.each([
  [
    "too few columns",
    "id|title|note\ntt1|a|7\ntt2|b\n",
    /line 3: it has 2 columns, and the first line has 3: tt2\|b/,
  ],
  [
    "too many columns",
    "id|title|note\ntt1|a|7\ntt2|b|7|x\n",
    /line 3: it has 4 columns, and the first line has 3/,
  ],
  ["too few columns at its end", "id|title|note\ntt1|a|7\ntt2", /line 3: it has 1 columns/],
  ["a value over two lines", 'id|title|note\ntt1|"a\nb"|7\n', /line 2: it has 2 columns/],
  ["text that is not UTF-8", LATIN, /line 2: it is not UTF-8: tt1\|caf\\u\{fffd\}\|7/],
  [
    "lines that end in two ways",
    "id|title|note\r\ntt1|a|7\ntt2|b|7\r\n",
    /line 2: it ends in LF, and the first line in CRLF/,
  ],
  [
    "lines that end otherwise than the first",
    "id|title|note\ntt1|a|7\r\n",
    /line 2: it ends in CRLF, and the first line in LF/,
  ],
  ["a carriage return inside a line", "id|title|note\ntt1|a\rb|7\n", /line 2: it holds a carriage return/],
  [
    "a line of 3 MB",
    `id|title|note\ntt1|${"a".repeat(3_000_000)}|7\n`,
    /line 2: it has more than 2000000 bytes/,
  ],
  ["two columns of one name", "id|title|Title\ntt1|a|7\n", /line 1: two columns are called Title/],
  ["a column without a name", "id||note\ntt1|a|7\n", /line 1: column 2 has no name/],
  ["the name of the column with the key", "id|title|_object\ntt1|a|7\n", /line 1: _object is the name/],
  ["no line at all", "", /has no line of column names/],
  ["an empty first line", "\nid|title|note\n", /has no line of column names/],
])("a CSV with %s is refused with its object and its line", async (_what, text, message) => {
  const tables = await openTableWorld();
  await tables.store("movies", RAW, text);
  const making = tables.make(await tables.makeRun(DATE), WRITTEN);
  await expect(making).rejects.toMatchObject({ code: "CSV_NOT_READABLE", retryable: false });
  await expect(making).rejects.toThrow(message);
  await expect(making).rejects.toThrow(RAW);
  expect(await tables.world.lake.head(KEY)).toBeUndefined();
  expect(tables.listLeftFolders()).toEqual([]);
});

test("a faulty row is refused also where the SQL reads no column of it; the fault names the right one of two objects", async () => {
  const tables = await openTableWorld();
  await tables.store("movies", "Raw/Movies/1.csv", "id|title\ntt1|a\n");
  await tables.store("movies", "Raw/Movies/2.csv", "id|title\ntt1|a\ntt2\n");
  const counted = {
    ...WRITTEN,
    inputs: { raw: { dataset: "movies", format: "csv", take: "all" } },
    sql: "select count(*)::varchar as n from raw",
    columns: { n: "varchar" },
  };
  const making = tables.make(await tables.makeRun(DATE), counted);
  await expect(making).rejects.toThrow(
    "Raw/Movies/2.csv line 3: it has 1 columns, and the first line has 2: tt2.",
  );
});

test("a cell that is not UTF-8 and is the only one that is read is a plain fault too", async () => {
  const making = make(LATIN, { sql: "select title from raw", columns: { title: "varchar" } });
  await expect(making).rejects.toMatchObject({ code: "CSV_NOT_READABLE" });
  await expect(making).rejects.toThrow(/line 2: it is not UTF-8/);
});

test("a fault of the SQL over a CSV stays a fault of the SQL", async () => {
  const making = make("id|title|note\ntt1|a|CSV\n", {
    sql: "select id, title, note::integer as note from raw",
  });
  await expect(making).rejects.toMatchObject({ code: "SQL_FAILED" });
});
