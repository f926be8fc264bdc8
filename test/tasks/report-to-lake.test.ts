/** What a report-to-lake task makes, leaves as it is, and refuses; what its pages hold, and what they never hold. */
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { openTableWorld, type TableWorld } from "./table-world.ts";

const HOSTILE = `</text></style><script>alert(1)</script> "quotes" 'and' \u202eright to left`;
const LONG = "Supercalifragilistic ".repeat(10).trim();
const CSV = `id|title|year|note|budget|revenue
tt1|Up|2009|8.0|175000000|735000000
tt2|${HOSTILE}|2010|4.25|200000000|20000000
tt3|${LONG}|2012|6.5|1500|2500000000
tt4|عنوان|2011|||\n`;

const words = (text: string): { pt: string; en: string } => ({ pt: `${text} (pt)`, en: text });
const coverage = { known: "rated", of: "films", what: words("films have a rating") };
const title = { pt: "Filme", en: "Film" };
const note = { pt: "Nota", en: "Rating", as: "rating" };
const BLOCKS = [
  { part: "best", kind: "number", columns: { title: { ...title, detail: "note" }, note } },
  { part: "films", kind: "bar", to: 10, columns: { title, note } },
  { part: "years", kind: "line", columns: { year: { pt: "Ano", en: "Year", as: "year" }, note } },
  {
    part: "films",
    kind: "scatter",
    diagonal: words("even"),
    columns: {
      title,
      budget: { pt: "Orçamento", en: "Budget", as: "usd" },
      revenue: { pt: "Receita", en: "Revenue", as: "usd" },
    },
  },
  {
    part: "boxes",
    kind: "box",
    columns: { kind: title, low: note, first: note, middle: note, third: note, high: note },
  },
  { part: "films", kind: "table", columns: { title, year: { pt: "Ano", en: "Year", as: "year" }, note } },
].map((block, index) => ({
  ...block,
  title: words(`Block ${index}`),
  rule: words("At least {least} votes; {rated} of {films}."),
  coverage,
}));

const SQL = `-- Films and their ratings.

-- part: films
SELECT title, year::int AS year, note::decimal(5, 3) AS note, budget::bigint AS budget, revenue::bigint AS revenue
FROM raw ORDER BY id

-- part: years
SELECT year, avg(note) AS note FROM films GROUP BY year ORDER BY year

-- part: best
SELECT max_by(title, note) AS title, max(note) AS note FROM films HAVING count(*) > 0

-- part: boxes
SELECT $language AS kind, min(note) AS low, quantile_cont(note, 0.25) AS first, median(note) AS middle,
  quantile_cont(note, 0.75) AS third, max(note) AS high
FROM films HAVING count(*) > 0

-- part: facts
SELECT count(*) AS films, count(note) AS rated, $least AS least, sum(revenue) AS total, '2026-11-20'::date AS day FROM films
`;

const WRITTEN = {
  dataset: "report_films",
  key: "Report/films-${language}.html",
  inputs: { raw: { dataset: "movies", format: "csv" } },
  title: words("Films & more"),
  intro: words("{films} films earned {total:usd} by {day:date}."),
  notes: [words("Nominal.")],
  sql: SQL,
  facts: "facts",
  blocks: BLOCKS,
};
const PT = "Report/films-pt.html";
const EN = "Report/films-en.html";
const DATE = "2026-11-23T09:00:00Z";
const PARAMS = { least: 1000 };

async function openWithCsv(text = CSV): Promise<TableWorld> {
  const tables = await openTableWorld();
  await tables.store("movies", "Raw/Movies/2026/11/23/movies.csv", text);
  return tables;
}

async function makePages(text = CSV): Promise<{ readonly pt: string; readonly en: string }> {
  const tables = await openWithCsv(text);
  await tables.makeReport(await tables.makeRun(DATE, PARAMS), WRITTEN);
  return { pt: await tables.readPage(PT), en: await tables.readPage(EN) };
}

/** The texts of all elements of a name, without what is in them. */
function listElements(html: string, name: string): readonly string[] {
  return [...html.matchAll(new RegExp(`<${name}(?:\\s[^>]*)?>`, "gi"))].map(([tag]) => tag);
}

function readText(html: string): string {
  return html
    .replaceAll(/<style>[^]*?<\/style>/g, "")
    .replaceAll(/<[^>]*>/g, " ")
    .replaceAll(/\s+/g, " ");
}

test("a report is a page in each language, recorded as the dataset's objects", async () => {
  const tables = await openWithCsv();
  const output = await tables.makeReport(await tables.makeRun(DATE, PARAMS), WRITTEN);
  expect(output).toMatchObject({ keys: [PT, EN], unchanged: false, rows: 18 });
  for (const key of [PT, EN]) {
    const head = await tables.world.lake.head(key);
    expect(head?.metadata).toMatchObject({
      "dagmar-dataset": "report_films",
      "dagmar-engine": "duckdb 1.5.6",
    });
    expect(head?.sizeBytes).toBeLessThan(60_000);
  }
  expect(tables.listLeftFolders()).toEqual([]);
});

