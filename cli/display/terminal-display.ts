/** For a terminal: the tasks, redrawn in place, with bars, rates and time left; `task-lines.ts` formats each task. */
import { Writable } from "node:stream";
import logUpdate from "log-update";
import { escapeControlCharacters } from "../../model/text/control-character.ts";
import type { Clock } from "../../model/ports/clock.ts";
import type { Output } from "../output/output.ts";
import type { RunDisplay } from "./run-display.ts";
import { drawTask, type TaskLine } from "./task-lines.ts";

const REDRAW_MS = 100;

export function createTerminalDisplay(output: Output, clock: Clock, taskIds: readonly string[]): RunDisplay {
  const lines = new Map<string, TaskLine>(
    taskIds.map((taskId) => [
      taskId,
      {
        state: "none",
        message: "",
        progress: null,
        startedMs: 0,
        doneAtStart: 0,
        gainedMs: 0,
        attempt: 0,
        nextAttemptAt: null,
      },
    ]),
  );
  const closing = new AbortController();
  const width = Math.max(...taskIds.map((taskId) => taskId.length));

  function draw(): void {
    const times = { nowMs: clock.monotonicMs(), now: clock.now() };
    const columns = process.stdout.columns;
    logUpdate(
      [...lines]
        .flatMap(([taskId, line]) => drawTask(taskId.padEnd(width), line, times, output.paint, columns))
        .join("\n"),
    );
  }

  const redrawing = (async () => {
    while (!closing.signal.aborted) {
      draw();
      await clock.sleep(REDRAW_MS, closing.signal).catch(() => undefined);
    }
  })();

  function change(taskId: string, edit: (line: TaskLine) => void): void {
    const line = lines.get(taskId);
    if (line !== undefined) edit(line);
  }

  return {
    logStream: new Writable({
      write(chunk: Buffer, _encoding, done) {
        logUpdate.clear();
        process.stderr.write(chunk);
        draw();
        done();
      },
    }),
    observer: {
      taskStarted(_run, { taskId }, attempt) {
        change(taskId, (line) => {
          line.state = "running";
          line.message = attempt > 1 ? `attempt ${attempt}` : "";
          line.attempt = attempt;
          line.nextAttemptAt = null;
          line.progress = null;
        });
      },
      taskProgressed(_run, taskId, progress) {
        change(taskId, (line) => {
          if (line.progress?.unit !== progress.unit || line.progress.done > progress.done) {
            line.startedMs = clock.monotonicMs();
            line.doneAtStart = progress.done;
          }
          if (line.progress?.done !== progress.done) line.gainedMs = clock.monotonicMs();
          line.progress = progress;
        });
      },
      taskSettled(_run, { taskId }, end) {
        change(taskId, (line) => {
          line.state = end.state;
          line.message = escapeControlCharacters(end.message ?? "");
          line.nextAttemptAt = end.nextAttemptAt;
        });
      },
    },
    async close() {
      closing.abort();
      await redrawing;
      draw();
      logUpdate.done();
    },
  };
}
