/** The logs of attempts for readers that see a part at a time: windows, a search, the whole text, and what comes next. */
import { createLineCounter } from "../../logs/line-counter.ts";
import type { LogLine } from "../../logs/log-lines.ts";
import { searchLog } from "../../logs/log-search.ts";
import { openLogText, type LogGap, type LogText } from "../../logs/log-text.ts";
import { readWindow } from "../../logs/log-window.ts";
import { CommandRefused } from "../../model/errors.ts";
import type { AttemptKey } from "../../model/ports/attempt-logs.ts";
import type { LogLevel } from "../../model/ports/logger.ts";

/** `mark`: a place that an answer named. */
export type LogPlace =
  { readonly kind: "end" | "start" } | { readonly kind: "before" | "after"; readonly mark: string };

export interface LogRequest {
  readonly place: LogPlace;
  readonly mostLines: number;
  readonly level?: LogLevel | undefined;
  /** Whether the attempt has ended: its last line may then lack a line feed. */
  readonly isEnded: boolean;
}

export type TaskLogLine = Omit<LogLine, "start" | "end">;

export interface TaskLogWindow {
  readonly lines: readonly TaskLogLine[];
  /** For the lines before these; `null` at the beginning. */
  readonly before: string | null;
  /** For the lines after these. */
  readonly after: string;
  /** Whether there are such lines now. */
  readonly hasMoreAfter: boolean;
  /** Why the window does not continue at the place that was asked for. */
  readonly gap: LogGap | null;
  readonly sizeBytes: number;
}

export interface TaskLogHits {
  /** At most 1,000, the last ones of the log; `place` is for `after`. */
  readonly hits: { readonly number: number; readonly place: string }[];
  readonly count: number;
}

/** Every operation raises `LOG_MISSING` or `LOG_UNREADABLE`, and `USAGE` for a place that is none. */
export interface TaskLogs {
  read(key: AttemptKey, request: LogRequest): Promise<TaskLogWindow>;
  search(key: AttemptKey, text: string): Promise<TaskLogHits>;
  /** The bytes as they are, up to the end that the log has now. */
  readAll(key: AttemptKey): AsyncGenerator<Uint8Array, undefined>;
  assertThere(key: AttemptKey): Promise<void>;
}

const CHUNK_BYTES = 256 * 1024;

/** `folder`: of all logs. */
export function createTaskLogs(folder: string): TaskLogs {
  const counter = createLineCounter();

  async function withLog<T>(key: AttemptKey, work: (log: LogText) => Promise<T>): Promise<T> {
    const log = await open(folder, key);
    try {
      return await work(log);
    } finally {
      await log.close();
    }
  }

  return {
    read: (key, request) =>
      withLog(key, async (log) => {
        const { mostLines, level, isEnded, place } = request;
        const { offset, gap } = await locate(log, place);
        const isBackwards = gap === null && (place.kind === "end" || place.kind === "before");
        const direction = isBackwards ? "backwards" : "forwards";
        const window = await readWindow(log, counter, { from: offset, direction, mostLines, level, isEnded });
        return {
          lines: window.lines.map(({ start: _start, end: _end, ...line }) => line),
          before: window.from === 0 ? null : await log.mark(window.from),
          after: await log.mark(window.to),
          hasMoreAfter: isBackwards ? place.kind === "before" : window.hasMore,
          gap,
          sizeBytes: log.sizeBytes,
        };
      }),
    search: (key, text) =>
      withLog(key, async (log) => {
        const { hits, count } = await searchLog(log, text);
        const placed: { number: number; place: string }[] = [];
        for (const { number, start } of hits) placed.push({ number, place: await log.mark(start) });
        return { hits: placed, count };
      }),
    async *readAll(key) {
      const log = await open(folder, key);
      try {
        for (let offset = 0; offset < log.sizeBytes; offset += CHUNK_BYTES) {
          yield await log.read(offset, CHUNK_BYTES);
        }
        return undefined;
      } finally {
        await log.close();
      }
    },
    assertThere: (key) => withLog(key, () => Promise.resolve()),
  };
}

async function open(folder: string, key: AttemptKey): Promise<LogText> {
  const log = await openLogText(folder, key);
  if (log !== undefined) return log;
  throw new CommandRefused("LOG_MISSING", `Attempt ${key.attempt} of ${key.taskId} has no log.`, {
    hint: "It has written nothing yet, or its log was pruned.",
  });
}

/** After a gap the window shows the oldest lines that the reader may have missed. */
async function locate(log: LogText, place: LogPlace): Promise<{ offset: number; gap: LogGap | null }> {
  if (!("mark" in place)) return { offset: place.kind === "end" ? log.sizeBytes : 0, gap: null };
  const found = await log.find(place.mark);
  if (found !== undefined) return found;
  throw new CommandRefused("USAGE", `${place.kind}: this is no place in a log.`, {
    hint: "Give one that an answer about this log had as before, after or place.",
  });
}
