/**
 * A TMDB with harmful answers: each id still ends in one outcome, the stored bytes are the received bytes, and
 * neither the terminal, the token nor the memory is touched.
 */
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { HEADERS } from "../../quickstart/samples/title-rows.ts";
import { readFolderLake } from "../support/check-lake.ts";
import { ageFile } from "../support/cli.ts";
import { BAIT, CANARY, judgeEnd, useHostileWorld, type HostileWorld } from "./hostile/hostile-world.ts";

interface Hostile {
  readonly name: string;
  readonly outcome: "stored" | "failed" | "not_found";
  readonly body: (imdbId: string) => string | Buffer;
  readonly status?: number;
}

const ESCAPES = "\u001b]0;owned\u0007\u001b[2J\u009b31m\u202eback\r\nforged: line";

function title(imdbId: string, fields: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({ id: Number(imdbId.slice(2)), imdb_id: imdbId, title: "plain", ...fields });
}

/** The text with `more` as further fields, as no serialiser would write them. */
function raw(imdbId: string, more: string): string {
  return `{"id":${Number(imdbId.slice(2))},"imdb_id":"${imdbId}",${more}}`;
}

const ANSWERS: readonly Hostile[] = [
  { name: "a valid one", outcome: "stored", body: (id) => title(id) },
  { name: "escapes in the title", outcome: "stored", body: (id) => title(id, { title: ESCAPES }) },
  { name: "escapes in a name", outcome: "stored", body: (id) => title(id, { [ESCAPES]: 1 }) },
  { name: "raw C1 and bidi", outcome: "stored", body: (id) => raw(id, '"title":"\u009b31m\u202e"') },
  { name: "a raw NUL", outcome: "failed", body: (id) => raw(id, '"title":"a\u0000b"') },
  {
    name: "__proto__",
    outcome: "stored",
    body: (id) =>
      raw(id, '"__proto__":{"id":1,"polluted":true},"constructor":{"prototype":{"polluted":true}}'),
  },
  { name: "a record that is a __proto__", outcome: "failed", body: () => '{"__proto__":{"id":5}}' },
  { name: "names twice", outcome: "stored", body: (id) => raw(id, '"title":"a","title":"b"') },
  { name: "another id last", outcome: "failed", body: (id) => raw(id, '"imdb_id":"tt9999999"') },
  { name: "hasOwnProperty", outcome: "stored", body: (id) => title(id, { hasOwnProperty: 1, toString: 2 }) },
  { name: "toJSON", outcome: "stored", body: (id) => raw(id, '"toJSON":"x","then":"y","length":9') },
  {
    name: "a million brackets",
    outcome: "failed",
    body: (id) => raw(id, `"deep":${"[".repeat(1_000_000)}`),
  },
  {
    name: "100,000 lists in each other",
    outcome: "stored",
    body: (id) => raw(id, `"deep":${"[".repeat(100_000)}${"]".repeat(100_000)}`),
  },
  { name: "huge numbers", outcome: "stored", body: (id) => raw(id, `"n":1e999,"m":${"9".repeat(10_000)}`) },
  { name: "an id beyond integers", outcome: "failed", body: () => '{"id":1e999,"imdb_id":"tt0000001"}' },
  { name: "an id below 0", outcome: "failed", body: (id) => title(id, { id: -1 }) },
  { name: "an id that is a path", outcome: "failed", body: (id) => title(id, { id: `../../${BAIT}` }) },
  {
    name: "an imdb_id that is a path",
    outcome: "failed",
    body: (id) => title(id, { imdb_id: `/../${BAIT}` }),
  },
  { name: "an imdb_id of escapes", outcome: "failed", body: (id) => title(id, { imdb_id: ESCAPES }) },
  { name: "a list", outcome: "failed", body: (id) => `[${title(id)}]` },
  { name: "a number", outcome: "failed", body: () => "1" },
  { name: "null", outcome: "failed", body: () => "null" },
  { name: "nothing", outcome: "failed", body: () => "" },
  { name: "a byte order mark", outcome: "failed", body: (id) => `\ufeff${title(id)}` },
  { name: "invalid UTF-8", outcome: "failed", body: (id) => Buffer.from(raw(id, '"t":"\u00e9"'), "latin1") },
  { name: "two records", outcome: "failed", body: (id) => `${title(id)}\n${title(id)}` },
  { name: "half a surrogate", outcome: "stored", body: (id) => raw(id, String.raw`"t":"\ud800"`) },
  { name: "line separators", outcome: "stored", body: (id) => raw(id, '"t":"\u2028\u2029"') },
  { name: "100,000 names", outcome: "stored", body: (id) => title(id, makeNames(id, 100_000)) },
  { name: "9 MB", outcome: "stored", body: (id) => title(id, { overview: "x".repeat(9_000_000) }) },
  { name: "11 MB", outcome: "failed", body: (id) => title(id, { overview: "x".repeat(11_000_000) }) },
];

