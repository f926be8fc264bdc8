/** The time that one try to send a notice may take in total, by the port's clock. */
import type { Clock } from "../../model/ports/clock.ts";

interface Deadline {
  readonly expired: AbortSignal;
  /** Call it when the try is over: otherwise the clock's timer remains. */
  end(): void;
}

export function startDeadline(clock: Clock, ms: number): Deadline {
  const over = new AbortController();
  const expired = new AbortController();
  clock.sleep(ms, over.signal).then(
    () => expired.abort(),
    () => undefined,
  );
  return { expired: expired.signal, end: () => over.abort() };
}
