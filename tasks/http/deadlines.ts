/** When something has taken too long. The caller decides what then happens. */
import type { Clock } from "../../model/ports/clock.ts";

export interface Deadlines {
  /** Calls `onExpired` once, after `ms` milliseconds, unless the function it returns is called before. */
  start(ms: number, onExpired: () => void): () => void;
}

interface Deadline {
  readonly dueMs: number;
  readonly onExpired: () => void;
}

/**
 * One sleep serves all deadlines: otherwise thousands of requests a second would each make and drop a timer. Without a
 * deadline nothing sleeps, so nothing keeps the process alive.
 */
export function createDeadlines(clock: Clock): Deadlines {
  const standing = new Set<Deadline>();
  let sleeping: { readonly controller: AbortController; readonly untilMs: number } | undefined;

  function stopSleeping(): void {
    sleeping?.controller.abort();
    sleeping = undefined;
  }

  function expireDue(): void {
    const nowMs = clock.monotonicMs();
    for (const deadline of standing) {
      if (deadline.dueMs > nowMs) continue;
      standing.delete(deadline);
      deadline.onExpired();
    }
  }

  async function watch(): Promise<void> {
    const controller = new AbortController();
    while (standing.size > 0 && !controller.signal.aborted) {
      const untilMs = Math.min(...Array.from(standing, (deadline) => deadline.dueMs));
      sleeping = { controller, untilMs };
      try {
        await clock.sleep(Math.max(0, Math.ceil(untilMs - clock.monotonicMs())), controller.signal);
      } catch {
        return;
      }
      expireDue();
    }
    if (sleeping?.controller === controller) sleeping = undefined;
  }

  return {
    start(ms, onExpired) {
      const deadline: Deadline = { dueMs: clock.monotonicMs() + ms, onExpired };
      standing.add(deadline);
      if (sleeping !== undefined && sleeping.untilMs > deadline.dueMs) stopSleeping();
      if (sleeping === undefined) void watch();
      return () => {
        if (standing.delete(deadline) && standing.size === 0) stopSleeping();
      };
    },
  };
}
