/** Waits for a ring or an instant, whichever comes first. */
import type { Clock } from "../../model/ports/clock.ts";
import type { Bell } from "./wake-signal.ts";

/** A clock that is set while somebody sleeps is noticed within this time. */
const LONGEST_SLEEP_MS = 30_000;

/** `wakeAt` is ISO UTC; `null` waits for a ring alone. May come back early: whoever waits looks again. */
export async function waitUntil(clock: Clock, bell: Bell, wakeAt: string | null): Promise<void> {
  if (wakeAt === null) return bell.wait();
  const over = new AbortController();
  const delayMs = Math.max(0, Date.parse(wakeAt) - clock.now().getTime());
  clock.sleep(Math.min(delayMs, LONGEST_SLEEP_MS), over.signal).then(
    () => bell.ring(),
    () => undefined,
  );
  await bell.wait();
  over.abort();
}