/** Faults of the request, not of the id: they stop the task. */
const REFUSALS: readonly Hostile[] = [
  { name: "a refusal of escapes", outcome: "failed", status: 422, body: () => ESCAPES },
  {
    name: "a refusal whose words are escapes",
    outcome: "failed",
    status: 400,
    body: () => JSON.stringify({ status_code: 5, status_message: ESCAPES }),
  },
  {
    name: "a refusal that repeats the token",
    outcome: "failed",
    status: 418,
    body: () => JSON.stringify({ status_code: 5, status_message: `bad token ${CANARY}` }),
  },
  { name: "a 404 of escapes", outcome: "failed", status: 404, body: () => ESCAPES },
];

function makeNames(imdbId: string, count: number): Record<string, number> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`${imdbId}_${index}`, index]));
}

const idOf = (index: number): string => `tt${String(1_000_001 + index)}`;

/** Answers `/movie/tt…` by the id; notes what it is asked. */
async function startHostile(answers: readonly Hostile[]) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? "");
    const imdbId = /\/movie\/(tt\d+)/.exec(request.url ?? "")?.[1] ?? "";
    const answer = answers[Number(imdbId.slice(2)) - 1_000_001];
    response.setHeader("content-type", "application/json");
    response.statusCode = answer === undefined ? 404 : (answer.status ?? 200);
    response.end(answer === undefined ? "{}" : answer.body(imdbId));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/3`, asked };
}

async function openIngested(answers: readonly Hostile[], url: string): Promise<HostileWorld> {
  const world = useHostileWorld({ TMDB_BASE_URL: url });
  writeDags(world);
  const rows = answers.map((_, index) => makeRow(idOf(index)));
  const path = join(world.inputFolder, "movies.csv");
  writeFileSync(path, `${HEADERS.movies}\n${rows.join("\n")}\n`);
  ageFile(path);
  await world.prepare(["run", "csv_ingest", "--date", "2026-11-23"]);
  return world;
}

function makeRow(imdbId: string): string {
  return HEADERS.movies
    .split("|")
    .map((column) => (column === "id" ? imdbId : column === "anoLancamento" ? "2020" : "Comedy"))
    .join("|");
}

function writeDags(world: HostileWorld): void {
  const write = (dagId: string, text: string): void =>
    writeFileSync(join(world.dagsFolder, `${dagId}.yaml`), `dag: ${dagId}\nschedule: manual\n${text}`);
  write(
    "csv_ingest",
    'tasks:\n  movies: { type: file-to-lake, with: { dataset: movies, file: movies.csv, key: "Raw/${partition}/m.csv" } }\n',
  );
  write(
    "tmdb_ingest",
    `tasks:
  ids: { type: csv-to-ids, with: { source: { dataset: movies }, id: id } }
  movies:
    type: tmdb-to-lake
    needs: [ids]
    with: { dataset: tmdb, entity: movie, language: pt-BR, key: "Raw/J/\${partition}/m-\${run_stamp}-\${seq}.json" }
`,
  );
}

test("each id of a hostile TMDB ends in the outcome that it should, and what is stored is what came", async () => {
  const { url, asked } = await startHostile(ANSWERS);
  const world = await openIngested(ANSWERS, url);
  const result = await world.run(["run", "tmdb_ingest", "--date", "2026-11-23"]);

  expect(world.judge(result)).toEqual([]);
  const outcomes = world.query<{ id: string; outcome: string }>(
    "SELECT asked_id AS id, outcome FROM processed_ids ORDER BY asked_id",
  );
  expect(
    outcomes.map(({ id, outcome }) => `${ANSWERS[Number(id.slice(2)) - 1_000_001]?.name}: ${outcome}`),
  ).toEqual(ANSWERS.map(({ name, outcome }) => `${name}: ${outcome}`));
  expect(result.exitCode).toBe(1);

  const bodies = [...readFolderLake(world.lakeFolder)]
    .filter(([key]) => key.endsWith(".json") && !key.includes(".manifest-"))
    .map(([, object]) => object.body);
  ANSWERS.forEach((answer, index) => {
    if (answer.outcome !== "stored") return;
    const came = Buffer.from(answer.body(idOf(index)));
    expect(
      bodies.filter((body) => body.includes(came)),
      answer.name,
    ).toHaveLength(1);
  });
  for (const body of bodies) expect(() => JSON.parse(body.toString("utf8")) as unknown).not.toThrow();

  // By the ids of the CSV and by what `/find` gives, nothing else.
  for (const path of asked) expect(path).toMatch(/^\/3\/(movie|find)\/tt\d{7,10}\?[\w=&%,-]+$/);
  for (const args of [
    ["runs", "show", "tmdb_ingest"],
    ["lake", "missing"],
    ["tasks", "logs", "tmdb_ingest", "movies"],
  ]) {
    expect(judgeEnd(await world.run(args)), args.join(" ")).toEqual([]);
  }
}, 90_000);

test.each(REFUSALS)(
  "$name stops the task, decides no id, and shows nothing that harms",
  async (refusal) => {
    const { url } = await startHostile([refusal]);
    const world = await openIngested([refusal], url);
    const result = await world.run(["run", "tmdb_ingest", "--date", "2026-11-23"]);
    expect(world.judge(result)).toEqual([]);
    expect(result.exitCode).toBe(1);
    expect(world.query("SELECT * FROM processed_ids")).toEqual([]);
    expect(judgeEnd(await world.run(["runs", "show", "tmdb_ingest"]))).toEqual([]);
  },
  60_000,
);
