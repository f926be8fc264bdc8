/** Reads the Dag folder again whenever its stamp changes. What changed in it is another file's. */
import type { Clock } from "../../model/ports/clock.ts";
import type { DagSource, SourceFolder } from "../../model/ports/dag-source.ts";
import { describeError } from "../../model/errors.ts";
import type { Logger } from "../../model/ports/logger.ts";
import type { WakeSignal } from "../waking/wake-signal.ts";

const LOOK_EVERY_MS = 5_000;

export interface DagReader {
  /** A folder that nobody has taken over yet. */
  readonly fresh: SourceFolder | null;
  /** Whether the folder was read since that instant, ISO UTC; where it was not, it is read now, and then the signal is raised. */
  hasReadSince(at: string): boolean;
  /** It was taken over, in a transaction that is committed. */
  markTaken(folder: SourceFolder): void;
  /** Resolves once the reader has stopped. */
  readonly stopped: Promise<void>;
}

/** Reads the folder once before it resolves; raises what the first read raises. Raises the wake signal when there is something new. */
export async function startDagReader(
  source: DagSource,
  tools: { readonly clock: Clock; readonly log: Logger; readonly wakeSignal: WakeSignal },
  stopping: AbortSignal,
): Promise<DagReader> {
  const { clock, log, wakeSignal } = tools;
  let stamp = await source.stamp();
  let fresh: SourceFolder | null = await source.load();
  let fault = "";
  // Of the last look that has ended: when it began.
  let lookedAt = clock.now().toISOString();
  let looking: Promise<void> | null = null;
  /** An instant ahead comes from another clock, or from before this one was set back: it counts from when it was asked about. */
  const asked = new Map<string, string>();

  async function look(): Promise<void> {
    const startedAt = clock.now().toISOString();
    try {
      const next = await source.stamp();
      if (next !== stamp) {
        // A file that is written while it is read has another stamp afterwards, and is read again.
        fresh = await source.load();
        stamp = next;
        wakeSignal.raise();
      }
      fault = "";
    } catch (error) {
      const message = describeError(error);
      if (message !== fault)
        log.error(`The Dag folder could not be read; its Dags stay as they are. ${message}`);
      fault = message;
    }
    lookedAt = startedAt;
  }

  /** One look at a time. */
  function lookOnce(): Promise<void> {
    looking ??= look().finally(() => {
      looking = null;
    });
    return looking;
  }

  async function watch(): Promise<void> {
    while (!stopping.aborted) {
      await clock.sleep(LOOK_EVERY_MS, stopping).catch(() => undefined);
      if (!stopping.aborted) await lookOnce();
    }
  }

  return {
    get fresh() {
      return fresh;
    },
    hasReadSince(at) {
      const now = clock.now().toISOString();
      const since = at <= now ? at : (asked.get(at) ?? now);
      if (lookedAt > since) {
        asked.delete(at);
        return true;
      }
      if (at > now && since <= now) asked.set(at, since);
      else asked.delete(at);
      if (looking === null && !stopping.aborted) void lookOnce().then(() => wakeSignal.raise());
      return false;
    },
    markTaken(folder) {
      if (fresh === folder) fresh = null;
    },
    stopped: watch(),
  };
}
