/** The simulator's valid answers, over HTTP: TMDB's shapes, ids, tokens, rate. */
import axios from "axios";
import { afterEach, expect, test } from "vitest";
import { findMostInASecond } from "../../quickstart/simulator/arrivals.ts";
import {
  startTmdbSimulator,
  type TmdbSimulator,
  type TmdbSimulatorOptions,
} from "../../quickstart/simulator/tmdb-simulator.ts";

const APPEND = "credits,keywords,release_dates,external_ids";
let running: TmdbSimulator | undefined;

afterEach(async () => {
  await running?.close();
  running = undefined;
});

async function start(options: TmdbSimulatorOptions = {}): Promise<TmdbSimulator> {
  running = await startTmdbSimulator({ unknownShare: 0, ...options });
  return running;
}

interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: Record<string, unknown>;
}

async function ask(path: string, token = "simulator"): Promise<Reply> {
  const response = await fetch(`${running?.url}${path}`, { headers: { authorization: `Bearer ${token}` } });
  const text = await response.text();
  const json = JSON.parse(text) as Record<string, unknown>;
  return { status: response.status, headers: response.headers, text, json };
}

test("a film is found by its IMDb id with the fields of TMDB's answer and a mark that it is invented", async () => {
  await start();
  const { status, headers, json } = await ask("/movie/tt1234568?language=pt-BR");
  expect(status).toBe(200);
  expect(headers.get("content-type")).toMatch(/^application\/json/);
  expect(Object.keys(json).toSorted()).toEqual(
    (
      "adult backdrop_path belongs_to_collection budget genres homepage id imdb_id origin_country original_language " +
      "original_title overview popularity poster_path production_companies production_countries release_date revenue " +
      "runtime spoken_languages status tagline title video vote_average vote_count"
    ).split(" "),
  );
  expect(json["imdb_id"]).toBe("tt1234568");
  expect(json["tagline"]).toBe("Invented by Dagmar's simulator");
  expect(json["homepage"]).toMatch(/^https:\/\/example\.invalid\//);
});

test("a film is the same by its number, and only popularity drifts between calls", async () => {
  await start();
  const first = (await ask("/movie/tt1234568")).json;
  const second = (await ask(`/movie/${String(first["id"])}`)).json;
  expect(second["popularity"]).not.toBe(first["popularity"]);
  expect({ ...second, popularity: 0 }).toEqual({ ...first, popularity: 0 });
  expect(running?.countOf("tt1234568")).toBe(2);
  expect(running?.countOfPath("/3/movie/tt1234568")).toBe(1);
});

test("two films of five are Disney's, and of some either figure of money is unknown", async () => {
  await start();
  const films = await Promise.all(
    Array.from({ length: 100 }, (_, index) => ask(`/movie/tt12345${String(index).padStart(2, "0")}`)),
  );
  const companies = films.map(({ json }) => json["production_companies"] as readonly { id: number }[]);
  const disney = companies.filter((made) => made.some(({ id }) => [2, 6125, 3].includes(id)));
  expect(disney.length).toBeGreaterThan(25);
  expect(disney.length).toBeLessThan(55);
  const both = films.filter(({ json }) => json["budget"] !== 0 && json["revenue"] !== 0);
  expect(both.length).toBeGreaterThan(10);
  expect(both.length).toBeLessThan(40);
});

test("the same seed gives the same answers, another seed others", async () => {
  const bodies: string[] = [];
  for (const seed of [1, 1, 2]) {
    await start({ seed });
    bodies.push((await ask("/movie/tt1234568")).text);
    await running?.close();
  }
  expect(bodies[1]).toBe(bodies[0]);
  expect(bodies[2]).not.toBe(bodies[0]);
});

test("a series is found by /find and read by its number, without imdb_id but with external_ids", async () => {
  await start();
  const found = (await ask("/find/tt0200001?external_source=imdb_id")).json;
  expect(Object.keys(found)).toEqual([
    "movie_results",
    "person_results",
    "tv_results",
    "tv_episode_results",
    "tv_season_results",
  ]);
  const [series] = found["tv_results"] as { id: number; name: string; media_type: string }[];
  expect(series?.media_type).toBe("tv");
  const { json } = await ask(`/tv/${series?.id}?append_to_response=${APPEND}`);
  expect(json["id"]).toBe(series?.id);
  expect(json["name"]).toBe(series?.name);
  expect(json).not.toHaveProperty("imdb_id");
  expect(json).toMatchObject({ external_ids: { imdb_id: "tt0200001" }, keywords: { results: [{}] } });
  expect(json).not.toHaveProperty("release_dates");
  expect((await ask("/tv/tt0200001")).status).toBe(404);
});

test("append_to_response adds known names, ignores others, and refuses more than twenty", async () => {
  await start();
  const { json } = await ask(
    `/movie/tt1234568?append_to_response=${APPEND},watch/providers,nonsense,constructor`,
  );
  expect(json).toMatchObject({
    credits: { cast: [{ order: 0 }, {}, {}], crew: [{ job: "Director" }] },
    keywords: { keywords: [{}] },
    release_dates: { results: [{}] },
    external_ids: { imdb_id: "tt1234568" },
    "watch/providers": { results: {} },
  });
  expect(json).not.toHaveProperty("nonsense");
  expect(Object.hasOwn(json, "constructor")).toBe(false);
  expect(json["credits"]).not.toHaveProperty("id");
  const many = await ask(
    `/movie/tt1234568?append_to_response=${Array.from({ length: 21 }, () => "videos").join()}`,
  );
  expect([many.status, many.json["status_code"]]).toEqual([400, 27]);
});

test("the language changes what is translated", async () => {
  await start();
  const genres = async (language: string): Promise<unknown> =>
    (await ask(`/movie/tt1234568?language=${language}`)).json["genres"];
  expect(await genres("pt-BR")).not.toEqual(await genres("en-US"));
});

test("about a tenth of the ids is unknown: 404 at /movie and empty lists at /find", async () => {
  await start({ unknownShare: 0.1 });
  const ids = Array.from({ length: 300 }, (_, index) => `tt${String(1_000_000 + index * 17)}`);
  const replies = await Promise.all(ids.map(async (id) => ask(`/movie/${id}`)));
  const unknown = replies.filter(({ status }) => status === 404);
  expect(unknown.length).toBeGreaterThan(15);
  expect(unknown.length).toBeLessThan(50);
  expect(unknown[0]?.json).toEqual({
    success: false,
    status_code: 34,
    status_message: "The resource you requested could not be found.",
  });
  const unknownId = ids[replies.findIndex(({ status }) => status === 404)];
  const found = await ask(`/find/${unknownId}?external_source=imdb_id`);
  expect(found.status).toBe(200);
  expect(Object.values(found.json)).toEqual([[], [], [], [], []]);
});

test("known ids and kinds can be given", async () => {
  await start({
    knownIds: ["tt0000002", "tt0000003"],
    kindOf: (id) => (id === "tt0000002" ? "movie" : "tv"),
  });
  expect((await ask("/movie/tt0000002")).status).toBe(200);
  expect((await ask("/movie/tt0000003")).status).toBe(404);
  expect((await ask("/movie/tt0000004")).status).toBe(404);
  const find = async (id: string): Promise<unknown> =>
    (await ask(`/find/${id}?external_source=imdb_id`)).json;
  expect(await find("tt0000002")).toMatchObject({ movie_results: [{ media_type: "movie" }], tv_results: [] });
  expect(await find("tt0000003")).toMatchObject({ movie_results: [], tv_results: [{ media_type: "tv" }] });
});

test("a wrong token is 401 with code 7; the right one goes as Bearer or as api_key", async () => {
  await start({ token: "right" });
  const wrong = await ask("/movie/tt0000002", "wrong");
  expect(wrong.status).toBe(401);
  expect(wrong.json).toEqual({
    success: false,
    status_code: 7,
    status_message: "Invalid API key: You must be granted a valid key.",
  });
  expect((await ask("/movie/tt0000002", "right")).status).toBe(200);
  expect((await axios.get(`${running?.url}/movie/tt0000002`, { params: { api_key: "right" } })).status).toBe(
    200,
  );
});

test("ids that cannot be, numbers that never were given and paths that are not served are 404", async () => {
  await start();
  for (const path of [
    "/movie/tt12",
    "/movie/5",
    "/movie/abc",
    "/tv/5",
    "/person/1",
    "/movie/tt0000002/credits",
  ]) {
    expect([path, (await ask(path)).status]).toEqual([path, 404]);
  }
  expect((await ask("/find/tt0000002")).status).toBe(422);
});

test("over the configured rate it answers 429 with code 25 and Retry-After, and counts the refused", async () => {
  await start({ ratePerSecond: 5 });
  const replies = await Promise.all(Array.from({ length: 8 }, async () => ask("/movie/tt0000002")));
  const refused = replies.filter(({ status }) => status === 429);
  expect(refused).toHaveLength(3);
  expect(refused[0]?.headers.get("retry-after")).toBe("1");
  expect(refused[0]?.json).toEqual({
    status_code: 25,
    status_message: "Your request count (6) is over the allowed limit of 5.",
  });
  expect(running?.maxPerSlidingSecond()).toBe(8);
});

test("bodies have about the size asked for, made one by one or cut from a pattern", async () => {
  for (const instant of [false, true]) {
    for (const bodySizeBytes of [3_000, 20_000]) {
      await start({ bodySizeBytes, instant });
      const { text } = await ask(`/movie/tt1234568?append_to_response=${APPEND}`);
      expect(Math.abs(Buffer.byteLength(text) - bodySizeBytes)).toBeLessThan(100);
      await running?.close();
    }
  }
});

test("instant answers have the shape, ids and title of the others", async () => {
  await start();
  const made = (await ask(`/movie/tt1234568?append_to_response=${APPEND}`)).json;
  await running?.close();
  await start({ instant: true });
  const cut = (await ask(`/movie/tt1234568?append_to_response=${APPEND}`)).json;
  expect(Object.keys(cut)).toEqual(Object.keys(made));
  for (const name of ["id", "imdb_id", "title", "original_title", "homepage", "popularity", "external_ids"]) {
    expect(cut[name]).toEqual(made[name]);
  }
});

test("the structure is stable, unless drift was asked for", async () => {
  const shapes = async (): Promise<Set<string>> => {
    const ids = Array.from({ length: 150 }, (_, index) => `tt${String(2_000_000 + index * 3)}`);
    const replies = await Promise.all(ids.map(async (id) => ask(`/movie/${id}`)));
    return new Set(replies.map(({ json }) => Object.keys(json).toSorted().join()));
  };
  await start();
  expect((await shapes()).size).toBe(1);
  await running?.close();
  await start({ structureDrift: true });
  expect((await shapes()).size).toBe(3);
});

test("figures are served, do not count themselves, and can be set back", async () => {
  await start();
  await ask("/movie/tt1234568");
  await ask("/tv/tt1234568");
  const stats = async (): Promise<unknown> =>
    (await fetch(`${running?.url.replace("/3", "/__stats")}`)).json();
  expect(await stats()).toMatchObject({
    requests: 2,
    byStatus: { "200": 1, "404": 1 },
    byRoute: { movie: 1, tv: 1 },
    maxPerSlidingSecond: 2,
  });
  await fetch(`${running?.url.replace("/3", "/__reset")}`);
  expect(await stats()).toMatchObject({ requests: 0, byStatus: {}, maxPerSlidingSecond: 0 });
});

test("the most requests in any second are counted over half-open seconds", () => {
  expect(findMostInASecond([])).toBe(0);
  expect(findMostInASecond([0, 1000, 2000])).toBe(1);
  expect(findMostInASecond([0, 999, 1000, 1001, 5000])).toBe(3);
});

test("a pause before each answer can be asked for", async () => {
  await start({ latencyMs: 40 });
  const startedMs = performance.now();
  await ask("/movie/tt1234568");
  expect(performance.now() - startedMs).toBeGreaterThanOrEqual(39);
});
