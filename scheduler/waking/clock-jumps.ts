/** Detects odd time: the clock was set, the machine slept, or the event loop stalled. */
import type { Clock } from "../../model/ports/clock.ts";

/** NTP adjusts the clock by less. */
const JUMP_SECONDS = 5;

export interface ClockLook {
  /** How far the wall clock moved against the monotonic one, below 0 if it was set back; `null` if both agree. */
  readonly jumpSeconds: number | null;
  /** Wall time since the last look. */
  readonly gapSeconds: number;
}

export interface ClockWatch {
  look(): ClockLook;
}

export function watchClock(clock: Clock): ClockWatch {
  let wallMs = clock.now().getTime();
  let monotonicMs = clock.monotonicMs();
  return {
    look() {
      const wallStepMs = clock.now().getTime() - wallMs;
      const monotonicStepMs = clock.monotonicMs() - monotonicMs;
      wallMs += wallStepMs;
      monotonicMs += monotonicStepMs;
      const jumpSeconds = (wallStepMs - monotonicStepMs) / 1000;
      return {
        jumpSeconds: Math.abs(jumpSeconds) >= JUMP_SECONDS ? jumpSeconds : null,
        gapSeconds: wallStepMs / 1000,
      };
    },
  };
}
