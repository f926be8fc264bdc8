/** For files and pipes: a line when a task starts, begins to wait and ends, and its progress now and then. */
import { escapeControlCharacters } from "../../model/text/control-character.ts";
import { formatLocalText } from "../../model/time/local-time.ts";
import type { Clock } from "../../model/ports/clock.ts";
import type { Progress } from "../../model/ports/task-type.ts";
import type { Output } from "../output/output.ts";
import { formatProgress } from "./progress-line.ts";
import type { RunDisplay } from "./run-display.ts";

const PROGRESS_EVERY_MS = 10_000;

interface Shown {
  readonly startedMs: number;
  readonly doneAtStart: number;
  shownMs: number;
  gainedMs: number;
  progress: Progress;
}

export function createPlainDisplay(output: Output, clock: Clock): RunDisplay {
  const shown = new Map<string, Shown>();
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
        if (last === undefined || last.progress.unit !== progress.unit) {
          const startedMs = nowMs;
          shown.set(taskId, {
            startedMs,
            shownMs: nowMs,
            gainedMs: nowMs,
            doneAtStart: progress.done,
            progress,
          });
          return;
        }
        const hasStopped = progress.waitsFor !== undefined && last.progress.waitsFor === undefined;
        if (progress.done !== last.progress.done) last.gainedMs = nowMs;
        last.progress = progress;
        if (!hasStopped && nowMs - last.shownMs < PROGRESS_EVERY_MS) return;
        last.shownMs = nowMs;
        output.line(`${taskId}: ${formatProgress({ ...last, nowMs })}`);
      },
      taskSettled(run, { taskId }, end) {
        const again =
          end.nextAttemptAt === null ? "" : `, again at ${formatLocalText(end.nextAttemptAt, run.timezone)}`;
        const why = end.message === null ? "" : `: ${escapeControlCharacters(end.message)}`;
        output.line(`${taskId}: ${end.state}${again}${why}`);
      },
    },
    close: () => Promise.resolve(),
  };
}
