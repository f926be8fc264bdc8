/** The time that one try to send a notice may take in total, by the port's clock. */
import type { Clock } from "../../model/ports/clock.ts";

interface Deadline {
  /** Aborts when the time is over, and with the caller's signal. */
  readonly signal: AbortSignal;
  isExpired(): boolean;
  /** Call it when the try is over: otherwise the clock's timer remains, and a listener on the caller's signal. */
  end(): void;
}

/** Not with `AbortSignal.any`: the caller's signal would keep something of every try as long as the process lives. */
export function startDeadline(clock: Clock, ms: number, caller: AbortSignal): Deadline {
  const ended = new AbortController();
  const stop = new AbortController();
  let isExpired = false;
  const giveUp = (): void => stop.abort(caller.reason);
  caller.addEventListener("abort", giveUp, { once: true });
  if (caller.aborted) giveUp();
  clock.sleep(ms, ended.signal).then(
    () => {
      isExpired = true;
      stop.abort();
    },
    () => undefined,
  );
  return {
    signal: stop.signal,
    isExpired: () => isExpired,
    end() {
      ended.abort();
      caller.removeEventListener("abort", giveUp);
    },
  };
}
