import { afterEach, expect, test } from "vitest";
import { MAX_RECORD_BYTES } from "../../../model/record-batch.ts";
import {
  json,
  MOVIE,
  NEVER,
  NOT_FOUND,
  openClient,
  RECORD,
  SERIES,
  startProvider,
  text,
  type Answer,
  type Provider,
} from "./provider.ts";

let provider: Provider | undefined;
afterEach(async () => {
  await provider?.close();
  provider = undefined;
});

/** A provider that answers by path and 404 to all else. */
async function serve(answers: Readonly<Record<string, Answer>>): Promise<Provider> {
  provider = await startProvider((path) => answers[path] ?? NOT_FOUND);
  return provider;
}

const FIND = "/find/tt0000001";
const NOTHING = {
  movie_results: [],
  tv_results: [],
  tv_season_results: [],
  tv_episode_results: [],
  person_results: [],
};

test("a movie is asked for by its IMDb id, and its bytes are kept as they came", async () => {
  const bytes = Buffer.from(
    '{ "title":"A Can\\u00e7\u00e3o",\n  "id":11, "imdb_id":"tt0000001" ,"popularity":1.0}\n',
  );
  const server = await serve({ "/movie/tt0000001": text(bytes) });
  const client = openClient(server);
  const answer = await client.fetchTitle(
    { ...MOVIE, append: ["keywords", "credits", "watch/providers"] },
    NEVER,
  );
  expect(answer).toMatchObject({ outcome: "found", endpoint: "/movie/{imdb_id}", providerId: 11 });
  if (answer.outcome !== "found") return;
  expect(Buffer.from(answer.body).equals(bytes)).toBe(true);
  expect(answer.fetchedAt).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  expect(server.asked).toEqual([
    "/movie/tt0000001?language=pt-BR&append_to_response=credits,keywords,watch/providers",
  ]);
  expect(client.requests).toBe(1);
});

test("a movie that its IMDb id does not reach is looked up and asked for by TMDB's id", async () => {
  const server = await serve({
    [FIND]: json({ ...NOTHING, movie_results: [{ id: 11 }, { id: 12 }], tv_results: [{ id: 99 }] }),
    "/movie/11": json({ ...RECORD, imdb_id: "" }),
  });
  const answer = await openClient(server).fetchTitle(MOVIE, NEVER);
  expect(answer).toMatchObject({ outcome: "found", endpoint: "/movie/{id}", providerId: 11 });
  expect(server.asked).toEqual([
    "/movie/tt0000001?language=pt-BR",
    "/find/tt0000001?external_source=imdb_id&language=pt-BR",
    "/movie/11?language=pt-BR",
  ]);
});

test("a series is looked up first, also where a movie has the same IMDb id", async () => {
  const server = await serve({
    [FIND]: json({ ...NOTHING, movie_results: [{ id: 11 }], tv_results: [{ id: 99 }] }),
    "/tv/99": json({ id: 99, name: "Uma Série", external_ids: { imdb_id: "tt0000001" } }),
  });
  const answer = await openClient(server).fetchTitle({ ...SERIES, append: ["external_ids"] }, NEVER);
  expect(answer).toMatchObject({ outcome: "found", endpoint: "/tv/{id}", providerId: 99 });
  expect(server.asked.at(-1)).toBe("/tv/99?language=pt-BR&append_to_response=external_ids");
});

test.each([
  ["nothing is known", MOVIE, NOTHING, "unknown"],
  ["it is a series", MOVIE, { ...NOTHING, tv_results: [{ id: 99 }] }, "is_a_series"],
  ["it is a movie", SERIES, { ...NOTHING, movie_results: [{ id: 11 }] }, "is_a_movie"],
  ["it is an episode", SERIES, { ...NOTHING, tv_episode_results: [{ id: 5 }] }, "is_an_episode"],
  ["it is a season", SERIES, { ...NOTHING, tv_season_results: [{ id: 5 }] }, "is_a_season"],
  ["it is a person", MOVIE, { ...NOTHING, person_results: [{ id: 5 }] }, "is_a_person"],
])("where %s the id is not found, with the reason", async (_case, title, found, reason) => {
  const client = openClient(await serve({ [FIND]: json(found) }));
  expect(await client.fetchTitle(title, NEVER)).toMatchObject({ outcome: "not_found", reason });
});

test("a 404 of the look-up and a 404 behind it are facts, not failures", async () => {
  const unknown = await serve({});
  expect(await openClient(unknown).fetchTitle(SERIES, NEVER)).toMatchObject({
    outcome: "not_found",
    reason: "unknown",
  });
  await unknown.close();
  const gone = await serve({ [FIND]: json({ ...NOTHING, tv_results: [{ id: 99 }] }) });
  expect(await openClient(gone).fetchTitle(SERIES, NEVER)).toMatchObject({
    outcome: "not_found",
    reason: "gone",
  });
});

test("a movie without an IMDb id is accepted when the look-up knows it under the asked one", async () => {
  const server = await serve({
    "/movie/tt0000001": json({ ...RECORD, imdb_id: null }),
    [FIND]: json({ ...NOTHING, movie_results: [{ id: 11 }] }),
  });
  const answer = await openClient(server).fetchTitle(MOVIE, NEVER);
  expect(answer).toMatchObject({ outcome: "found", endpoint: "/movie/{imdb_id}", providerId: 11 });
});

