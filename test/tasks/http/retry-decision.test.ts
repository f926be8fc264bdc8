/** Which failures of an attempt are followed by another, and when; and in which words they are described. */
import { AxiosError, type AxiosResponse } from "axios";
import { describe, expect, test } from "vitest";
import { describeNetworkFault, TRUST_HINT } from "../../../model/text/network-fault.ts";
import { createAbortFanOut } from "../../../tasks/http/abort-fan-out.ts";
import { ApiCall } from "../../../tasks/http/api-call.ts";
import { classifyError, describeCause, type AttemptFailure } from "../../../tasks/http/attempt-failure.ts";
import { describeBadBody, readFailed, readRefused } from "../../../tasks/http/describe-attempt.ts";
import { describeWaiting } from "../../../tasks/http/describe-waiting.ts";
import { createRetryBudget } from "../../../tasks/http/retry-budget.ts";
import { decideRetry, DEFAULT_RETRY_RULES, type RetryDecision } from "../../../tasks/http/retry-decision.ts";
import { createHandClock } from "../../support/hand-clock.ts";

const PROVIDER = {
  host: "api.test",
  name: "The API",
  baseUrl: "https://api.test/v1",
  addressSetting: "API_BASE_URL",
  isAddressOwn: true,
  codes: { unavailable: "TMDB_UNAVAILABLE", rateLimited: "TMDB_RATE_LIMITED", untrusted: "TMDB_UNTRUSTED" },
} as const;

const LOST: AttemptFailure = {
  reason: "connection_lost",
  status: undefined,
  code: "ECONNRESET",
  retryAfter: undefined,
  isStaleConnection: false,
};

function makeCall(
  more: Partial<Pick<ApiCall, "attempts" | "spentMs">> & { isControl?: boolean } = {},
): ApiCall {
  const { isControl = false, ...state } = more;
  const call = new ApiCall(
    { template: "/title", isControl },
    new AbortController().signal,
    createAbortFanOut(),
  );
  return Object.assign(call, { attempts: 1 }, state);
}

function decide(
  failure: Partial<AttemptFailure>,
  call = makeCall(),
  budget = createRetryBudget(),
): RetryDecision {
  return decideRetry({
    call,
    failure: { ...LOST, ...failure },
    rules: { ...DEFAULT_RETRY_RULES, firstBackoffMs: 1000, maxBackoffMs: 5000 },
    now: new Date("2026-11-23T09:00:00Z"),
    random: () => 0.5,
    budget,
    provider: PROVIDER,
  });
}

describe("another attempt", () => {
  test.each([1, 2, 3, 4])("waits half of a doubled back-off, up to the longest (attempt %i)", (attempts) => {
    const waits = [500, 1000, 2000, 2500];
    const call = makeCall({ attempts, spentMs: 10 });
    expect(decide({}, call)).toEqual({ isRetried: true, delayMs: waits[attempts - 1], stop: undefined });
    expect(call.spentMs).toBe(10 + (waits[attempts - 1] ?? 0));
  });

  test("waits as long as the provider asks, if that is longer", () => {
    expect(decide({ reason: "server_error", retryAfter: "3" }).delayMs).toBe(3000);
    expect(decide({ reason: "server_error", retryAfter: "0" }).delayMs).toBe(500);
    expect(decide({ reason: "server_error", retryAfter: "60" }).delayMs).toBe(60_000);
  });

  test("comes at once after a 429, whose pause is for all, and takes nothing from the budget", () => {
    const empty = createRetryBudget(0);
    expect(decide({ reason: "rate_limited", retryAfter: "3" }, makeCall(), empty)).toEqual({
      isRetried: true,
      delayMs: 0,
      stop: undefined,
    });
  });

  test("comes at once after a connection that was closed before, once for a request", () => {
    const call = makeCall();
    const stale = { isStaleConnection: true };
    expect(decide(stale, call, createRetryBudget(0))).toMatchObject({ isRetried: true, delayMs: 0 });
    expect(decide(stale, call, createRetryBudget(0))).toMatchObject({ isRetried: false });
    expect(decide(stale, call)).toMatchObject({ isRetried: true, delayMs: 500 });
  });

  test.each(["html", "not_json"] as const)("comes once after a body that is %s", (reason) => {
    const call = makeCall();
    expect([decide({ reason }, call), decide({ reason }, call)].map(({ isRetried }) => isRetried)).toEqual([
      true,
      false,
    ]);
  });

  test("does not come without a budget, at the end of the time, for a control question, or if it is too large", () => {
    const none = { isRetried: false, delayMs: 0, stop: undefined };
    expect(decide({}, makeCall(), createRetryBudget(0))).toEqual(none);
    expect(decide({}, makeCall({ spentMs: 59_500 }))).toEqual(none);
    expect(decide({}, makeCall({ spentMs: 59_499 })).isRetried).toBe(true);
    expect(decide({}, makeCall({ isControl: true }))).toEqual(none);
    expect(decide({ reason: "too_large" })).toEqual(none);
  });

  test.each([
    ["rate_limited", 429, "61", "TMDB_RATE_LIMITED", 61, /asks for a pause of 61 seconds\.$/],
    ["server_error", 503, "61", "TMDB_UNAVAILABLE", 61, /api.test answered 503 to GET \/title/],
    [
      "server_error",
      503,
      "2592000",
      "TMDB_UNAVAILABLE",
      3600,
      /2592000 seconds; it is asked again in \d+\.$/,
    ],
  ] as const)(
    "is left to the task's retry if the pause is long (%s, %i, %s)",
    (reason, status, retryAfter, code, least, message) => {
      const { isRetried, stop } = decide({ reason, status, retryAfter });
      expect(isRetried).toBe(false);
      expect(stop).toMatchObject({
        code,
        retryable: true,
        message: expect.stringMatching(message) as string,
      });
      expect(stop?.retryAfterSeconds).toBeGreaterThanOrEqual(least);
      expect(stop?.retryAfterSeconds).toBeLessThan(2_592_000);
    },
  );
});

