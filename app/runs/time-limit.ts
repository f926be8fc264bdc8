/** Ends a command's work in time: first it fetches nothing more and stores what it has, then it is stopped as by a signal. */
import type { Clock } from "../../model/ports/clock.ts";
import { CommandRefused } from "../../model/errors.ts";
import type { TimeBudget } from "../../model/time/time-budget.ts";

export interface TimeLimit {
  /** Aborted when fetching ends. */
  readonly wrapUp: AbortSignal;
  /** Aborted with the given signal, and when the time for storing is over. */
  readonly drain: AbortSignal;
  /** Stops the timers. */
  clear(): void;
}

export function startTimeLimit(clock: Clock, budget: TimeBudget, drain: AbortSignal): TimeLimit {
  const wrapUp = new AbortController();
  const stop = new AbortController();
  const cleared = new AbortController();
  const passOn = (): void => stop.abort(drain.reason);
  if (drain.aborted) passOn();
  drain.addEventListener("abort", passOn, { once: true });
  const after = (ms: number, act: () => void): void => {
    void clock.sleep(ms, cleared.signal).then(act, () => undefined);
  };
  after(budget.fetchMs, () => wrapUp.abort());
  after(budget.storeMs, () => {
    wrapUp.abort();
    stop.abort(new CommandRefused("INTERRUPTED", "The time given to this command is over."));
  });
  return {
    wrapUp: wrapUp.signal,
    drain: stop.signal,
    clear() {
      drain.removeEventListener("abort", passOn);
      cleared.abort();
    },
  };
}
