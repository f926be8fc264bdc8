/** What a refused request says: what came, from where, and which variable to change. No text repeats the secret. */
import { expect, test } from "vitest";
import type { RefusedAnswer } from "../../../tasks/http/exchange.ts";
import { describeRefusal, type Refusal } from "../../../tasks/tmdb-to-lake/describe-refusal.ts";

const SCENE = {
  baseUrl: "https://api.example.org/3",
  host: "api.example.org",
  template: "/movie/{imdb_id}",
  variable: "TMDB_API_TOKEN",
  hasProof: false,
  secret: "s3cret",
};
const LEFT = "It says nothing about a title: no id got an outcome from it, and the next run asks again.";

const answer = (changes: Partial<RefusedAnswer>): RefusedAnswer => ({
  status: 401,
  value: undefined,
  contentType: "",
  sizeBytes: 12,
  location: "",
  ...changes,
});
const own = (message: unknown, code = 7): object => ({ status_code: code, status_message: message });

function describe(refusal: Refusal, changes: Partial<RefusedAnswer>, scene: Partial<typeof SCENE> = {}) {
  const { code, message, hint, retryable } = describeRefusal(refusal, answer(changes), {
    ...SCENE,
    ...scene,
  });
  expect(retryable).toBe(false);
  return { code, message, hint };
}

test("a wrong token: TMDB's own answer, or one that a proxy may have given", () => {
  const message =
    "api.example.org answered 401 to GET /movie/{imdb_id}: TMDB_API_TOKEN is wrong, expired or suspended.";
  const hint =
    "Set TMDB_API_TOKEN to a valid one from https://www.themoviedb.org/settings/api and run again.";
  expect(describe("unauthorized", { value: own("Invalid API key") })).toEqual({
    code: "TMDB_UNAUTHORIZED",
    message,
    hint,
  });
  expect(describe("unauthorized", { contentType: "text/html; charset=utf-8" })).toEqual({
    code: "TMDB_UNAUTHORIZED",
    message,
    hint: `${hint} The answer is not in TMDB's form (12 bytes of text/html), so a proxy may have refused instead of TMDB.`,
  });
});

test("after a valid answer, one in another form comes from a proxy", () => {
  const scene = { hasProof: true };
  expect(describe("unauthorized", { status: 403 }, scene)).toEqual({
    code: "TMDB_UNAUTHORIZED",
    message:
      "A proxy or firewall in front of api.example.org probably refused GET /movie/{imdb_id}: it got 403 with 12 bytes of no content type, which is not TMDB's form, and TMDB_API_TOKEN was accepted earlier in this task.",
    hint: `Check what a proxy (HTTPS_PROXY, HTTP_PROXY) or firewall in between allows. ${LEFT}`,
  });
  expect(describe("unauthorized", { value: own("Suspended") }, scene).message).toContain(
    "is wrong, expired or suspended",
  );
});

test("an address that is not TMDB's", () => {
  expect(describe("wrong_address", { status: 404, contentType: "application/json", value: {} })).toEqual({
    code: "CONFIG_INVALID",
    message:
      "https://api.example.org/3 is not TMDB's API: GET /movie/{imdb_id} got 404 with 12 bytes of application/json, and TMDB's own 404 is JSON with status_code 34.",
    hint: `Set TMDB_BASE_URL to the address of version 3 of the API, such as https://api.themoviedb.org/3. If it is set so already, a proxy answered instead of TMDB. ${LEFT}`,
  });
});

test.each<[string, Partial<RefusedAnswer>, string]>([
  [
    "a proxy that wants credentials",
    { status: 407 },
    "A proxy requires credentials: put them into HTTPS_PROXY or HTTP_PROXY, or name the host in NO_PROXY.",
  ],
  [
    "an error with a success status",
    { status: 299 },
    "TMDB's error came with a success status, so a proxy in between hides the real status. Look the status_code up at https://developer.themoviedb.org/docs/errors.",
  ],
  [
    "a redirect, without the path and its secrets",
    { status: 300, location: "https://elsewhere.example:8443/3/movie?api_key=s3cret" },
    "Redirects to https://elsewhere.example:8443 are not followed, because the token would go with them. Set TMDB_BASE_URL to the final address.",
  ],
  [
    "a redirect to no address",
    { status: 399, location: "/login" },
    "Redirects are not followed, because the token would go with them. Set TMDB_BASE_URL to the final address.",
  ],
  ["a question that is not understood", { status: 400 }, "Check the task's language and append."],
  ["a question that is not possible", { status: 422 }, "Check the task's language and append."],
  [
    "another refusal",
    { status: 451 },
    "Check TMDB_BASE_URL, and what a proxy (HTTPS_PROXY, HTTP_PROXY) in between allows.",
  ],
])("%s", (_what, changes, hint) => {
  const { status = 0 } = changes;
  expect(describe("refused", changes)).toEqual({
    code: "TMDB_REFUSED",
    message: `api.example.org answered ${status} to GET /movie/{imdb_id}: 12 bytes of no content type. ${LEFT}`,
    hint,
  });
});

test.each<[string, unknown, string]>([
  ["as it is", "Invalid parameters.", " (“Invalid parameters.”)"],
  ["on one line, without control characters", "  one\n\ttwo\u0000\u202ethree ", " (“one two three”)"],
  ["up to 200 characters", "x".repeat(201), ` (“${"x".repeat(200)}”)`],
  ["not at all if it holds the secret", "The key s3cret is wrong.", ""],
  ["not at all if it is empty", " \n ", ""],
  ["not at all if it is no text", 7, ""],
])("TMDB's own message is quoted %s", (_how, message, quoted) => {
  expect(describe("refused", { status: 422, value: own(message, 20) }).message).toBe(
    `api.example.org answered 422 to GET /movie/{imdb_id}: TMDB's status_code 20${quoted}. ${LEFT}`,
  );
});
