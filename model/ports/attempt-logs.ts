/** The AttemptLogs port: keeps each attempt's log lines in a log of its own, in addition to the process's log. */
import type { Logger } from "./logger.ts";

export interface AttemptKey {
  readonly dagId: string;
  readonly runId: string;
  readonly taskId: string;
  /** From 1. */
  readonly attempt: number;
}

export interface AttemptLog {
  /**
   * Writes to the process's log, with the attempt's ids, and to the attempt's own log. Never throws, even if the file
   * cannot be written.
   */
  readonly log: Logger;
  /**
   * Resolves when everything is written. Await it before the attempt's end is committed, because readers that follow
   * the log stop then. Later lines go to the process's log alone.
   */
  close(): Promise<void>;
}

export interface AttemptLogs {
  /** Costs nothing before the first line. */
  open(key: AttemptKey): AttemptLog;
}
