/** For files and pipes: a line when a task starts and ends, and its progress now and then. */
import { escapeControlCharacters } from "../../config/control-character.ts";
import type { Clock } from "../../model/clock.ts";
import type { Output } from "../output.ts";
import { formatProgress } from "./progress-line.ts";
import type { RunDisplay } from "./run-display.ts";

const PROGRESS_EVERY_MS = 10_000;

export function createPlainDisplay(output: Output, clock: Clock): RunDisplay {
  const shown = new Map<string, { startedMs: number; shownMs: number; doneAtStart: number; unit: string }>();
  return {
    logStream: process.stderr,
    observer: {
      taskStarted(_run, { taskId }, attempt) {
        shown.delete(taskId);
        output.line(`${taskId}: started${attempt > 1 ? `, attempt ${attempt}` : ""}`);
      },
      taskProgressed(_run, taskId, progress) {
        const nowMs = clock.monotonicMs();
        const last = shown.get(taskId);
        if (last === undefined || last.unit !== progress.unit) {
          shown.set(taskId, {
            startedMs: nowMs,
            shownMs: nowMs,
            doneAtStart: progress.done,
            unit: progress.unit,
          });
          return;
        }
        if (nowMs - last.shownMs < PROGRESS_EVERY_MS) return;
        last.shownMs = nowMs;
        const { startedMs, doneAtStart } = last;
        output.line(`${taskId}: ${formatProgress({ progress, startedMs, nowMs, doneAtStart })}`);
      },
      taskSettled(_run, { taskId }, end) {
        const again = end.nextAttemptAt === null ? "" : `, again at ${end.nextAttemptAt}`;
        const why = end.message === null ? "" : `: ${escapeControlCharacters(end.message)}`;
        output.line(`${taskId}: ${end.state}${again}${why}`);
      },
    },
    close: () => Promise.resolve(),
  };
}
