/** The AttemptLogs port: what an attempt logs is kept beside the process's log, where it is found by the attempt alone. */
import type { Logger } from "./logger.ts";

export interface AttemptKey {
  readonly dagId: string;
  readonly runId: string;
  readonly taskId: string;
  /** From 1. */
  readonly attempt: number;
}

export interface AttemptLog {
  /** Adds the attempt to the process's log, and writes the attempt's own. Never throws, whatever becomes of the file. */
  readonly log: Logger;
  /**
   * Resolves when everything is written. To be awaited before the attempt's end is written to the database: whoever
   * follows the log stops there. Lines after it go to the process's log alone.
   */
  close(): Promise<void>;
}

export interface AttemptLogs {
  /** Costs nothing before the first line. */
  open(key: AttemptKey): AttemptLog;
}
