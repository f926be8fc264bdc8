/** One task's progress as text: bar, measure, rate, time left. */
import { formatDuration } from "../../model/time/duration.ts";
import type { Progress } from "../../model/ports/task-type.ts";
import { formatBytes } from "../../model/text/byte-size.ts";

const BAR_WIDTH = 24;

export interface ProgressView {
  readonly progress: Progress;
  /** Start of this measure (changes of unit or note start a new one), and now; milliseconds of one clock. */
  readonly startedMs: number;
  readonly nowMs: number;
  /** The amount already done when the measure began. */
  readonly doneAtStart: number;
  /** Time of the last gain; same clock. */
  readonly gainedMs: number;
}

/** Without a gain for this long, no estimate is shown. */
const MAX_SILENCE_MS = 10_000;

export function formatProgress(view: ProgressView): string {
  const { progress } = view;
  const { done, total } = progress;
  const measure =
    total === null
      ? formatAmount(done, progress)
      : `${formatAmount(done, progress)} of ${formatAmount(total, progress)}`;
  const waits = progress.waitsFor === undefined ? "" : `waits: ${progress.waitsFor}`;
  const parts = [measure, estimateLeft(view), progress.note ?? "", waits];
  return parts.filter((part) => part !== "").join("  ");
}

export function drawBar(progress: Progress): string {
  if (progress.total === null || progress.total === 0) return "";
  const filled = Math.round(Math.min(1, progress.done / progress.total) * BAR_WIDTH);
  return `${"█".repeat(filled)}${"░".repeat(BAR_WIDTH - filled)}`;
}

function formatAmount(amount: number, progress: Progress): string {
  return progress.unit === "bytes"
    ? formatBytes(amount)
    : `${amount.toLocaleString("en-US")} ${progress.unit}`;
}

/** Empty while there is no gain: an old rate does not predict when the work continues. */
function estimateLeft({ progress, startedMs, nowMs, doneAtStart, gainedMs }: ProgressView): string {
  if (progress.waitsFor !== undefined || nowMs - gainedMs > MAX_SILENCE_MS) return "";
  const gained = progress.done - doneAtStart;
  const seconds = (nowMs - startedMs) / 1000;
  if (progress.total === null || gained <= 0 || seconds < 1 || progress.done >= progress.total) return "";
  return `${formatDuration(((progress.total - progress.done) / gained) * seconds)} left`;
}
