/** How a title is asked for at TMDB, and which outcome its answer is. Retries and pace are the HTTP client's business. */
import type { Agent } from "node:http";
import type { Clock } from "../../model/ports/clock.ts";
import type { Logger } from "../../model/ports/logger.ts";
import { MAX_RECORD_BYTES } from "../../model/records/record-batch.ts";
import { describeRefusal } from "../http/describe-refusal.ts";
import { describeWaiting } from "../http/describe-waiting.ts";
import { createHttpClient, type HttpAnswer, type HttpRequest } from "../http/http-client.ts";
import { hashStructure, isJsonObject } from "../http/json-body.ts";
import { judgeStatus, readErrorCode } from "../http/judge-status.ts";
import type { RetryRules } from "../http/retry-decision.ts";
import { isTitle, readFind, readImdbId, readProviderId, type AbsenceReason } from "./title-check.ts";
import {
  buildQuery,
  findRequest,
  firstRequest,
  isSound,
  movieRequest,
  type TitleRequest,
} from "./title-requests.ts";
import { readBaseUrl, readSecret, type TmdbCredentials } from "./tmdb-access.ts";
import { joinTraffic } from "../http/traffic.ts";

export interface TmdbClientOptions extends TmdbCredentials {
  /** Such as `https://api.themoviedb.org/3`. */
  readonly baseUrl: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** From 0 (included) to 1 (excluded); for jitter. */
  readonly random: () => number;
  /** `Infinity` for no limit. All clients of one clock and base URL share a limiter; their lowest rate holds. */
  readonly ratePerSecond: number;
  /** A title that is stored already, to be asked for while TMDB is in doubt; its answer is not kept. */
  readonly pickControl?: () => TitleRequest | undefined;
  readonly rules?: Partial<RetryRules>;
  readonly maxContentBytes?: number;
  readonly makeAgent?: (() => Agent) | undefined;
}

export interface FoundTitle {
  readonly outcome: "found";
  /** TMDB's own bytes: one JSON object. */
  readonly body: Uint8Array;
  /** See `hashStructure`. */
  readonly structure: string;
  /** Path template of the answer: `/movie/{imdb_id}`, `/movie/{id}` or `/tv/{id}`. */
  readonly endpoint: string;
  /** ISO UTC. */
  readonly fetchedAt: string;
  readonly providerId: number;
}

export interface AbsentTitle {
  readonly outcome: "not_found";
  readonly reason: AbsenceReason;
  readonly fetchedAt: string;
}

export interface FailedTitle {
  readonly outcome: "failed";
  /**
   * `bad_id`, `wrong_title`, `too_large`, `not_a_title`, `bad_find_answer`, or one of the reasons in `attempt-failure.ts`
   * after the retries.
   */
  readonly reason: string;
  /** For people; holds no secret. */
  readonly detail: string;
  /** Asking again at once would give the same, provided that the service is well: see `proofs`. */
  readonly isPermanent: boolean;
  readonly fetchedAt: string;
}

export type TitleAnswer = FoundTitle | AbsentTitle | FailedTitle;

export interface TmdbClient {
  /**
   * Rejects with the signal's reason when aborted, and with `TaskFailure` where the task should stop asking:
   * `TMDB_UNAUTHORIZED`, `TMDB_REFUSED`, `CONFIG_INVALID` (not retryable), `TMDB_RATE_LIMITED`, `TMDB_UNAVAILABLE`. All
   * else is an answer.
   */
  fetchTitle(title: TitleRequest, signal: AbortSignal): Promise<TitleAnswer>;
  /**
   * Answers so far that only a TMDB that is well can give. A failure says something about its id only where one of them
   * came after it.
   */
  readonly proofs: number;
  /** Asks again for what was answered before; `true` when that gave a proof, `false` also where nothing is known. */
  askControl(signal: AbortSignal): Promise<boolean>;
  readonly host: string;
  readonly baseUrl: string;
  /** Requests sent so far, retries included. */
  readonly requests: number;
  readonly retries: number;
  /** Milliseconds that 429s have paused everybody, over all clients of the same traffic. */
  readonly pausedMs: number;
  /** So many failures in a row that what is asked next should be taken from elsewhere in the plan. */
  readonly isInDoubt: boolean;
  /** Why nothing comes at the moment, in words; `undefined` where nothing is wrong. */
  readonly waitsFor: string | undefined;
  /** Ends idle connections and gives the rate back. */
  close(): void;
}

