/** Reads the Dag folder again whenever its stamp changes. What changed in it is another file's. */
import type { Clock } from "../model/clock.ts";
import type { DagSource, SourceFolder } from "../model/dag-source.ts";
import { describeError } from "../model/errors.ts";
import type { Logger } from "../model/logger.ts";
import type { Bell } from "./bell.ts";

const LOOK_EVERY_MS = 5_000;

export interface DagReader {
  /** A folder that nobody has taken over yet. */
  readonly fresh: SourceFolder | null;
  /** It was taken over, in a transaction that is committed. */
  markTaken(folder: SourceFolder): void;
  /** Resolves once the reader has stopped. */
  readonly stopped: Promise<void>;
}

/** Reads the folder once before it resolves; raises what the first read raises. Rings when there is something new. */
export async function startDagReader(
  source: DagSource,
  tools: { readonly clock: Clock; readonly log: Logger; readonly bell: Bell },
  stopping: AbortSignal,
): Promise<DagReader> {
  const { clock, log, bell } = tools;
  let stamp = await source.stamp();
  let fresh: SourceFolder | null = await source.load();
  let fault = "";

  async function look(): Promise<void> {
    try {
      const next = await source.stamp();
      if (next !== stamp) {
        // A file that is written while it is read has another stamp afterwards, and is read again.
        fresh = await source.load();
        stamp = next;
        bell.ring();
      }
      fault = "";
    } catch (error) {
      const message = describeError(error);
      if (message !== fault)
        log.error(`The Dag folder could not be read; its Dags stay as they are. ${message}`);
      fault = message;
    }
  }

  async function watch(): Promise<void> {
    while (!stopping.aborted) {
      await clock.sleep(LOOK_EVERY_MS, stopping).catch(() => undefined);
      if (!stopping.aborted) await look();
    }
  }

  return {
    get fresh() {
      return fresh;
    },
    markTaken(folder) {
      if (fresh === folder) fresh = null;
    },
    stopped: watch(),
  };
}
