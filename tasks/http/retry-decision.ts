/** Whether a failed attempt is followed by another, and when. The waiting is done elsewhere. */
import { TaskFailure } from "../../model/errors.ts";
import { LONGEST_RETRY_AFTER_SECONDS } from "../../model/run/retry-policy.ts";
import { TRUST_HINT } from "../../model/text/network-fault.ts";
import type { ApiCall } from "./api-call.ts";
import { describeCause, type AttemptFailure } from "./attempt-failure.ts";
import { parseRetryAfterMs } from "./retry-after.ts";
import type { ProviderPlace } from "./provider.ts";
import type { RetryBudget } from "./retry-budget.ts";

export interface RetryRules {
  /** Attempts after the first. */
  readonly maxRetries: number;
  /** From the start of an attempt to the last byte of its answer, including the connection. */
  readonly attemptTimeoutMs: number;
  /**
   * All attempts and the back-off between them; without waits that the provider asked for or that apply to all
   * requests.
   */
  readonly totalTimeoutMs: number;
  readonly firstBackoffMs: number;
  readonly maxBackoffMs: number;
  /** A longer `Retry-After` is not waited for here: the task gives its slot back and is started again later. */
  readonly maxRetryAfterMs: number;
}

export const DEFAULT_RETRY_RULES: RetryRules = {
  maxRetries: 4,
  attemptTimeoutMs: 15_000,
  totalTimeoutMs: 60_000,
  firstBackoffMs: 500,
  maxBackoffMs: 15_000,
  maxRetryAfterMs: 60_000,
};

export interface RetryQuestion {
  readonly call: ApiCall;
  readonly failure: AttemptFailure;
  readonly rules: RetryRules;
  readonly now: Date;
  readonly random: () => number;
  readonly budget: RetryBudget;
  readonly provider: ProviderPlace;
}

export interface RetryDecision {
  readonly isRetried: boolean;
  readonly delayMs: number;
  /** Set if the whole task should stop asking for a while. */
  readonly stop: TaskFailure | undefined;
}

const NO_RETRY: RetryDecision = { isRetried: false, delayMs: 0, stop: undefined };
const RETRY_NOW: RetryDecision = { isRetried: true, delayMs: 0, stop: undefined };

/**
 * A 429 takes nothing from the budget: its retries are limited by the pause, which applies to all requests. Nor does a
 * kept-alive connection that turned out to be closed, once per request: the number of idle connections is limited, and
 * the provider has not seen the request. Everything else takes from the budget and waits a full-jitter back-off
 * (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/); a body that is not JSON is retried only
 * once.
 */
export function decideRetry(question: RetryQuestion): RetryDecision {
  const { call, failure, rules, now, budget } = question;
  if (failure.reason === "too_large" || call.isControl) return NO_RETRY;
  if (failure.reason === "untrusted") return { ...NO_RETRY, stop: describeUntrusted(question) };
  const retryAfterMs = parseRetryAfterMs(failure.retryAfter, now) ?? 0;
  if (retryAfterMs > rules.maxRetryAfterMs) {
    return { ...NO_RETRY, stop: describeLongPause(question, retryAfterMs) };
  }
  if (failure.reason === "rate_limited") return RETRY_NOW;
  if (failure.isStaleConnection && !call.hasReplacedConnection) {
    call.hasReplacedConnection = true;
    return RETRY_NOW;
  }
  if (failure.reason === "html" || failure.reason === "not_json") {
    call.badBodies += 1;
    if (call.badBodies > 1) return NO_RETRY;
  }
  const backoffMs =
    question.random() * Math.min(rules.maxBackoffMs, rules.firstBackoffMs * 2 ** (call.attempts - 1));
  if (call.spentMs + backoffMs >= rules.totalTimeoutMs || !budget.spend()) return NO_RETRY;
  call.spentMs += backoffMs;
  return { isRetried: true, delayMs: Math.max(backoffMs, retryAfterMs), stop: undefined };
}

function describeUntrusted({ failure, provider }: RetryQuestion): TaskFailure {
  return new TaskFailure(
    provider.codes.untrusted,
    `${provider.host} is not trusted: ${describeCause(failure)}.`,
    false,
    {
      hint: `${TRUST_HINT}. If it is trusted already, check ${provider.addressSetting} and this machine's clock.`,
    },
  );
}

function describeLongPause({ call, failure, provider }: RetryQuestion, retryAfterMs: number): TaskFailure {
  const askedSeconds = Math.ceil(retryAfterMs / 1000);
  const seconds = Math.min(LONGEST_RETRY_AFTER_SECONDS, askedSeconds);
  const { host, codes } = provider;
  return new TaskFailure(
    failure.reason === "rate_limited" ? codes.rateLimited : codes.unavailable,
    `${host} answered ${failure.status} to GET ${call.template} and asks for a pause of ${askedSeconds} seconds${askedSeconds > seconds ? `; it is asked again in ${seconds}` : ""}.`,
    true,
    {
      retryAfterSeconds: seconds,
      hint: "What has been fetched is kept; the next attempt asks for the rest.",
    },
  );
}
