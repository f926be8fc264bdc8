/**
 * How one GET becomes an answer: connections, deadlines, and the one layer of retries (axios-retry). What an answer
 * means is decided by whoever asked. No error of axios leaves this file, for each holds the token many times over.
 */
import * as http from "node:http";
import * as https from "node:https";
import { AxiosError, create, isAxiosError, type AxiosResponse, type InternalAxiosRequestConfig } from "axios";
import axiosRetry from "axios-retry";
import type { Clock } from "../../model/ports/clock.ts";
import type { Logger } from "../../model/ports/logger.ts";
import { createAbortFanOut } from "./abort-fan-out.ts";
import { ApiCall } from "./api-call.ts";
import { classifyError, describeCause, type AttemptFailure } from "./attempt-failure.ts";
import type { CircuitPass } from "./circuit.ts";
import { createDeadlines } from "./deadlines.ts";
import {
  describeBadBody,
  describeFailure,
  describeFault,
  describeHiddenRateLimit,
  describeRateLimit,
  readRefused,
} from "./describe-attempt.ts";
import type { RefusedAnswer } from "./describe-refusal.ts";
import { parseJsonBytes } from "./json-body.ts";
import { isTransientStatus, judgeStatus } from "./judge-status.ts";
import { createRateLimitPause } from "./rate-limit-pause.ts";
import { parseRetryAfterMs } from "./retry-after.ts";
import { decideRetry, DEFAULT_RETRY_RULES, type RetryRules } from "./retry-decision.ts";
import type { Traffic } from "./traffic.ts";

declare module "axios" {
  interface AxiosRequestConfig {
    /** Survives axios's merging of configurations by reference, being no plain object. */
    apiCall?: ApiCall;
  }
}

export interface HttpClientOptions {
  /** Without a trailing slash; http or https. */
  readonly baseUrl: string;
  readonly host: string;
  /** Sent with each request. */
  readonly headers: Readonly<Record<string, string>>;
  /** Appended to each query, without `&`; empty for none. */
  readonly secretQuery: string;
  readonly traffic: Traffic;
  readonly clock: Clock;
  readonly log: Logger;
  /** From 0 (included) to 1 (excluded). */
  readonly random: () => number;
  readonly rules?: Partial<RetryRules>;
  /** Decompressed; a longer answer is cut off and not asked for again. Default 32 MiB. */
  readonly maxContentBytes?: number;
  /** Whether JSON is of a form that the provider gives at all; what is not says something about the provider. */
  readonly isSound?: (value: unknown) => boolean;
  /** Whether JSON under a status of success asks for a pause, as a 429 does. */
  readonly isRateLimit?: (value: unknown) => boolean;
  /** Something that was answered soundly in an earlier run, to be asked while the provider is in doubt. */
  readonly pickControl?: () => HttpRequest | undefined;
  /** Connections open at once. Above the concurrency of all tasks, lest requests that have their turn wait here. */
  readonly maxSockets?: number;
  /** Makes what the connections go through, such as a proxy; by default they go straight. */
  readonly makeAgent?: (() => http.Agent) | undefined;
}

export interface HttpRequest {
  /** Starts with `/`, with the query but without secrets. */
  readonly path: string;
  /** The path as it may be shown and logged. */
  readonly template: string;
  /** `false` where the same failed in an earlier attempt; default `true`. */
  readonly isFair?: boolean;
  /** Whether only a provider that is well gives this JSON to this request; default: none does. */
  readonly isProof?: (value: unknown) => boolean;
}

export type HttpAnswer =
  /** 2xx with JSON. `bytes` are the body as it came, decompressed. */
  | { readonly kind: "json"; readonly bytes: Buffer; readonly value: unknown }
  /** 3xx and 4xx, except those that are worth another try. Redirects are not followed. */
  | ({ readonly kind: "refused" } & RefusedAnswer)
  /** No sound answer within the retries; `detail` is for people and holds no secret. */
  | { readonly kind: "failed"; readonly failure: AttemptFailure; readonly detail: string };