test.each([
  ["another movie", { [FIND]: json({ ...NOTHING, movie_results: [{ id: 12 }] }) }],
  ["no movie", { [FIND]: json(NOTHING) }],
])("a movie without an IMDb id is the wrong title when the look-up knows %s", async (_case, answers) => {
  const server = await serve({ "/movie/tt0000001": json({ id: 11, title: "x" }), ...answers });
  const answer = await openClient(server).fetchTitle(MOVIE, NEVER);
  expect(answer).toMatchObject({ outcome: "failed", reason: "wrong_title", isPermanent: true });
});

test.each([
  ["another IMDb id", MOVIE, { "/movie/tt0000001": json({ ...RECORD, imdb_id: "tt0000002" }) }],
  ["no id of its own", MOVIE, { "/movie/tt0000001": json({ imdb_id: "tt0000001" }) }],
  [
    "another id than the look-up gave",
    SERIES,
    { [FIND]: json({ ...NOTHING, tv_results: [{ id: 99 }] }), "/tv/99": json({ id: 98 }) },
  ],
  [
    "another IMDb id below external_ids",
    SERIES,
    {
      [FIND]: json({ ...NOTHING, tv_results: [{ id: 99 }] }),
      "/tv/99": json({ id: 99, external_ids: { imdb_id: "tt0000002" } }),
    },
  ],
])("a record with %s is the wrong title", async (_case, title, answers) => {
  const answer = await openClient(await serve(answers)).fetchTitle(title, NEVER);
  expect(answer).toMatchObject({ outcome: "failed", reason: "wrong_title", isPermanent: true });
});

test.each([
  ["no object", json([])],
  ["no list", json({ movie_results: {} })],
  ["an id that would leave the path", json({ ...NOTHING, movie_results: [{ id: "../account" }] })],
  ["a negative id", json({ ...NOTHING, movie_results: [{ id: -1 }] })],
])("a look-up that answers with %s fails for the moment and is not followed", async (_case, found) => {
  const server = await serve({ [FIND]: found });
  const answer = await openClient(server).fetchTitle(MOVIE, NEVER);
  expect(answer).toMatchObject({ outcome: "failed", reason: "bad_find_answer", isPermanent: false });
  expect(server.asked).toHaveLength(2);
});

test.each([
  ["an array", [RECORD]],
  ["null", null],
  ["a text", "tt0000001"],
])("%s in place of a record fails for good", async (_case, value) => {
  const answer = await openClient(await serve({ "/movie/tt0000001": json(value) })).fetchTitle(MOVIE, NEVER);
  expect(answer).toMatchObject({ outcome: "failed", reason: "not_an_object", isPermanent: true });
});

test("the largest record that an object holds is found, one byte more is too large for good", async () => {
  const pad = MAX_RECORD_BYTES - Buffer.byteLength(JSON.stringify({ ...RECORD, pad: "" }));
  const fits = await serve({ "/movie/tt0000001": json({ ...RECORD, pad: "x".repeat(pad) }) });
  const found = await openClient(fits).fetchTitle(MOVIE, NEVER);
  expect(found.outcome === "found" && found.body.length).toBe(MAX_RECORD_BYTES);
  await fits.close();
  const bursts = await serve({ "/movie/tt0000001": json({ ...RECORD, pad: "x".repeat(pad + 1) }) });
  expect(await openClient(bursts).fetchTitle(MOVIE, NEVER)).toMatchObject({
    outcome: "failed",
    reason: "too_large",
    isPermanent: true,
  });
});

test.each([
  [400, true],
  [422, true],
  [302, false],
])("status %i is a failure that says so and is asked once", async (status, isPermanent) => {
  const server = await serve({
    "/movie/tt0000001": json({}, status, { location: "http://127.0.0.1:9/elsewhere" }),
  });
  const answer = await openClient(server).fetchTitle(MOVIE, NEVER);
  expect(answer).toMatchObject({ outcome: "failed", reason: `http_${status}`, isPermanent });
  expect(server.asked).toHaveLength(1);
});

test.each([
  "tt123",
  "tt12345678901",
  "nm0000001",
  "tt0000001/../1",
  "../account",
  "tt0000001?x=1",
  "http://127.0.0.1/tt0000001",
])("%j is not an IMDb id and is never sent", async (imdbId) => {
  const server = await serve({});
  const answer = await openClient(server).fetchTitle({ ...MOVIE, imdbId }, NEVER);
  expect(answer).toMatchObject({ outcome: "failed", reason: "bad_id", isPermanent: true });
  expect(server.asked).toHaveLength(0);
});

test("more names to append than TMDB takes are refused", async () => {
  const client = openClient(await serve({}));
  const append = Array.from({ length: 21 }, (_, index) => `part_${index}`);
  await expect(client.fetchTitle({ ...MOVIE, append }, NEVER)).rejects.toThrow(/at most 20/);
});

test("language and names cannot smuggle parameters in", async () => {
  const server = await serve({ "/movie/tt0000001": json(RECORD) });
  await openClient(server).fetchTitle({ ...MOVIE, language: "pt&x=1#", append: ["a&b=2", "c d"] }, NEVER);
  expect(server.asked).toEqual([
    "/movie/tt0000001?language=pt%26x%3D1%23&append_to_response=a%26b%3D2,c%20d",
  ]);
});
