/**
 * TMDB for one task: its requests through the HTTP client; refusals are raised as the task's failure. The fetcher
 * decides which requests a title needs; the HTTP client does retries and pace.
 */
import type { Agent } from "node:http";
import type { Clock } from "../../model/ports/clock.ts";
import type { Logger } from "../../model/ports/logger.ts";
import { describeWaiting } from "../http/describe-waiting.ts";
import type { HttpRequest } from "../http/exchange.ts";
import { createHttpClient } from "../http/http-client.ts";
import type { RetryRules } from "../http/retry-decision.ts";
import { joinTraffic } from "../http/traffic.ts";
import { describeRefusal } from "./describe-refusal.ts";
import { judgeStatus, readErrorCode } from "./judge-status.ts";
import type { TitleAnswer } from "./title-answer.ts";
import { isTitle } from "./title-check.ts";
import { createTitleFetcher, type TmdbAnswer } from "./title-fetcher.ts";
import { firstRequest, type TitleRequest } from "./title-requests.ts";
import { readBaseUrl, readSecret, type TmdbCredentials } from "./tmdb-access.ts";
import { describeTmdb } from "./tmdb-provider.ts";

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

export interface TmdbClient {
  /**
   * Rejects with the signal's reason when aborted, and with `TaskFailure` if the task should stop asking:
   * `TMDB_UNAUTHORIZED`, `TMDB_REFUSED`, `CONFIG_INVALID` (not retryable), `TMDB_RATE_LIMITED`, `TMDB_UNAVAILABLE`.
   * Everything else is an answer.
   */
  fetchTitle(title: TitleRequest, signal: AbortSignal): Promise<TitleAnswer>;
  /**
   * The number of answers so far that only a working TMDB can give. A failure says something about its id only if one
   * of them came after it.
   */
  readonly proofs: number;
  /**
   * Asks again for a title that was answered before; `true` if that gave a proof, `false` also if no such title is
   * known.
   */
  askControl(signal: AbortSignal): Promise<boolean>;
  readonly host: string;
  readonly baseUrl: string;
  /** Requests sent so far, retries included. */
  readonly requests: number;
  readonly retries: number;
  /** Milliseconds that 429s have paused all requests, over all clients of the same traffic. */
  readonly pausedMs: number;
  /** So many failures in a row that the next ids should be taken from another part of the plan. */
  readonly isInDoubt: boolean;
  /** Why nothing arrives at the moment, as text; `undefined` if nothing is wrong. */
  readonly waitsFor: string | undefined;
  /** Ends idle connections and returns its share of the rate. */
  close(): void;
}

const NO_HEADERS = { sizeBytes: 0, contentType: "", location: "" };
/** Half of the number that opens the circuit. */
const FAILURES_TO_DOUBT = 5;

/** Raises `TaskFailure` `SECRET_MISSING` or `CONFIG_INVALID`; sends nothing yet. */
export function createTmdbClient(options: TmdbClientOptions): TmdbClient {
  const { clock, log, random } = options;
  const secret = readSecret(options);
  const provider = describeTmdb(readBaseUrl(options.baseUrl));
  const { baseUrl, host } = provider;
  const traffic = joinTraffic(clock, provider, options.ratePerSecond);
  const client = createHttpClient({
    provider,
    headers: secret.headers,
    secretQuery: secret.secretQuery,
    traffic,
    clock,
    log,
    random,
    pickControl: () => {
      const title = options.pickControl?.();
      return title === undefined ? undefined : firstRequest(title);
    },
    makeAgent: options.makeAgent,
    ...(options.rules === undefined ? {} : { rules: options.rules }),
    ...(options.maxContentBytes === undefined ? {} : { maxContentBytes: options.maxContentBytes }),
  });

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

  return {
    fetchTitle: createTitleFetcher({ host, clock, get }),
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
      return describeWaiting(provider, traffic, clock);
    },
    close() {
      client.close();
      traffic.leave();
    },
  };
}

/** A provider's error may come with status 200 through a proxy that hides the status. */
function judgeWhole(value: unknown): "answer" | "refused" {
  const isError = !isTitle(value, "movie") && !isTitle(value, "series") && readErrorCode(value) !== undefined;
  return isError ? "refused" : "answer";
}
