/** How often a growing number is reported: at most about ten times a second, and always the last one. */
import type { Clock } from "../model/ports/clock.ts";

const INTERVAL_MS = 100;

/** A reporter that drops values that follow too soon, except `total`. Without a listener it does nothing. */
export function throttleProgress(
  clock: Clock,
  total: number,
  listener: ((value: number) => void) | undefined,
): (value: number) => void {
  if (listener === undefined) return () => undefined;
  let toldAtMs = Number.NEGATIVE_INFINITY;
  return (value) => {
    const nowMs = clock.monotonicMs();
    if (value !== total && nowMs - toldAtMs < INTERVAL_MS) return;
    toldAtMs = nowMs;
    listener(value);
  };
}