describe("a failed attempt", () => {
  function fail(more: {
    code?: string;
    status?: number;
    message?: string;
    request?: object;
    headers?: object;
  }): AxiosError {
    const { code, status, message = "failed", request, headers = {} } = more;
    const response = status === undefined ? undefined : ({ status, headers } as AxiosResponse);
    return new AxiosError(message, code, undefined, request, response);
  }

  test.each([
    ["connection_lost", { code: "ECONNRESET" }],
    ["connection_lost", { code: "EPIPE" }],
    ["connection_lost", { code: "ECONNABORTED" }],
    ["unreachable", { code: "ECONNREFUSED" }],
    ["unreachable", {}],
    ["untrusted", { code: "CERT_HAS_EXPIRED" }],
    ["too_large", { message: "maxContentLength size of 9 exceeded" }],
    ["rate_limited", { status: 429 }],
    ["server_error", { status: 500 }],
    ["server_error", { status: 408 }],
    ["truncated", { status: 200, code: "ECONNRESET" }],
  ] as const)("is %s: %j", (reason, error) => {
    expect(classifyError(fail(error), false)).toMatchObject({ reason, isStaleConnection: false });
    expect(classifyError(fail(error), true)).toMatchObject({ reason: "timed_out", code: undefined });
  });

  test("says nothing of the provider only where a used connection was closed before an answer began", () => {
    const request = { reusedSocket: true };
    const isStale = (error: AxiosError, hasExpired = false) =>
      classifyError(error, hasExpired).isStaleConnection;
    expect(isStale(fail({ code: "ECONNRESET", request }))).toBe(true);
    expect(isStale(fail({ code: "ECONNRESET", request }), true)).toBe(false);
    expect(isStale(fail({ code: "ECONNRESET", request: { reusedSocket: false } }))).toBe(false);
    expect(isStale(fail({ code: "ECONNREFUSED", request }))).toBe(false);
    expect(isStale(fail({ code: "ECONNRESET", request, status: 200 }))).toBe(false);
  });

  test("keeps what the provider asks for", () => {
    const error = fail({ status: 503, code: "ERR_BAD_RESPONSE", headers: { "retry-after": "7" } });
    expect(classifyError(error, false)).toMatchObject({
      status: 503,
      code: "ERR_BAD_RESPONSE",
      retryAfter: "7",
    });
  });

  test.each([
    ["timed_out", undefined, "no whole answer in time"],
    ["rate_limited", 429, "it asks for a pause (429)"],
    ["server_error", 503, "it answers 503"],
    ["server_error", undefined, "it answers with an error"],
    ["truncated", 200, "its answer broke off"],
    ["too_large", 200, "its answer is too large"],
    ["html", 200, "it answers with a page of HTML"],
    ["not_json", 200, "its answer is not JSON"],
    ["not_json", 204, "it answers 204, without a body"],
    ["not_json", 205, "it answers 205, without a body"],
  ] as const)("%s (%s) is described as: %s", (reason, status, words) => {
    expect(describeCause({ ...LOST, reason, status })).toBe(words);
  });

  test.each(["connection_lost", "unreachable", "untrusted"] as const)(
    "%s is described by its code",
    (reason) => {
      expect(describeCause({ ...LOST, reason, code: "CERT_HAS_EXPIRED" })).toBe(
        describeNetworkFault("CERT_HAS_EXPIRED"),
      );
    },
  );

  test("is described with the request, its status and how often it was tried", () => {
    const tell = (failure: Partial<AttemptFailure>, attempts: number) => {
      const call = Object.assign(makeCall({ attempts }), { failure: { ...LOST, ...failure } });
      const answer = readFailed(PROVIDER, call, undefined);
      return answer.kind === "failed" ? answer.detail : answer.kind;
    };
    const start = "GET /title from api.test:";
    expect(tell({ reason: "truncated", status: 200 }, 1)).toBe(
      `${start} its answer broke off, status 200, 1 attempt`,
    );
    expect(tell({ reason: "server_error", status: 503 }, 5)).toBe(`${start} it answers 503, 5 attempts`);
    expect(() => tell({ reason: "rate_limited", status: 429 }, 5)).toThrow(
      expect.objectContaining({ code: "TMDB_RATE_LIMITED", retryable: true, retryAfterSeconds: 60 }),
    );
  });

  test("ends the task if it has to stop, or the request's end was not its own", () => {
    const stop = decide({ reason: "untrusted", code: "CERT_HAS_EXPIRED" }).stop;
    expect(stop).toMatchObject({
      code: "TMDB_UNTRUSTED",
      message: `api.test is not trusted: ${describeNetworkFault("CERT_HAS_EXPIRED")}.`,
      hint: `${TRUST_HINT}. If it is trusted already, check API_BASE_URL and this machine's clock.`,
      retryable: false,
    });
    expect(() => readFailed(PROVIDER, Object.assign(makeCall(), { stop }), undefined)).toThrow(stop);
    const cause = new Error("cancelled");
    const ended = Object.assign(makeCall(), { stop, ended: { cause } });
    expect(() => readFailed(PROVIDER, ended, undefined)).toThrow(cause);
    expect(readFailed(PROVIDER, makeCall(), new Error("x"))).toMatchObject({
      failure: { reason: "unreachable", code: undefined },
    });
    expect(readFailed(PROVIDER, makeCall(), new AxiosError("x", "ERR_INVALID_URL"))).toMatchObject({
      failure: { reason: "unreachable", code: "ERR_INVALID_URL" },
    });
  });

  test.each([
    ["html", "<!doctype html>", "text/html; charset=utf-8"],
    ["html", "  \n<p>", "application/json"],
    ["html", "no", "TEXT/HTML"],
    ["not_json", "", "text/html"],
    ["not_json", "no", "text/htmlx"],
    ["not_json", "no < more", "application/json"],
    ["not_json", "no", undefined],
  ])("has a body that is %s: %j as %s", (reason, body, type) => {
    const response = { status: 200, data: Buffer.from(body), headers: { "content-type": type } };
    expect(describeBadBody(response as never)).toMatchObject({ reason, status: 200 });
  });

  test("with a refusal keeps its JSON, its size, its type and its address", () => {
    const headers = { "content-type": "application/json", location: "https://other.test/" };
    const refused = { status: 302, data: Buffer.from('{"a":1}'), headers };
    expect(readRefused(refused as never)).toEqual({
      status: 302,
      value: { a: 1 },
      sizeBytes: 7,
      contentType: "application/json",
      location: "https://other.test/",
    });
    expect(readRefused({ ...refused, data: Buffer.from("<"), headers: {} } as never)).toMatchObject({
      value: undefined,
      contentType: "",
      location: "",
    });
  });
});

test("the progress display says why no answer comes, and when the provider is asked again", () => {
  const clock = createHandClock();
  const tell = (
    more: { pausedUntilMs?: number; cause?: string; nextProbeMs?: number },
    isAddressOwn = true,
  ) => {
    const { pausedUntilMs = 0, cause, nextProbeMs } = more;
    const traffic = { limiter: { pausedUntilMs }, trouble: { cause }, circuit: { nextProbeMs } };
    return describeWaiting({ ...PROVIDER, isAddressOwn }, traffic as never, clock);
  };
  expect(tell({})).toBeUndefined();
  expect(tell({ nextProbeMs: 9 })).toBeUndefined();
  expect(tell({ pausedUntilMs: 1001, cause: "it answers 503" })).toBe(
    "api.test asked for a pause of 2 s from now",
  );
  expect(tell({ cause: "it answers 503" })).toBe("api.test (API_BASE_URL): it answers 503");
  expect(tell({ cause: "it answers 503", nextProbeMs: 0 }, false)).toBe("api.test: it answers 503");
  expect(tell({ cause: "it answers 503", nextProbeMs: 4001 }, false)).toBe(
    "api.test: it answers 503; asked again in 5 s",
  );
});