test("a page has each block with its title, rule, coverage and data, in its language", async () => {
  const { pt, en } = await makePages();
  expect(listElements(en, "html")).toEqual([`<html lang="en">`]);
  expect(listElements(pt, "html")).toEqual([`<html lang="pt-BR">`]);
  expect(listElements(en, "section")).toHaveLength(BLOCKS.length + 1);
  expect(en.match(/role="img"/g)).toHaveLength(4);
  expect(listElements(en, "details")).toHaveLength(5);
  expect(listElements(en, "table")).toHaveLength(6);
  const [english, portuguese] = [readText(en), readText(pt)];
  expect(english).toContain("4 films earned US$3.25 bn by 20 November 2026.");
  expect(portuguese).toContain("4 films earned US$ 3,26 bi by 20/11/2026. (pt)".replace("3,26", "3,25"));
  expect(english.match(/At least 1,000 votes; 3 of 4\./g)).toHaveLength(BLOCKS.length);
  expect(portuguese.match(/At least 1\.000 votes; 3 of 4\./g)).toHaveLength(BLOCKS.length);
  expect(english.match(/3 of 4 films have a rating/g)).toHaveLength(BLOCKS.length);
  expect(portuguese.match(/3 de 4 films have a rating/g)).toHaveLength(BLOCKS.length);
});

test("the numbers are the SQL's, in full in the data and short in the charts", async () => {
  const { pt, en } = await makePages();
  const rows = [...en.matchAll(/<tr>(?:(?!<tr>)[^])*?Up<\/bdi>([^]*?)(?=<tr>|<\/table>)/g)].map(([, row]) =>
    readText(row ?? "").trim(),
  );
  expect(rows).toEqual(["8.00", "8.00", "US$175,000,000 US$735,000,000", "2009 8.00"]);
  expect(readText(en)).toContain("Up 8.00");
  // Least, quartiles and greatest of 4.25, 6.5 and 8.
  expect(readText(en)).toContain("4.25 5.38 6.50 7.25 8.00");
  expect(readText(pt)).toContain("US$ 735.000.000");
  // The bar of 8 of 10.
  expect(en).toContain("left:0%;width:80%");
});

