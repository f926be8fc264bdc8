/** The simulator's scripted faults, as a client sees them. */
import axios from "axios";
import { Agent } from "node:http";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { FaultAction } from "../../quickstart/simulator/faults.ts";
import { startTmdbSimulator, type TmdbSimulator } from "../../quickstart/simulator/tmdb-simulator.ts";

let simulator: TmdbSimulator;
let agent: Agent;

beforeEach(async () => {
  simulator = await startTmdbSimulator({ unknownShare: 0 });
  agent = new Agent({ keepAlive: true, maxSockets: 1 });
});
afterEach(async () => {
  agent.destroy();
  await simulator.close();
});

const ID = "tt1234568";

function play(action: FaultAction, times = 1): void {
  simulator.faults.push({ when: { id: ID }, times, play: action });
}

interface Reply {
  readonly status: number;
  readonly data: string;
  readonly headers: Record<string, unknown>;
}

async function ask(path = `/movie/${ID}`, timeoutMs = 5_000): Promise<Reply> {
  const response = await axios.get<string>(`${simulator.url}${path}`, {
    headers: { authorization: "Bearer simulator" },
    httpAgent: agent,
    responseType: "text",
    transformResponse: (data: string) => data,
    validateStatus: () => true,
    signal: AbortSignal.timeout(timeoutMs),
  });
  return { status: response.status, data: response.data, headers: response.headers };
}

async function askJson(path?: string): Promise<Record<string, unknown>> {
  return JSON.parse((await ask(path)).data) as Record<string, unknown>;
}

test("a fault plays as often as it was asked for, on the requests it matches", async () => {
  play({ kind: "status", status: 503 }, 2);
  expect((await ask("/movie/tt0000002")).status).toBe(200);
  expect((await ask()).status).toBe(503);
  expect((await ask()).status).toBe(503);
  expect((await ask()).status).toBe(200);
  expect(simulator.faults.played).toBe(2);
});

test("faults can be selected by route and by the id as given", async () => {
  simulator.faults.push({ when: { route: "find" }, play: { kind: "status", status: 500 } });
  simulator.faults.push({ when: { givenId: ID }, play: { kind: "status", status: 404 } });
  const number = (await askJson("/movie/tt1234570"))["id"];
  expect((await ask(`/find/${ID}?external_source=imdb_id`)).status).toBe(500);
  expect((await ask()).status).toBe(404);
  expect((await ask(`/movie/${Number(number) - 6}`)).status).toBe(200);
  simulator.faults.clear();
  expect((await ask()).status).toBe(200);
});

test.each([400, 401, 403, 404, 500, 502, 503, 504])(
  "status %i comes with TMDB's body for it",
  async (status) => {
    play({ kind: "status", status });
    const reply = await ask();
    expect(reply.status).toBe(status);
    expect(JSON.parse(reply.data)).toMatchObject({
      success: false,
      status_code: expect.any(Number) as number,
    });
  },
);

test.each(["0", "2", "2592000", "soon"])("429 with Retry-After: %s", async (retryAfter) => {
  play({ kind: "status", status: 429, retryAfter });
  const reply = await ask();
  expect([reply.status, reply.headers["retry-after"]]).toEqual([429, retryAfter]);
  expect(JSON.parse(reply.data)).toMatchObject({ status_code: 25 });
});

test("429 with Retry-After as an HTTP date", async () => {
  play({ kind: "retryAfterDate", seconds: 3600 });
  const reply = await ask();
  expect(reply.status).toBe(429);
  const ahead = Date.parse(String(reply.headers["retry-after"])) - Date.parse(String(reply.headers["date"]));
  expect(Math.abs(ahead - 3_600_000)).toBeLessThanOrEqual(2_000);
});

test("an answer that hangs never comes, and closing the simulator ends it", async () => {
  play({ kind: "hang" });
  await expect(ask(undefined, 150)).rejects.toThrow(/canceled|aborted/);
  expect(simulator.requests).toBe(1);
});

