/** Tells streams when the database has changed: one look for all of them, and none while no stream waits. */
import type { Clock } from "../../model/ports/clock.ts";

export interface ChangeFeed {
  /** Looks now. The version grows with each change that is seen: what is read afterwards is as new, or newer. */
  look(): Promise<number>;
  /** Resolves with the version when it is another one, or after so long. Rejects with the signal. */
  wait(version: number, mostMs: number, signal: AbortSignal): Promise<number>;
}

const LOOK_EVERY_MS = 250;

/** `look`: a number that is another one after each commit of another connection. */
export function createChangeFeed(look: () => Promise<number>, clock: Clock): ChangeFeed {
  const waiting = new Set<() => void>();
  let version = 0;
  let seen: number | undefined;
  let isWatching = false;

  async function watch(): Promise<void> {
    isWatching = true;
    while (waiting.size > 0) {
      await note();
      await clock.sleep(LOOK_EVERY_MS);
    }
    isWatching = false;
  }

  async function note(): Promise<void> {
    // A database that cannot be read for a moment is looked at again; a request says what is wrong with it.
    const found = await look().catch(() => seen);
    if (found === seen) return;
    seen = found;
    version += 1;
    for (const wake of waiting) wake();
  }

  return {
    async look() {
      await note();
      return version;
    },
    async wait(known, mostMs, signal) {
      signal.throwIfAborted();
      if (known !== version) return version;
      // Not `AbortSignal.any`: the stream's signal would keep something of every wait until the stream ends.
      const over = new AbortController();
      const wake = (): void => over.abort();
      waiting.add(wake);
      signal.addEventListener("abort", wake, { once: true });
      if (!isWatching) void watch();
      try {
        await clock.sleep(mostMs, over.signal).catch(() => undefined);
      } finally {
        waiting.delete(wake);
        signal.removeEventListener("abort", wake);
      }
      signal.throwIfAborted();
      return version;
    },
  };
}
