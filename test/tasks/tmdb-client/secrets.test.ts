/** Token and key reach TMDB, and appear in no answer, error or log line. */
import { once } from "node:events";
import { inspect } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createProxyAgent } from "../../../cli/process/proxy-agents.ts";
import { parseProxyRule } from "../../../config/settings/proxy-rule.ts";
import { TaskFailure } from "../../../model/errors.ts";
import { assertTmdbConfigured, readBaseUrl } from "../../../tasks/tmdb-to-lake/tmdb-access.ts";
import { joinTraffic } from "../../../tasks/http/traffic.ts";
import { describeTmdb } from "../../../tasks/tmdb-to-lake/tmdb-provider.ts";
import { createHandClock } from "../../support/hand-clock.ts";
import {
  HANG,
  json,
  MOVIE,
  NEVER,
  NOT_FOUND,
  openClient,
  RECORD,
  recordLog,
  startProvider,
  text,
  TOKEN,
  type Answer,
  type Provider,
} from "./provider.ts";

const KEY = "canary-key-51be02";

let provider: Provider | undefined;
const environment = { ...process.env };
beforeEach(() => {
  provider = undefined;
});
afterEach(async () => {
  await provider?.close();
  process.env = { ...environment };
});

async function serve(answer: Answer): Promise<Provider> {
  provider = await startProvider(() => answer);
  return provider;
}

/** Everything that a log, a crash report or a page could show of a value. */
function exhaust(value: unknown): string {
  const shown = [
    inspect(value, { depth: 12, showHidden: true, getters: true }),
    JSON.stringify(value),
    String(value),
  ];
  if (value instanceof Error) shown.push(value.stack ?? "", exhaust(value.cause ?? ""));
  return shown.join("\n");
}

const CASES: readonly (readonly [string, Answer])[] = [
  ["a 401", json({ status_code: 7 }, 401)],
  ["a 403", json({}, 403)],
  ["a 400 that repeats the token", json({ status_code: 5, status_message: `bad ${TOKEN} or ${KEY}` }, 400)],
  [
    "a 404 that echoes",
    (response, request) =>
      text(`<p>${inspect(request.headers)} ${request.url}</p>`, {}, 404)(response, request),
  ],
  [
    "a redirect that echoes",
    (response, request) =>
      json({}, 302, { location: `https://elsewhere.test${request.url}#${request.headers.authorization}` })(
        response,
        request,
      ),
  ],
  [
    "a 422 that echoes",
    (response, request) => json({ echo: [request.headers, request.url] }, 422)(response, request),
  ],
  ["a 500", json({}, 500)],
  ["a 429", json({}, 429, { "retry-after": "0" })],
  ["a 429 for long", json({}, 429, { "retry-after": "999999" })],
  [
    "HTML that echoes",
    (response, request) => text(`<p>${inspect(request.headers)} ${request.url}</p>`)(response, request),
  ],
  ["an array", json([])],
  ["a hang", HANG],
  ["a reset", (response) => response.socket?.resetAndDestroy()],
  ["a cut", (response) => response.write("{", () => response.socket?.destroy())],
];

test.each(CASES)(
  "after %s neither token nor key is in an answer, an error, the client or the log",
  async (_case, answer) => {
    const server = await serve(answer);
    const { log, lines } = recordLog();
    for (const secret of [{ token: TOKEN }, { apiKey: KEY, token: undefined }]) {
      const client = openClient(server, {
        ...secret,
        log,
        random: () => 0,
        rules: { ...(answer === HANG ? { attemptTimeoutMs: 100 } : {}), maxRetries: 1 },
      });
      const result: unknown = await client.fetchTitle(MOVIE, NEVER).catch((error: unknown) => error);
      const shown = [exhaust(result), exhaust(client), ...lines].join("\n");
      expect(shown).not.toContain("canary");
      client.close();
    }
    expect(server.asked.length).toBeGreaterThanOrEqual(2);
  },
);

test("the token is sent as Bearer, wins over the key, and is not in the URL", async () => {
  const server = await serve(json(RECORD));
  await openClient(server, { apiKey: KEY }).fetchTitle(MOVIE, NEVER);
  expect(server.received[0]?.authorization).toBe(`Bearer ${TOKEN}`);
  expect(server.asked[0]).not.toContain("api_key");
});

test("the key is sent in the query where there is no token", async () => {
  const server = await serve(NOT_FOUND);
  await openClient(server, { token: undefined, apiKey: KEY }).fetchTitle(MOVIE, NEVER);
  expect(server.received[0]?.authorization).toBeUndefined();
  expect(server.asked).toEqual([
    `/movie/tt0000001?language=pt-BR&api_key=${KEY}`,
    `/find/tt0000001?external_source=imdb_id&language=pt-BR&api_key=${KEY}`,
  ]);
});

test.each([
  [401, { token: TOKEN }, "TMDB_API_TOKEN"],
  [403, { token: TOKEN }, "TMDB_API_TOKEN"],
  [401, { token: undefined, apiKey: KEY }, "TMDB_API_KEY"],
])("a %i stops at once, names the variable and says what to do", async (status, secret, variable) => {
  const server = await serve(json({}, status));
  const failure: unknown = await openClient(server, secret)
    .fetchTitle(MOVIE, NEVER)
    .catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(TaskFailure);
  expect(failure).toMatchObject({ code: "TMDB_UNAUTHORIZED", retryable: false });
  expect((failure as TaskFailure).message).toContain(variable);
  expect((failure as TaskFailure).hint).toContain(`Set ${variable}`);
  expect(server.asked).toHaveLength(1);
});

