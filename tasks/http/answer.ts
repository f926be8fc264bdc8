/**
 * What the end of an attempt means: for the request, recorded in its call, and for the provider, reported to the
 * circuit and the limiter that all requests share. Whether there is another attempt is decided elsewhere.
 */
import type { AxiosResponse } from "axios";
import type { Clock } from "../../model/ports/clock.ts";
import type { Logger } from "../../model/ports/logger.ts";
import type { ApiCall } from "./api-call.ts";
import { describeCause, type AttemptFailure } from "./attempt-failure.ts";
import type { ControlQuestion } from "./control-question.ts";
import { describeBadBody, describeHiddenRateLimit } from "./describe-attempt.ts";
import { parseJsonBytes } from "./json-body.ts";
import type { Provider } from "./provider.ts";
import { createRateLimitPause } from "./rate-limit-pause.ts";
import { parseRetryAfterMs } from "./retry-after.ts";
import type { RetryRules } from "./retry-decision.ts";
import type { Traffic } from "./traffic.ts";

export interface AnswerTools {
  readonly provider: Provider;
  readonly traffic: Traffic;
  readonly clock: Clock;
  readonly log: Logger;
  readonly random: () => number;
  readonly rules: RetryRules;
  readonly control: ControlQuestion;
}

export interface AnswerJudge {
  /** A complete answer. `false` if it is no answer to the request: then the call has its failure. */
  judgeWhole(call: ApiCall, response: AxiosResponse<Buffer>): boolean;
  /** An attempt without a complete answer, or with one whose status asks for another attempt. */
  judgeFailed(call: ApiCall, failure: AttemptFailure): void;
}

export function createAnswerJudge(tools: AnswerTools): AnswerJudge {
  const { provider, traffic, clock, log, random, rules, control } = tools;
  const { limiter, circuit, trouble } = traffic;
  const { host } = provider;
  const pause = createRateLimitPause({ clock, limiter, random, maxPauseMs: rules.maxRetryAfterMs });

  /** A 429 that follows a pause counts as a failure: each further pause would end in a useless burst of requests. */
  function recordRateLimit(call: ApiCall, failure: AttemptFailure): void {
    const retryAfterMs = parseRetryAfterMs(failure.retryAfter, clock.now());
    const pauseMs = pause.begin(call.startedMs, retryAfterMs);
    log.info(`${host} answered 429; all requests pause`, { pauseMs: Math.round(pauseMs) });
    if (pause.isRepeated) reportFailure(call, failure);
    else circuit.reportNothing(call.takePass());
  }

  function reportFailure(call: ApiCall, failure: AttemptFailure): void {
    const cause = describeCause(failure);
    const isFirstWord = trouble.cause === undefined;
    reportDoubt(call, cause);
    if (isFirstWord && failure.reason === "unreachable") {
      log.warn(`${host} cannot be reached: ${cause}. Requests are repeated.`);
    }
  }

  function reportDoubt(call: ApiCall, cause: string): void {
    trouble.cause = cause;
    if (call.isControl) control.forget();
    if (!circuit.reportFailure(call.takePass(), cause)) return;
    log.warn(`${host} keeps failing: ${cause}. Requests wait until a probe succeeds.`);
  }

  return {
    judgeWhole(call, response) {
      const isSuccess = response.status < 300;
      const parsed = isSuccess ? parseJsonBytes(response.data) : undefined;
      if (parsed !== undefined && provider.isRateLimit(parsed.value)) {
        call.failure = describeHiddenRateLimit(response);
        recordRateLimit(call, call.failure);
        return false;
      }
      pause.reset();
      if (isSuccess && parsed === undefined) {
        call.failure = describeBadBody(response);
        reportFailure(call, call.failure);
        return false;
      }
      call.parsed = parsed;
      if (parsed !== undefined && !provider.isSound(parsed.value)) {
        reportDoubt(call, `it answers with JSON that is not ${provider.name}'s`);
        return true;
      }
      trouble.cause = undefined;
      circuit.reportSuccess(call.takePass());
      return true;
    },
    judgeFailed(call, failure) {
      call.failure = failure;
      if (failure.reason === "rate_limited") recordRateLimit(call, failure);
      else if (failure.reason === "too_large") circuit.reportSuccess(call.takePass());
      else if (failure.isStaleConnection) circuit.reportNothing(call.takePass());
      else reportFailure(call, failure);
    },
  };
}
