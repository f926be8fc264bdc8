/** Waits for the wake signal or an instant, whichever comes first. */
import type { Clock } from "../../model/ports/clock.ts";
import type { WakeSignal } from "./wake-signal.ts";

/** A changed clock is noticed within this time. */
const LONGEST_SLEEP_MS = 30_000;

/** `wakeAt` is ISO UTC; `null` waits for the signal alone. May resolve early: the caller looks again. */
export async function waitUntil(clock: Clock, wakeSignal: WakeSignal, wakeAt: string | null): Promise<void> {
  if (wakeAt === null) return wakeSignal.wait();
  const over = new AbortController();
  const delayMs = Math.max(0, Date.parse(wakeAt) - clock.now().getTime());
  clock.sleep(Math.min(delayMs, LONGEST_SLEEP_MS), over.signal).then(
    () => wakeSignal.raise(),
    () => undefined,
  );
  await wakeSignal.wait();
  over.abort();
}
