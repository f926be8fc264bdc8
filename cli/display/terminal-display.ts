/** For a terminal: one line a task, redrawn in place, with bars, rates and time left. */
import { Writable } from "node:stream";
import logUpdate from "log-update";
import { escapeControlCharacters } from "../../model/text/control-character.ts";
import type { Clock } from "../../model/ports/clock.ts";
import type { TaskState } from "../../model/run/task-instance.ts";
import type { Progress } from "../../model/ports/task-type.ts";
import type { Output, Paint } from "../output/output.ts";
import { drawBar, formatProgress } from "./progress-line.ts";
import type { RunDisplay } from "./run-display.ts";

const REDRAW_MS = 100;

interface TaskLine {
  state: TaskState;
  message: string;
  progress: Progress | null;
  startedMs: number;
  doneAtStart: number;
  gainedMs: number;
}

export function createTerminalDisplay(output: Output, clock: Clock, taskIds: readonly string[]): RunDisplay {
  const lines = new Map<string, TaskLine>(
    taskIds.map((taskId) => [
      taskId,
      { state: "none", message: "", progress: null, startedMs: 0, doneAtStart: 0, gainedMs: 0 },
    ]),
  );
  const closing = new AbortController();
  const width = Math.max(...taskIds.map((taskId) => taskId.length));

  function draw(): void {
    const nowMs = clock.monotonicMs();
    const columns = process.stdout.columns;
    logUpdate(
      [...lines]
        .map(([taskId, line]) => drawLine(taskId.padEnd(width), line, nowMs, output.paint, columns))
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
          if (end.nextAttemptAt !== null) line.message += ` (again at ${end.nextAttemptAt})`;
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

function drawLine(name: string, line: TaskLine, nowMs: number, paint: Paint, columns: number): string {
  const text = describe(line, nowMs);
  const room = Math.max(20, columns - name.length - 6);
  const cut = text.length > room ? `${text.slice(0, room - 1)}…` : text;
  return `  ${mark(line.state, paint)} ${name}  ${cut}`;
}

function describe(line: TaskLine, nowMs: number): string {
  const { state, progress, startedMs, doneAtStart, gainedMs } = line;
  if (state !== "running")
    return [state === "none" ? "waits" : state, line.message].filter(Boolean).join(": ");
  if (progress === null) return ["running", line.message].filter(Boolean).join(", ");
  const bar = drawBar(progress);
  return `${bar === "" ? "" : `${bar} `}${formatProgress({ progress, startedMs, nowMs, doneAtStart, gainedMs })}`;
}

function mark(state: TaskState, paint: Paint): string {
  switch (state) {
    case "success":
      return paint.good("✔");
    case "failed":
    case "upstream_failed":
    case "cancelled":
      return paint.bad("✖");
    case "running":
      return paint.warn("▸");
    case "up_for_retry":
    case "up_for_reschedule":
      return paint.warn("↻");
    case "none":
    case "scheduled":
    case "queued":
    case "skipped":
      return paint.dim("·");
  }
}