test("without token and key nothing is made, and the message names the variable", () => {
  let failure: unknown;
  try {
    assertTmdbConfigured({ token: "" });
  } catch (error) {
    failure = error;
  }
  expect(failure).toMatchObject({ code: "SECRET_MISSING", retryable: false });
  expect(String(failure)).toContain("TMDB_API_TOKEN");
  assertTmdbConfigured({ apiKey: KEY });
});

const JWT = "eyJhbGciOiJIUzI1NiJ9.eyJhdWQiOiJjYW5hcnkifQ.Y2FuYXJ5";
test.each([
  [
    "an API Key as the token",
    { token: "0123456789abcdef0123456789ABCDEF" },
    /TMDB_API_TOKEN holds an API Key/,
    "TMDB_API_KEY",
  ],
  ["a token as the API Key", { token: "", apiKey: JWT }, /TMDB_API_KEY holds the API Read/, "TMDB_API_TOKEN"],
  ["a token with its word before it", { token: `Bearer ${JWT}` }, /TMDB_API_TOKEN holds spaces/, ""],
])("%s is reported before a run is made, and not repeated", (_case, credentials, message, right) => {
  let failure: unknown;
  try {
    assertTmdbConfigured(credentials);
  } catch (error) {
    failure = error;
  }
  expect(failure).toMatchObject({ code: "CONFIG_INVALID", retryable: false });
  expect(String(failure)).toMatch(message);
  expect(String((failure as TaskFailure).hint)).toContain(right);
  expect(exhaust(failure)).not.toContain("Y2FuYXJ5");
  assertTmdbConfigured({ token: JWT });
  assertTmdbConfigured({ apiKey: "0123456789abcdef0123456789abcdef" });
});

test.each(["https://api.themoviedb.org", "https://api.themoviedb.org/4", "https://api.tmdb.org/3/movie"])(
  "%s is refused because it is not version 3 of the API",
  (address) => {
    expect(() => readBaseUrl(address)).toThrow(
      expect.objectContaining({
        code: "CONFIG_INVALID",
        message: expect.stringContaining("version 3") as string,
        hint: `Set it to ${new URL(address).origin}/3.`,
      }),
    );
    expect(readBaseUrl("https://api.themoviedb.org/3/").baseUrl).toBe("https://api.themoviedb.org/3");
  },
);

test.each([
  "https://my-api.themoviedb.org/4",
  "https://api.themoviedb.org.example/4",
  "https://api-tmdb.org/",
])("%s is another host, whose paths are its own", (address) => {
  expect(readBaseUrl(address)).toEqual({
    baseUrl: address.replace(/\/$/, ""),
    host: new URL(address).host,
  });
});

test.each([
  ["a token with a line end", { token: `${TOKEN}\r\nX-Evil: 1` }],
  ["an address with a password", { baseUrl: `http://user:${TOKEN}@127.0.0.1:9/3` }],
  ["an address with a query", { baseUrl: `http://127.0.0.1:9/3?api_key=${TOKEN}` }],
  ["another scheme", { baseUrl: "file:///etc/passwd" }],
  ["no address", { baseUrl: "api.themoviedb.org" }],
])("%s is refused before anything is sent, and not repeated in the message", async (_case, options) => {
  const server = await serve(HANG);
  let failure: unknown;
  try {
    openClient(server, options);
  } catch (error) {
    failure = error;
  }
  expect(failure).toMatchObject({ code: "CONFIG_INVALID", retryable: false });
  expect(exhaust(failure)).not.toContain("canary");
});

test("without an agent no proxy of the environment is used: the settings alone decide", async () => {
  const server = await serve(json(RECORD));
  process.env["HTTP_PROXY"] = "http://127.0.0.1:9";
  process.env["http_proxy"] = "http://127.0.0.1:9";
  expect((await openClient(server).fetchTitle(MOVIE, NEVER)).outcome).toBe("found");
});

test("the agent of the proxy rule takes a request to the proxy, and to the address itself where NO_PROXY lists it", async () => {
  const server = await serve(json(RECORD));
  const proxy = server.url.replace(/\/3$/, "");
  const ask = async (variables: Readonly<Record<string, string>>): Promise<string> => {
    const rule = parseProxyRule({ HTTP_PROXY: proxy, ...variables }, []);
    if (rule === null) throw new Error("no rule");
    const client = openClient(server, {
      baseUrl: "http://tmdb.invalid/3",
      makeAgent: () => createProxyAgent(rule),
      rules: { maxRetries: 0 },
    });
    await client.fetchTitle(MOVIE, NEVER);
    const { outcome } = await client.fetchTitle(MOVIE, NEVER);
    client.close();
    return outcome;
  };
  expect(await ask({})).toBe("found");
  expect(await ask({ NO_PROXY: "invalid" }), "this name is found nowhere").toBe("failed");
  const whole = "http://tmdb.invalid/3/movie/tt0000001?language=pt-BR";
  expect(server.asked, "also over a connection that is kept").toEqual([whole, whole]);
});

test("a client that is closed gives its rate back and ends its connections", async () => {
  const server = await serve(json(RECORD));
  const clock = createHandClock();
  const slow = openClient(server, { ratePerSecond: 5 }, clock);
  const fast = openClient(server, { ratePerSecond: 50 }, clock);
  const traffic = joinTraffic(clock, describeTmdb({ baseUrl: server.url, host: "127.0.0.1" }), 100);
  expect((await slow.fetchTitle(MOVIE, NEVER)).outcome).toBe("found");
  expect(traffic.limiter.ratePerSecond).toBe(5);
  const [socket] = server.sockets;
  slow.close();
  expect(traffic.limiter.ratePerSecond).toBe(50);
  if (socket !== undefined && !socket.closed) await once(socket, "close");
  expect(server.sockets.size).toBe(0);
  fast.close();
});
