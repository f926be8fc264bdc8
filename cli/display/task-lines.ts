/** A task's lines in a terminal, computed from its state: one line, and the full reason below it if the task did not succeed. */
import type { Progress } from "../../model/ports/task-type.ts";
import type { TaskState } from "../../model/run/task-instance.ts";
import { formatDuration } from "../../model/time/duration.ts";
import type { Paint } from "../output/output.ts";
import { breakText, measureText } from "../output/text-width.ts";
import { drawBar, formatProgress } from "./progress-line.ts";

export interface TaskLine {
  state: TaskState;
  message: string;
  progress: Progress | null;
  startedMs: number;
  doneAtStart: number;
  gainedMs: number;
  attempt: number;
  /** When it is tried again, ISO UTC. */
  nextAttemptAt: string | null;
}

export interface Times {
  /** Of the monotonic clock. */
  readonly nowMs: number;
  readonly now: Date;
}

/** One line; below it the full reason if the task did not succeed. */
export function drawTask(
  name: string,
  line: TaskLine,
  times: Times,
  paint: Paint,
  columns: number,
): readonly string[] {
  const indent = measureText(name) + 5;
  const room = Math.max(20, columns - indent - 1);
  const draw = (text: string): string => `  ${mark(line.state, paint)} ${name}  ${text}`;
  if (!IS_REASON_SHOWN.has(line.state) || line.message === "") {
    return [draw(cut(describe(line, times), room))];
  }
  const reason = breakText(line.message, room).map((part) => `${" ".repeat(indent)}${part}`);
  return [draw(cut(describeWait(line, times.now), room)), ...reason];
}

const IS_REASON_SHOWN: ReadonlySet<TaskState> = new Set(["failed", "up_for_retry", "up_for_reschedule"]);

/** `up_for_retry: attempt 2 in 27s`. */
function describeWait({ state, attempt, nextAttemptAt }: TaskLine, now: Date): string {
  if (nextAttemptAt === null) return attempt > 1 ? `${state}, attempt ${attempt}` : state;
  const seconds = Math.max(0, Math.ceil((Date.parse(nextAttemptAt) - now.getTime()) / 1000));
  const left = seconds === 0 ? "now" : `in ${seconds < 60 ? `${seconds} s` : formatDuration(seconds)}`;
  return state === "up_for_reschedule"
    ? `${state}: looks again ${left}`
    : `${state}: attempt ${attempt + 1} ${left}`;
}

function cut(text: string, room: number): string {
  return text.length > room ? `${text.slice(0, room - 1)}…` : text;
}

function describe(line: TaskLine, { nowMs }: Times): string {
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