export interface HttpClient {
  /**
   * Rejects with the signal's reason when aborted, and with `TaskFailure` where going on is no use now:
   * `TMDB_RATE_LIMITED`, `TMDB_UNAVAILABLE`. All else, network faults too, is an answer.
   */
  get(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer>;
  /** Asks once for what gave a proof before; `true` when it gives one again. Rejects only when aborted. */
  askControl(signal: AbortSignal): Promise<boolean>;
  /** Answers that gave a proof, control questions included; 404 in the provider's own form is one. */
  readonly proofs: number;
  /** Attempts sent. */
  readonly requests: number;
  readonly retries: number;
  /** Ends the kept-alive connections. */
  close(): void;
}

/** Passes through axios in place of the real cause, whose stack axios would else write into at each pass. */
class CallEnded extends Error {}

export function createHttpClient(options: HttpClientOptions): HttpClient {
  const { baseUrl, host, secretQuery, traffic, clock, log, random } = options;
  const { limiter, circuit, retryBudget, trouble } = traffic;
  const rules: RetryRules = { ...DEFAULT_RETRY_RULES, ...options.rules };
  const deadlines = createDeadlines(clock);
  const fanOut = createAbortFanOut();
  const pause = createRateLimitPause({ clock, limiter, random, maxPauseMs: rules.maxRetryAfterMs });
  const agentOptions: http.AgentOptions = {
    keepAlive: true,
    // As axios sets it on each request: with another value here the two would change it to and fro, a system call each.
    keepAliveMsecs: 60_000,
    maxSockets: options.maxSockets ?? 256,
  };
  const agent = options.makeAgent?.();
  const httpAgent = agent ?? new http.Agent(agentOptions);
  const httpsAgent = agent ?? new https.Agent(agentOptions);
  const counts = { requests: 0, retries: 0, proofs: 0 };
  const closing = new AbortController();
  const stopSampling = circuit.addSampler(askControl);
  let lastSound: HttpRequest | undefined;

  const instance = create({
    adapter: "http",
    baseURL: baseUrl,
    allowAbsoluteUrls: false,
    maxRedirects: 0,
    responseType: "arraybuffer",
    maxContentLength: options.maxContentBytes ?? 32 * 1024 * 1024,
    httpAgent,
    httpsAgent,
    // The bytes are kept as they came, and a GET has none to send.
    transformRequest: [],
    transformResponse: [],
    validateStatus: (status) => !isTransientStatus(status),
    // Axios's own reading of HTTPS_PROXY: the agent has the rule that holds for every client.
    proxy: false,
  });
  // Axios merges its defaults anew at each request: what a GET does not need costs a tenth of a request's time.
  for (const name of ["env", "transitional", "xsrfCookieName", "xsrfHeaderName", "maxBodyLength"] as const) {
    delete instance.defaults[name];
  }
  const headers = { Accept: "application/json", "Accept-Encoding": "gzip, br", ...options.headers };
  Object.assign(instance.defaults, { headers: { common: headers } });

  instance.interceptors.request.use((config) => startAttempt(config));
  instance.interceptors.response.use(endAttempt, failAttempt);
  axiosRetry(instance, {
    retries: rules.maxRetries,
    retryCondition: (error) => {
      const call = error.config?.apiCall;
      return call?.failure !== undefined && mayRetry(call, call.failure);
    },
    // The waiting is done in `onRetry`, by the clock, and ends when the caller aborts.
    retryDelay: () => 0,
    onRetry: (_count, error) => waitForRetry(error.config?.apiCall),
  });

  async function startAttempt(config: InternalAxiosRequestConfig): Promise<InternalAxiosRequestConfig> {
    const call = config.apiCall;
    if (call === undefined) return config;
    try {
      await admit(call);
    } catch (error) {
      throw endCall(call, error);
    }
    counts.requests += 1;
    // Not before it is sent: whoever is turned away by an open circuit has asked nothing.
    if (call.attempts === 0 && !call.isControl) retryBudget.earn();
    const limitMs = Math.min(rules.attemptTimeoutMs, rules.totalTimeoutMs - call.spentMs);
    config.signal = call.startAttempt(clock.monotonicMs(), (expire) => deadlines.start(limitMs, expire));
    return config;
  }

  /** The circuit first: a turn at the limiter that then waited for the circuit would come as a burst when it closes. */
  async function admit(call: ApiCall): Promise<void> {
    if (call.isControl) return limiter.acquire(call.signal);
    for (;;) {
      const pass = await circuit.enter(call.signal, call.isFair && call.attempts === 0);
      call.pass = pass;
      await limiter.acquire(call.signal);
      if (circuit.isValid(pass)) return;
    }
  }

  function endAttempt(response: AxiosResponse<Buffer>): AxiosResponse<Buffer> {
    const call = response.config.apiCall;
    if (call === undefined) return response;
    call.endAttempt(clock.monotonicMs());
    if (response.status < 300) call.parsed = parseJsonBytes(response.data);
    if (call.parsed !== undefined && options.isRateLimit?.(call.parsed.value) === true) {
      call.parsed = undefined;
      call.failure = describeHiddenRateLimit(response);
      recordRateLimit(call, call.failure);
      throw new AxiosError("rate limited", "ERR_BAD_RESPONSE", response.config);
    }
    pause.reset();
    if (response.status < 300) {
      if (call.parsed === undefined) {
        call.failure = describeBadBody(response);
        reportFailure(call);
        throw new AxiosError("not JSON", "ERR_BAD_RESPONSE", response.config);
      }
      if (options.isSound?.(call.parsed.value) === false) {
        reportDoubt(call, "it answers with JSON that is not TMDB's");
        return response;
      }
    }
    trouble.cause = undefined;
    circuit.reportSuccess(call.takePass());
    return response;
  }

  function failAttempt(error: unknown): never {
    if (!isAxiosError(error)) throw error;
    const call = error.config?.apiCall;
    if (call === undefined) throw error;
    call.endAttempt(clock.monotonicMs());
    if (call.signal.aborted) throw endCall(call, call.signal.reason);
    const failure = classifyError(error, call.hasExpired);
    call.failure = failure;
    if (failure.reason === "rate_limited") recordRateLimit(call, failure);
    else if (failure.reason === "too_large") circuit.reportSuccess(call.takePass());
    else if (failure.isStaleConnection) circuit.reportNothing(call.takePass());
    else reportFailure(call);
    throw error;
  }

  /** One that follows a pause counts as a failure: each further pause would end in a burst of requests for nothing. */
  function recordRateLimit(call: ApiCall, failure: AttemptFailure): void {
    const retryAfterMs = parseRetryAfterMs(failure.retryAfter, clock.now());
    const pauseMs = pause.begin(call.startedMs, retryAfterMs);
    log.info(`${host} answered 429; everybody pauses`, { pauseMs: Math.round(pauseMs) });
    if (pause.isRepeated) reportFailure(call);
    else circuit.reportNothing(call.takePass());
  }

  function reportFailure(call: ApiCall): void {
    const { failure } = call;
    if (failure === undefined) return;
    const cause = describeCause(failure);
    const isFirstWord = trouble.cause === undefined;
    reportDoubt(call, cause);
    if (isFirstWord && failure.reason === "unreachable") {
      log.warn(`${host} cannot be reached: ${cause}. It is asked again.`);
    }
  }

  function reportDoubt(call: ApiCall, cause: string): void {
    trouble.cause = cause;
    if (call.isControl) lastSound = undefined;
    if (!circuit.reportFailure(call.takePass(), cause)) return;
    log.warn(`${host} fails again and again: ${cause}. Requests wait until a probe succeeds.`);
  }

  /** What was answered soundly a moment ago comes first: its failure cannot be its own. */
  function askControl(pass: CircuitPass): boolean {
    const request = lastSound ?? options.pickControl?.();
    if (request === undefined || closing.signal.aborted) return false;
    const call = new ApiCall({ template: request.template, isControl: true }, closing.signal, fanOut);
    call.pass = pass;
    // What it is told is in its pass already; a fault of its own leaves the place to the next.
    send(request, call).catch(() => undefined);
    return true;
  }

  async function send(request: HttpRequest, call: ApiCall): Promise<HttpAnswer> {
    const separator = request.path.includes("?") ? "&" : "?";
    const url = secretQuery === "" ? request.path : `${request.path}${separator}${secretQuery}`;
    try {
      const response = await instance.request<Buffer>({ method: "get", url, apiCall: call });
      if (call.parsed === undefined) {
        const refused = readRefused(response);
        if (judgeStatus(refused.status, refused.value) === "not_found") counts.proofs += 1;
        return { kind: "refused", ...refused };
      }
      if (request.isProof?.(call.parsed.value) === true) {
        counts.proofs += 1;
        lastSound = request;
      }
      return { kind: "json", bytes: response.data, value: call.parsed.value };
    } catch (error) {
      if (call.ended !== undefined) throw call.ended.cause;
      if (call.stop !== undefined) throw call.stop;
      const failure = call.failure ?? describeFault(error);
      if (failure.reason === "rate_limited") throw describeRateLimit(host, call);
      return { kind: "failed", failure, detail: describeFailure(host, call, failure) };
    } finally {
      call.close();
      if (call.pass !== undefined) circuit.reportNothing(call.takePass());
    }
  }

  function mayRetry(call: ApiCall, failure: AttemptFailure): boolean {
    const decision = decideRetry({
      call,
      failure,
      rules,
      now: clock.now(),
      random,
      budget: retryBudget,
      host,
    });
    call.stop = decision.stop;
    call.delayMs = decision.delayMs;
    return decision.isRetried;
  }

  async function waitForRetry(call: ApiCall | undefined): Promise<void> {
    if (call === undefined) return;
    counts.retries += 1;
    const { reason, status, code } = call.failure ?? {};
    log.debug(`${call.template} is asked again`, {
      attempt: call.attempts,
      reason,
      status,
      code,
      delayMs: call.delayMs,
    });
    try {
      if (call.delayMs > 0) await clock.sleep(call.delayMs, call.signal);
    } catch (error) {
      throw endCall(call, error);
    }
  }

  function endCall(call: ApiCall, cause: unknown): CallEnded {
    call.ended = { cause };
    return new CallEnded();
  }

  return {
    async get(request, signal) {
      signal.throwIfAborted();
      return send(request, new ApiCall(request, signal, fanOut));
    },
    async askControl(signal) {
      const request = lastSound ?? options.pickControl?.();
      if (request === undefined) return false;
      const before = counts.proofs;
      const call = new ApiCall({ template: request.template, isControl: true }, signal, fanOut);
      await send(request, call).catch(() => undefined);
      signal.throwIfAborted();
      return counts.proofs > before;
    },
    get proofs() {
      return counts.proofs;
    },
    get requests() {
      return counts.requests;
    },
    get retries() {
      return counts.retries;
    },
    close() {
      stopSampling();
      closing.abort(new CallEnded());
      httpAgent.destroy();
      httpsAgent.destroy();
    },
  };
}
