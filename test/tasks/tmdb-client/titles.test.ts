/** Which requests the TMDB client sends for a title, and which outcome the answers give. */
import { afterEach, expect, test } from "vitest";
import { MAX_RECORD_BYTES } from "../../../model/records/record-batch.ts";
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

/** A provider that answers these paths and returns 404 for all others. */
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
  ["nothing at all", {}],
])("a movie without an IMDb id is the wrong title when the look-up knows %s", async (_case, answers) => {
  const server = await serve({ "/movie/tt0000001": json({ id: 11, title: "x" }), ...answers });
  const answer = await openClient(server).fetchTitle(MOVIE, NEVER);
  expect(answer).toMatchObject({ outcome: "failed", reason: "wrong_title", isPermanent: true });
});

test("a movie without an IMDb id fails only for now when the look-up fails", async () => {
  const server = await serve({
    "/movie/tt0000001": json({ ...RECORD, imdb_id: null }),
    [FIND]: json({}, 500),
  });
  const answer = await openClient(server, { rules: { maxRetries: 0 } }).fetchTitle(MOVIE, NEVER);
  expect(answer).toMatchObject({ outcome: "failed", reason: "server_error", isPermanent: false });
});

test.each([
  ["another IMDb id", MOVIE, { "/movie/tt0000001": json({ ...RECORD, imdb_id: "tt0000002" }) }],
  [
    "another id than the look-up gave",
    SERIES,
    { [FIND]: json({ ...NOTHING, tv_results: [{ id: 99 }] }), "/tv/99": json({ id: 98, name: "x" }) },
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
  ["a number", 42],
  ["an object that names no id", { message: "please log in" }],
  ["an object with an id and nothing else of TMDB's", { id: 11, status: "ok" }],
  ["a record without TMDB's id", { imdb_id: "tt0000001", title: "x" }],
])("%s in place of a record says nothing about the id, and fails for the moment", async (_case, value) => {
  const client = openClient(await serve({ "/movie/tt0000001": json(value) }));
  const answer = await client.fetchTitle(MOVIE, NEVER);
  expect(answer).toMatchObject({ outcome: "failed", reason: "not_a_title", isPermanent: false });
  expect(client.proofs).toBe(0);
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

const REFUSING = [300, 301, 302, 304, 307, 308, 400, 402, 405, 406, 407, 409, 410, 418, 422, 431, 451, 499];

test.each(REFUSING)(
  "status %i stops the task after one request, and says nothing about the id",
  async (status) => {
    const bodies = [
      json({}, status, { location: "http://127.0.0.1:9/elsewhere?api_key=x" }),
      text("<p>no</p>", {}, status),
    ];
    for (const body of bodies) {
      const server = await serve({ "/movie/tt0000001": body });
      const fetched = openClient(server).fetchTitle(MOVIE, NEVER);
      await expect(fetched).rejects.toMatchObject({ code: "TMDB_REFUSED", retryable: false });
      await expect(fetched).rejects.toThrow(`answered ${status} to GET /movie/{imdb_id}`);
      expect(server.asked).toHaveLength(1);
      await server.close();
    }
  },
);

test.each([
  [407, /HTTPS_PROXY/],
  [302, /to http:\/\/127\.0\.0\.1:9 are not followed.*TMDB_BASE_URL/],
  [422, /language and append/],
  [400, /language and append/],
  [451, /TMDB_BASE_URL/],
])("a %i names the setting to look at", async (status, hint) => {
  const server = await serve({
    "/movie/tt0000001": json({}, status, { location: "http://127.0.0.1:9/elsewhere?api_key=x" }),
  });
  await expect(openClient(server).fetchTitle(MOVIE, NEVER)).rejects.toMatchObject({
    hint: expect.stringMatching(hint) as unknown,
  });
});

test("a refusal in TMDB's own words repeats them", async () => {
  const body = { success: false, status_code: 20, status_message: "Invalid\u0007 language." };
  const server = await serve({ "/movie/tt0000001": json(body, 422) });
  await expect(openClient(server).fetchTitle(MOVIE, NEVER)).rejects.toThrow(
    "TMDB's status_code 20 (“Invalid language.”)",
  );
});

test("TMDB's refusal with a success status is a refusal", async () => {
  const server = await serve({ "/movie/tt0000001": json({ success: false, status_code: 7 }) });
  await expect(openClient(server).fetchTitle(MOVIE, NEVER)).rejects.toMatchObject({ code: "TMDB_REFUSED" });
});

test.each([
  [
    "a page",
    text("<h1>Not Found</h1>", { "content-type": "text/html; charset=utf-8" }, 404),
    "18 bytes of text/html",
  ],
  ["an empty body", text("", {}, 404), "0 bytes of no content type"],
  ["JSON of another form", json({ message: "no Route matched" }, 404), "of application/json"],
  ["another of TMDB's codes", json({ status_code: 37 }, 404), "status_code 37"],
])(
  "a 404 with %s is never not_found: the task stops and names the address and its setting",
  async (_case, answer, received) => {
    for (const [title, path] of [
      [MOVIE, "/movie/tt0000001"],
      [SERIES, FIND],
    ] as const) {
      const server = await serve({ [path]: answer });
      const fetched = openClient(server).fetchTitle(title, NEVER);
      await expect(fetched).rejects.toMatchObject({
        code: "CONFIG_INVALID",
        retryable: false,
        message: expect.stringContaining(`${server.url} is not TMDB's API`) as unknown,
        hint: expect.stringContaining("TMDB_BASE_URL") as unknown,
      });
      await expect(fetched).rejects.toThrow(received);
      expect(server.asked).toHaveLength(1);
      await server.close();
    }
  },
);

test.each([
  ["is gone", NOT_FOUND, "gone"],
  ["is another title", json({ id: 11, imdb_id: "tt0000009" }), "wrong_title"],
])("where the first title of a look-up %s the next one is asked for", async (_case, first, reason) => {
  const found = json({ ...NOTHING, movie_results: [{ id: 11 }, { id: 11 }, { id: 12 }] });
  const server = await serve({ [FIND]: found, "/movie/11": first, "/movie/12": json({ ...RECORD, id: 12 }) });
  expect(await openClient(server).fetchTitle(MOVIE, NEVER)).toMatchObject({
    outcome: "found",
    providerId: 12,
  });
  expect(server.asked).toHaveLength(4);
  await server.close();
  const none = await serve({ [FIND]: found, "/movie/11": first });
  expect(await openClient(none).fetchTitle(MOVIE, NEVER)).toMatchObject({ reason });
});

test.each([" tt0000001", "tt0000001 ", "\ttt0000001\r\n", "\u00a0tt0000001"])(
  "a record whose imdb_id is %j is the title that was asked for",
  async (imdb_id) => {
    const server = await serve({ "/movie/tt0000001": json({ ...RECORD, imdb_id }) });
    expect(await openClient(server).fetchTitle(MOVIE, NEVER)).toMatchObject({ outcome: "found" });
    expect(server.asked).toHaveLength(1);
  },
);

test("a 403 in another form than TMDB's names the proxy first when the token was accepted before", async () => {
  const server = await serve({
    "/movie/tt0000001": json(RECORD),
    "/movie/tt0000002": text("<p>no</p>", { "content-type": "text/html" }, 403),
  });
  const client = openClient(server);
  await client.fetchTitle(MOVIE, NEVER);
  await expect(client.fetchTitle({ ...MOVIE, imdbId: "tt0000002" }, NEVER)).rejects.toMatchObject({
    code: "TMDB_UNAUTHORIZED",
    message: expect.stringMatching(/^A proxy or firewall/) as unknown,
  });
});

test("TMDB's status_code 25 with a success status is a 429: it is asked again, and ends as one", async () => {
  const server = await serve({
    "/movie/tt0000001": json({ success: false, status_code: 25 }, 200, { "retry-after": "0" }),
  });
  const client = openClient(server, { rules: { maxRetries: 1 } });
  await expect(client.fetchTitle(MOVIE, NEVER)).rejects.toMatchObject({
    code: "TMDB_RATE_LIMITED",
    retryable: true,
  });
  expect(client.requests).toBe(2);
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
