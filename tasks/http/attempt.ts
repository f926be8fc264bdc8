/**
 * The attempts of one request, one after another: each is admitted, sent within its deadline, and judged; the only
 * layer of retries (axios-retry). connection sends them; the judge decides what the end means.
 */
import { AxiosError, isAxiosError, type AxiosResponse, type InternalAxiosRequestConfig } from "axios";
import axiosRetry from "axios-retry";
import { admit } from "./admission.ts";
import type { AnswerJudge, AnswerTools } from "./answer.ts";
import type { ApiCall } from "./api-call.ts";
import { classifyError, type AttemptFailure } from "./attempt-failure.ts";
import type { Connection } from "./connection.ts";
import { createDeadlines } from "./deadlines.ts";
import { decideRetry } from "./retry-decision.ts";

export interface Attempts {
  /** Rejects with an error that holds the token many times: the caller reads the call instead. */
  send(url: string, call: ApiCall): Promise<AxiosResponse<Buffer>>;
  /** Attempts sent. */
  readonly requests: number;
  readonly retries: number;
}

export function createAttempts(tools: AnswerTools, { instance }: Connection, judge: AnswerJudge): Attempts {
  const { provider, traffic, clock, log, random, rules } = tools;
  const deadlines = createDeadlines(clock);
  const counts = { requests: 0, retries: 0 };

  instance.interceptors.request.use((config) => start(config));
  instance.interceptors.response.use(end, fail);
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

  async function start(config: InternalAxiosRequestConfig): Promise<InternalAxiosRequestConfig> {
    const call = config.apiCall;
    if (call === undefined) return config;
    try {
      await admit(call, traffic);
    } catch (error) {
      throw call.end(error);
    }
    counts.requests += 1;
    const limitMs = Math.min(rules.attemptTimeoutMs, rules.totalTimeoutMs - call.spentMs);
    config.signal = call.startAttempt(clock.monotonicMs(), (expire) => deadlines.start(limitMs, expire));
    return config;
  }

  function end(response: AxiosResponse<Buffer>): AxiosResponse<Buffer> {
    const call = response.config.apiCall;
    if (call === undefined) return response;
    call.endAttempt(clock.monotonicMs());
    if (judge.judgeWhole(call, response)) return response;
    throw new AxiosError("no answer", "ERR_BAD_RESPONSE", response.config);
  }

  function fail(error: unknown): never {
    if (!isAxiosError(error)) throw error;
    const call = error.config?.apiCall;
    if (call === undefined) throw error;
    call.endAttempt(clock.monotonicMs());
    if (call.signal.aborted) throw call.end(call.signal.reason);
    judge.judgeFailed(call, classifyError(error, call.hasExpired));
    throw error;
  }

  function mayRetry(call: ApiCall, failure: AttemptFailure): boolean {
    const budget = traffic.retryBudget;
    const decision = decideRetry({ call, failure, rules, now: clock.now(), random, budget, provider });
    call.stop = decision.stop;
    call.delayMs = decision.delayMs;
    return decision.isRetried;
  }

  async function waitForRetry(call: ApiCall | undefined): Promise<void> {
    if (call === undefined) return;
    counts.retries += 1;
    const { attempts, delayMs } = call;
    const { reason, status, code } = call.failure ?? {};
    log.debug(`${call.template} is asked again`, { attempt: attempts, reason, status, code, delayMs });
    try {
      if (delayMs > 0) await clock.sleep(delayMs, call.signal);
    } catch (error) {
      throw call.end(error);
    }
  }

  return {
    send: (url, call) => instance.request<Buffer>({ method: "get", url, apiCall: call }),
    get requests() {
      return counts.requests;
    },
    get retries() {
      return counts.retries;
    },
  };
}
