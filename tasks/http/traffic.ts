/**
 * What all clients of one provider in this process share: the rate, the circuit, the budget of retries, and the last
 * fault. Those decide which request is sent when; this file only keeps one of each.
 */
import type { Clock } from "../../model/ports/clock.ts";
import { createCircuit, type Circuit } from "./circuit.ts";
import type { ProviderPlace } from "./provider.ts";
import { createRateLimiter, type RateLimiter } from "./rate-limiter.ts";
import { createRetryBudget, type RetryBudget } from "./retry-budget.ts";

/** The last fault, as text; `undefined` after a valid answer. */
export interface Trouble {
  cause: string | undefined;
}

export interface Traffic {
  readonly limiter: RateLimiter;
  readonly circuit: Circuit;
  readonly retryBudget: RetryBudget;
  readonly trouble: Trouble;
  /** Returns this user's share of the rate. Harmless when called twice. */
  leave(): void;
}

interface SharedTraffic {
  readonly limiter: RateLimiter;
  readonly circuit: Circuit;
  readonly retryBudget: RetryBudget;
  readonly trouble: Trouble;
  readonly rates: Map<symbol, number>;
}

/** The process has one clock, so that the clock identifies the process; a test with its own clock is separate. */
const trafficByClock = new WeakMap<Clock, Map<string, SharedTraffic>>();

/**
 * Joins the traffic to a base URL. If several join with different rates, the lowest applies to all, because the
 * provider counts the process, not the task; it rises again when the slow one leaves. Limiter, circuit and budget
 * outlive their users: a task that ends and starts again finds the pause or the open circuit that it left.
 */
export function joinTraffic(clock: Clock, provider: ProviderPlace, ratePerSecond: number): Traffic {
  const { baseUrl } = provider;
  const byBaseUrl = trafficByClock.get(clock) ?? new Map<string, SharedTraffic>();
  trafficByClock.set(clock, byBaseUrl);
  const shared = byBaseUrl.get(baseUrl) ?? {
    limiter: createRateLimiter({ clock, ratePerSecond }),
    circuit: createCircuit({ clock, provider }),
    retryBudget: createRetryBudget(),
    trouble: { cause: undefined },
    rates: new Map<symbol, number>(),
  };
  byBaseUrl.set(baseUrl, shared);
  const user = Symbol("user");
  shared.rates.set(user, ratePerSecond);
  shared.limiter.setRate(Math.min(...shared.rates.values()));
  return {
    limiter: shared.limiter,
    circuit: shared.circuit,
    retryBudget: shared.retryBudget,
    trouble: shared.trouble,
    leave() {
      shared.rates.delete(user);
      if (shared.rates.size > 0) shared.limiter.setRate(Math.min(...shared.rates.values()));
    },
  };
}