type TmdbAnswer = Exclude<HttpAnswer, { kind: "refused" }> | { readonly kind: "not_found" };

const NO_HEADERS = { sizeBytes: 0, contentType: "", location: "" };
/** Half of what opens the circuit. */
const FAILURES_TO_DOUBT = 5;
/** "Your request count is over the allowed limit": 429, in an answer whose status a proxy hides. */
const RATE_LIMIT_CODE = 25;
const IMDB_ID = /^tt\d{7,10}$/;

/** Raises `TaskFailure` `SECRET_MISSING` or `CONFIG_INVALID`; sends nothing yet. */
export function createTmdbClient(options: TmdbClientOptions): TmdbClient {
  const { clock, log, random } = options;
  const secret = readSecret(options);
  const { baseUrl, host } = readBaseUrl(options.baseUrl);
  const traffic = joinTraffic(clock, baseUrl, host, options.ratePerSecond);
  const client = createHttpClient({
    baseUrl,
    host,
    headers: secret.headers,
    secretQuery: secret.secretQuery,
    traffic,
    clock,
    log,
    random,
    isSound,
    isRateLimit: (value) => readErrorCode(value) === RATE_LIMIT_CODE,
    pickControl: () => {
      const title = options.pickControl?.();
      return title === undefined ? undefined : firstRequest(title);
    },
    makeAgent: options.makeAgent,
    ...(options.rules === undefined ? {} : { rules: options.rules }),
    ...(options.maxContentBytes === undefined ? {} : { maxContentBytes: options.maxContentBytes }),
  });

  function fail(reason: string, detail: string, isPermanent: boolean): FailedTitle {
    return { outcome: "failed", reason, detail, isPermanent, fetchedAt: clock.now().toISOString() };
  }

  function absent(reason: AbsenceReason): AbsentTitle {
    return { outcome: "not_found", reason, fetchedAt: clock.now().toISOString() };
  }

  async function get(request: HttpRequest, signal: AbortSignal): Promise<TmdbAnswer> {
    const { template } = request;
    const answer = await client.get(request, signal);
    if (answer.kind === "failed") return answer;
    const meaning =
      answer.kind === "refused" ? judgeStatus(answer.status, answer.value) : judgeWhole(answer.value);
    if (meaning === "not_found") return { kind: "not_found" };
    if (answer.kind === "json" && meaning === "answer") return answer;
    const refused = answer.kind === "refused" ? answer : { status: 200, value: answer.value, ...NO_HEADERS };
    const refusal = meaning === "wrong_address" || meaning === "unauthorized" ? meaning : "refused";
    const { variable } = secret;
    throw describeRefusal(refusal, refused, {
      baseUrl,
      host,
      template,
      variable,
      secret: secret.value,
      hasProof: client.proofs > 0,
    });
  }

  /** What is left when an answer is neither JSON nor TMDB's 404. */
  function failFrom(answer: Extract<HttpAnswer, { kind: "failed" }>): FailedTitle {
    return fail(answer.failure.reason, answer.detail, answer.failure.reason === "too_large");
  }

  async function find(
    title: TitleRequest,
    signal: AbortSignal,
  ): Promise<readonly number[] | AbsentTitle | FailedTitle> {
    const request = findRequest(title);
    const { template } = request;
    const answer = await get(request, signal);
    if (answer.kind === "not_found") return absent("unknown");
    if (answer.kind === "failed") return failFrom(answer);
    const verdict = readFind(answer.value, title.entity);
    if (verdict.kind === "found") return verdict.ids;
    if (verdict.kind === "absent") return absent(verdict.reason);
    return fail("bad_find_answer", `GET ${template} from ${host}: not of the form of a find answer`, false);
  }

  /** `providerId` is the one that `/find` gave; without it the title was asked for by its IMDb id. */
  async function judge(
    answer: Extract<HttpAnswer, { kind: "json" }>,
    title: TitleRequest,
    endpoint: string,
    providerId: number | undefined,
    signal: AbortSignal,
  ): Promise<TitleAnswer> {
    const fetchedAt = clock.now().toISOString();
    const source = `GET ${endpoint} from ${host}`;
    const { value, bytes } = answer;
    const id = isTitle(value, title.entity) ? readProviderId(value) : undefined;
    if (!isJsonObject(value) || id === undefined) {
      return fail("not_a_title", `${source}: JSON that is not of the form of a title`, false);
    }
    if (providerId !== undefined && id !== providerId) {
      return fail("wrong_title", `${source}: asked for ${providerId}, got ${id}`, true);
    }
    const imdbId = readImdbId(value, title.entity);
    if (imdbId !== undefined && imdbId !== title.imdbId) {
      return fail("wrong_title", `${source}: asked for ${title.imdbId}, got another IMDb id`, true);
    }
    if (bytes.length > MAX_RECORD_BYTES) {
      return fail("too_large", `${source}: ${bytes.length} bytes, more than an object may hold`, true);
    }
    if (imdbId === undefined && providerId === undefined) {
      const ids = await find(title, signal);
      if ("outcome" in ids && ids.outcome === "failed") return ids;
      if ("outcome" in ids || !ids.includes(id)) {
        return fail(
          "wrong_title",
          `${source}: ${id} names no IMDb id, and /find does not know it as ${title.imdbId}`,
          true,
        );
      }
    }
    return {
      outcome: "found",
      body: bytes,
      structure: hashStructure(value),
      endpoint,
      fetchedAt,
      providerId: id,
    };
  }

  /** Asks for each title that `/find` names until one is there: TMDB keeps names of titles that are gone. */
  async function fetchFound(title: TitleRequest, signal: AbortSignal): Promise<TitleAnswer> {
    const query = buildQuery(title);
    const ids = await find(title, signal);
    if ("outcome" in ids) return ids;
    const isFair = title.hasFailed !== true;
    const folder = title.entity === "movie" ? "movie" : "tv";
    const endpoint = `/${folder}/{id}`;
    let wrong: FailedTitle | undefined;
    for (const id of new Set(ids)) {
      const answer = await get({ path: `/${folder}/${id}?${query}`, template: endpoint, isFair }, signal);
      if (answer.kind === "not_found") continue;
      if (answer.kind === "failed") return failFrom(answer);
      const verdict = await judge(answer, title, endpoint, id, signal);
      if (verdict.outcome !== "failed" || verdict.reason !== "wrong_title") return verdict;
      wrong ??= verdict;
    }
    return wrong ?? absent("gone");
  }

  async function fetchMovie(title: TitleRequest, signal: AbortSignal): Promise<TitleAnswer> {
    const request = movieRequest(title);
    const answer = await get(request, signal);
    if (answer.kind === "not_found") return fetchFound(title, signal);
    if (answer.kind === "failed") return failFrom(answer);
    return judge(answer, title, request.template, undefined, signal);
  }

  return {
    async fetchTitle(title, signal) {
      signal.throwIfAborted();
      if (!IMDB_ID.test(title.imdbId)) return fail("bad_id", "not tt and 7 to 10 digits", true);
      return title.entity === "movie" ? fetchMovie(title, signal) : fetchFound(title, signal);
    },
    get proofs() {
      return client.proofs;
    },
    askControl: (signal) => client.askControl(signal),
    host,
    baseUrl,
    get requests() {
      return client.requests;
    },
    get retries() {
      return client.retries;
    },
    get pausedMs() {
      return traffic.limiter.pausedMs;
    },
    get isInDoubt() {
      return traffic.circuit.failuresInARow >= FAILURES_TO_DOUBT;
    },
    get waitsFor() {
      return describeWaiting(host, traffic, clock);
    },
    close() {
      client.close();
      traffic.leave();
    },
  };
}

/** A provider's error may come with status 200, through a proxy that hides the status. */
function judgeWhole(value: unknown): "answer" | "refused" {
  const isError = !isTitle(value, "movie") && !isTitle(value, "series") && readErrorCode(value) !== undefined;
  return isError ? "refused" : "answer";
}
