/** Reads the Dag folder again whenever its stamp changes. sync-dags.ts finds what changed. */
import type { Clock } from "../../model/ports/clock.ts";
import type { DagSource, SourceFolder } from "../../model/ports/dag-source.ts";
import { describeError } from "../../model/errors.ts";
import type { Logger } from "../../model/ports/logger.ts";
import type { WakeSignal } from "../waking/wake-signal.ts";

const LOOK_EVERY_MS = 5_000;

export interface DagReader {
  /** The folder as read, if the database does not have it yet. */
  readonly fresh: SourceFolder | null;
  /** Whether the folder was read after that instant, ISO UTC; if not, it is read now and the signal is raised. */
  hasReadSince(at: string): boolean;
  /** The folder is in the database, in a committed transaction. */
  markTaken(folder: SourceFolder): void;
  /** Resolves once the reader has stopped. */
  readonly stopped: Promise<void>;
}

/**
 * Reads the folder once before it resolves; raises the first read's error. Raises the wake signal when the folder has
 * changed.
 */
export async function startDagReader(
  source: DagSource,
  tools: { readonly clock: Clock; readonly log: Logger; readonly wakeSignal: WakeSignal },
  stopping: AbortSignal,
): Promise<DagReader> {
  const { clock, log, wakeSignal } = tools;
  let stamp = await source.stamp();
  let fresh: SourceFolder | null = await source.load();
  let fault = "";
  // When the last finished look began.
  let lookedAt = clock.now().toISOString();
  let looking: Promise<void> | null = null;
  /**
   * An instant in the future comes from another clock, or from before this one was set back: it counts from the first
   * question about it.
   */
  const asked = new Map<string, string>();

  async function look(): Promise<void> {
    const startedAt = clock.now().toISOString();
    try {
      const next = await source.stamp();
      if (next !== stamp) {
        // A file that is written during the read has another stamp afterwards and is read again.
        fresh = await source.load();
        stamp = next;
        wakeSignal.raise();
      }
      fault = "";
    } catch (error) {
      const message = describeError(error);
      if (message !== fault)
        log.error(`The Dag folder could not be read; the Dags stay as they are. ${message}`);
      fault = message;
    }
    lookedAt = startedAt;
  }

  /** Only one look at a time. */
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
