/**
 * The AttemptLogs port over files: what an attempt logs goes to the process's log, filtered by its level, and
 * completely, debug lines too, to a text file of its own. Its neighbours decide where the file is and how it grows.
 */
import type { AttemptLog, AttemptLogs } from "../model/ports/attempt-logs.ts";
import type { Clock } from "../model/ports/clock.ts";
import type { Logger } from "../model/ports/logger.ts";
import { createLogFile, type LogFile } from "./attempt-log-file.ts";
import { locateAttemptLog } from "./attempt-log-location.ts";
import { composeLine, makeLogger } from "./log-line.ts";
import { makeRedact } from "./log-value.ts";

export interface AttemptLogsOptions {
  /** Absolute; made when the first line is written. */
  readonly folder: string;
  /** The process's own. */
  readonly log: Logger;
  readonly clock: Pick<Clock, "now">;
  readonly secrets: readonly string[];
}

export interface ClosableAttemptLogs extends AttemptLogs {
  /** Closes what is still open. */
  close(): Promise<void>;
}

export function openAttemptLogs({ folder, log, clock, secrets }: AttemptLogsOptions): ClosableAttemptLogs {
  const redact = makeRedact(secrets);
  const files = new Set<LogFile>();
  let isFailing = false;

  /** Reported again only after a file could be written: a full disk is one event, not one for each attempt. */
  function recordGivenUp(path: string, error: unknown): void {
    if (isFailing) return;
    isFailing = true;
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown fault";
    log.warn(
      `${path} cannot be written (${code}): from now on its attempt's lines are only in this log. Check the disk, or set DAGMAR_LOGS to a writable folder.`,
    );
  }

  return {
    open(key): AttemptLog {
      const { dagId, runId, taskId, attempt } = key;
      const own = log.with({ dag: dagId, run: runId, task: taskId, attempt });
      const path = locateAttemptLog(folder, key);
      if (path === undefined) {
        log.warn("This attempt has no log file: its ids are not valid file names.", { ...key });
        return { log: own, close: () => Promise.resolve() };
      }
      const file = createLogFile(path, {
        written: () => {
          isFailing = false;
        },
        givenUp: (error) => recordGivenUp(path, error),
      });
      files.add(file);
      // The path identifies the attempt; its lines need not.
      const kept = makeLogger((event) => {
        file.append(composeLine("text", { ...event, at: clock.now() }, redact));
      });
      return {
        log: joinLoggers(own, kept),
        async close() {
          files.delete(file);
          await file.close();
        },
      };
    },
    async close() {
      await Promise.all([...files].map((file) => file.close()));
      files.clear();
    },
  };
}

function joinLoggers(one: Logger, other: Logger): Logger {
  const at =
    (level: "debug" | "info" | "warn" | "error"): Logger["info"] =>
    (message, fields) => {
      one[level](message, fields);
      other[level](message, fields);
    };
  return {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    with: (fields) => joinLoggers(one.with(fields), other.with(fields)),
  };
}