test("an answer that drips is right but slow", async () => {
  play({ kind: "drip", chunkBytes: 400, pauseMs: 10 });
  const startedMs = performance.now();
  const record = await askJson();
  expect(record["imdb_id"]).toBe(ID);
  expect(performance.now() - startedMs).toBeGreaterThan(20);
});

test("a slow answer is right", async () => {
  play({ kind: "slow", delayMs: 50 });
  const startedMs = performance.now();
  expect((await askJson())["imdb_id"]).toBe(ID);
  expect(performance.now() - startedMs).toBeGreaterThanOrEqual(49);
});

test.each(["length", "chunked"] as const)("an answer truncated by %s breaks off", async (by) => {
  play({ kind: "truncate", by });
  await expect(ask()).rejects.toThrow(/aborted|ECONNRESET|socket hang up/);
  expect((await ask()).status).toBe(200);
});

test("a connection is reset, also one that has served before", async () => {
  play({ kind: "reset" });
  await expect(ask()).rejects.toThrow(/ECONNRESET|socket hang up/);
  simulator.faults.push({ when: { isReused: true }, times: 1, play: { kind: "reset" } });
  expect((await ask()).status).toBe(200);
  await expect(ask()).rejects.toThrow(/ECONNRESET|socket hang up/);
});

test("HTML, broken JSON and an array come with status 200", async () => {
  play({ kind: "html" });
  const html = await ask();
  expect([html.status, html.headers["content-type"]]).toEqual([200, "text/html; charset=utf-8"]);
  play({ kind: "badJson" });
  const broken = await ask();
  expect(broken.status).toBe(200);
  expect(() => JSON.parse(broken.data) as unknown).toThrow(SyntaxError);
  play({ kind: "array" });
  expect(JSON.parse((await ask()).data)).toMatchObject([{ imdb_id: ID }]);
});

test("another title comes in place of the one asked for", async () => {
  play({ kind: "wrongTitle" });
  play({ kind: "wrongTitle", imdbId: "tt0000009" });
  expect((await askJson())["imdb_id"]).toBe("tt1234569");
  expect((await askJson())["imdb_id"]).toBe("tt0000009");
  expect((await askJson())["imdb_id"]).toBe(ID);
});

test("top-level names can be taken away and added", async () => {
  play({ kind: "reshape", omit: ["imdb_id"], add: { softcore: false } });
  const record = await askJson();
  expect(record).not.toHaveProperty("imdb_id");
  expect(record["softcore"]).toBe(false);
});

test.each([
  ["nothing", 0, 0],
  ["movie", 1, 0],
  ["tv", 0, 1],
  ["both", 1, 1],
] as const)("/find can be made to find %s", async (found, movies, series) => {
  play({ kind: "find", found });
  const record = await askJson(`/find/${ID}?external_source=imdb_id`);
  expect(record["movie_results"]).toHaveLength(movies);
  expect(record["tv_results"]).toHaveLength(series);
});

test("a gzip bomb inflates far beyond its size, and a client with a limit gets away", async () => {
  play({ kind: "gzipBomb", inflatedBytes: 30_000_000 }, 2);
  const bomb = axios.get(`${simulator.url}/movie/${ID}`, { maxContentLength: 1_000_000 });
  await expect(bomb).rejects.toThrow(/maxContentLength/);
  const raw = await axios.get<ArrayBuffer>(`${simulator.url}/movie/${ID}`, {
    decompress: false,
    responseType: "arraybuffer",
  });
  expect(raw.data.byteLength).toBeLessThan(1_000_000);
});

test("an oversized record is valid JSON of more than ten million bytes", async () => {
  play({ kind: "oversized" });
  const reply = await ask(`/movie/${ID}?append_to_response=credits`);
  expect(Buffer.byteLength(reply.data)).toBeGreaterThan(10_000_000);
  expect(JSON.parse(reply.data)).toMatchObject({ imdb_id: ID });
});
