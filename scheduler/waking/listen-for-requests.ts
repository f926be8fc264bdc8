/** Polls for requests, because another process cannot wake the loop. answer-requests.ts answers them. */
import type { Clock } from "../../model/ports/clock.ts";
import { hasOpenRequests } from "../../state/control/requests.ts";
import type { Database } from "../../state/sqlite/database.ts";
import type { WakeSignal } from "./wake-signal.ts";

const LOOK_FOR_REQUESTS_MS = 250;

/** Resolves when `over` is aborted. */
export async function listenForRequests(
  { database, clock }: { readonly database: Database; readonly clock: Clock },
  wakeSignal: WakeSignal,
  over: AbortSignal,
): Promise<void> {
  while (!over.aborted) {
    await clock.sleep(LOOK_FOR_REQUESTS_MS, over).catch(() => undefined);
    if (over.aborted) return;
    try {
      if (hasOpenRequests(database)) wakeSignal.raise();
    } catch {
      // The same fault keeps the next step from being written, which reports it.
      wakeSignal.raise();
    }
  }
}