test("a page has no script, no request and no reference except to the other language", async () => {
  for (const html of Object.values(await makePages())) {
    expect(html).not.toMatch(/<(?:script|iframe|object|embed|link|img|form|base|video|audio|use)\b/i);
    expect(html).not.toMatch(/\s(?:on\w+|src|srcset|action|xlink:href|formaction)\s*=\s*["']?(?!none)/i);
    expect(html).not.toMatch(/url\(|@import|https?:/i);
    const links = listElements(html, "a").map((tag) => /href="([^"]*)"/.exec(tag)?.[1]);
    expect(links).toEqual([html.includes('<html lang="en">') ? "films-pt.html" : "films-en.html"]);
    expect(html).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
  }
});

test("hostile titles are text: nothing of them ends an element, and all of them is there", async () => {
  const { en } = await makePages();
  expect(en).not.toContain("<script");
  expect(listElements(en, "style")).toHaveLength(1);
  expect(en).toContain("&lt;script&gt;alert(1)&lt;/script&gt; &quot;quotes&quot; &#39;and&#39;");
  expect(en).toContain(LONG);
  // Kept to itself, so that its direction does not turn the rest of the line.
  expect(en).toMatch(/<bdi>[^<]*\u202eright to left<\/bdi>/);
  expect(en).toContain("<bdi>عنوان</bdi>");
});

test("a number that is unknown is said to be unknown, and never drawn as zero", async () => {
  const { en } = await makePages();
  const bar = /<div class="bar">(?:(?!<div)[^])*عنوان[^]*?<\/div>/.exec(en)?.[0] ?? "";
  expect(readText(bar)).toContain("no value");
  // Two films of four have both figures, and a third one; each is drawn at three widths.
  expect(en.match(/<circle class="d[ "]/g)).toHaveLength(9);
});

test("the same again makes nothing, and starts no engine; made elsewhere, it has the same bytes", async () => {
  const tables = await openWithCsv();
  const first = await tables.makeReport(await tables.makeRun(DATE, PARAMS), WRITTEN);
  const progress: unknown[] = [];
  const again = await tables.makeReport(await tables.makeRun("2026-11-24T09:00:00Z", PARAMS), WRITTEN, {
    onProgress: (one) => progress.push(one),
  });
  expect(again).toEqual({ ...first, unchanged: true });
  expect(progress).toEqual([]);
  const { pt, en } = await makePages();
  expect(await tables.readPage(PT)).toBe(pt);
  expect(await tables.readPage(EN)).toBe(en);
});

test("a changed text, a changed param and a page that is gone make the report again", async () => {
  const tables = await openWithCsv();
  const run = await tables.makeRun(DATE, PARAMS);
  await tables.makeReport(run, WRITTEN);
  expect(await tables.makeReport(run, { ...WRITTEN, title: words("Others") })).toMatchObject({
    unchanged: false,
  });
  expect(await tables.readPage(EN)).toContain("<h1>Others</h1>");
  expect(
    await tables.makeReport({ ...run, params: { least: 5 } }, { ...WRITTEN, title: words("Others") }),
  ).toMatchObject({
    unchanged: false,
  });
  expect(await tables.readPage(EN)).toContain("At least 5 votes");
});

test("without rows each block says that there is no data; without an object there is no page", async () => {
  const { en } = await makePages("id|title|year|note|budget|revenue\n");
  expect(en.match(/There is no data to show here yet\./g)).toHaveLength(BLOCKS.length);
  expect(readText(en)).toContain("0 of 0 films have a rating");
  const tables = await openTableWorld();
  const output = await tables.makeReport(await tables.makeRun(DATE, PARAMS), WRITTEN);
  expect(output).toMatchObject({ keys: null, unchanged: true });
  const [event] = tables.events("table_without_input");
  expect(event?.message).toContain(
    `${PT} and ${EN} were not made: the lake holds no object of the dataset movies`,
  );
});

test.each([
  ["a part that is missing", { facts: "other" }, "REPORT_NOT_AS_DECLARED", /has no part other/],
  ["facts of several rows", { facts: "films" }, "REPORT_NOT_AS_DECLARED", /the part films has 4 rows/],
  [
    "a column that is missing",
    { blocks: [{ ...BLOCKS[1], part: "years" }] },
    "REPORT_NOT_AS_DECLARED",
    /The part years has no column title/,
  ],
  ["a fact that is missing", { intro: words("{nothing}") }, "REPORT_NOT_AS_DECLARED", /no column nothing/],
  [
    "a text where a number is needed",
    { blocks: [{ ...BLOCKS[1], columns: { note, title } }] },
    "REPORT_NOT_AS_DECLARED",
    /column title holds .*, which is no number/,
  ],
  ["SQL without parts", { sql: "SELECT 1" }, "SQL_FAILED", /No line `-- part: name`/],
  [
    "a fault in a part",
    { sql: `${SQL}\n-- part: more\nSELECT\n  foo FROM films` },
    "SQL_FAILED",
    /line 23: Binder Error/,
  ],
  [
    "a part that is no SELECT",
    { sql: `${SQL}\n-- part: more\nDROP TABLE films` },
    "SQL_FAILED",
    /is no SELECT/,
  ],
  [
    "a part with the name of an input",
    { sql: SQL.replace("-- part: years", "-- part: raw") },
    "SQL_FAILED",
    /line 7: raw is the name of another part or of an input/,
  ],
  [
    "a page that is too long",
    {
      sql: `${SQL}\n-- part: more\nSELECT repeat('x', 1000) AS title, 1 AS note FROM range(400)`,
      blocks: [{ ...BLOCKS[1], part: "more" }],
    },
    "REPORT_NOT_AS_DECLARED",
    /has \d+ bytes, and may have 300000/,
  ],
])("%s publishes nothing and says what to do", async (_what, change, code, message) => {
  const tables = await openWithCsv();
  const making = tables.makeReport(await tables.makeRun(DATE, PARAMS), { ...WRITTEN, ...change });
  await expect(making).rejects.toMatchObject({ code, message: expect.stringMatching(message) as string });
  expect(await tables.world.lake.head(PT)).toBeUndefined();
  expect(tables.listLeftFolders()).toEqual([]);
});

test("a foreign object at one of the keys stays, and nothing is published", async () => {
  const tables = await openWithCsv();
  const body = Buffer.from("by another program");
  const sha256 = createHash("sha256").update(body).digest("hex");
  await tables.world.lake.putBytes({ key: EN, body, sha256, metadata: {}, contentType: "text/plain" });
  const making = tables.makeReport(await tables.makeRun(DATE, PARAMS), WRITTEN);
  await expect(making).rejects.toMatchObject({ code: "TABLE_KEY_TAKEN" });
  expect(await tables.readPage(EN)).toBe("by another program");
  expect(await tables.world.lake.head(PT)).toBeUndefined();
});

test("an engine that ends without an answer publishes nothing, and the task may be tried again", async () => {
  const tables = await openTableWorld({ engine: new URL("./no-engine.js", import.meta.url) });
  await tables.store("movies", "Raw/Movies/2026/11/23/movies.csv", CSV);
  const making = tables.makeReport(await tables.makeRun(DATE, PARAMS), WRITTEN);
  await expect(making).rejects.toMatchObject({ code: "ENGINE_CRASHED", retryable: true });
});
