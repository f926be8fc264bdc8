/** Drives runs to their end in the foreground, step by step. */
import { isRunEnded, type DagRun } from "../../model/run/dag-run.ts";
import { readRun } from "../../state/runs/dag-runs.ts";
import { createWakeSignal } from "../waking/wake-signal.ts";
import { createEngine, type EngineTools } from "./engine.ts";
import { waitUntil } from "../waking/wait-until.ts";
import type { Scope } from "./world.ts";

/** What the caller learns about runs that do not progress. */
export interface DriveWatch {
  /** Runs are open and none of their tasks is running; called at each look. */
  idle(): void;
  /** The same, and nothing will come due that lets them continue: driving stops. */
  stuck(): void;
}

/** Resolves when every run has ended or none can progress, or after `drain` or `wrapUp` is aborted and everything has stopped. */
export async function driveRuns(
  tools: EngineTools,
  dagRunIds: readonly number[],
  drain: AbortSignal,
  watch?: DriveWatch,
): Promise<readonly DagRun[]> {
  const readRuns = (): readonly DagRun[] => dagRunIds.map((dagRunId) => readRun(tools.database, dagRunId));
  const isOver = (): boolean => readRuns().every((run) => isRunEnded(run.state));
  await drive(tools, { dagRunIds }, isOver, drain, watch);
  return readRuns();
}

/** Like `driveRuns`, for all runs of the scope, until `isOver` returns true. */
export async function drive(
  tools: EngineTools,
  scope: Scope,
  isOver: () => boolean,
  drain: AbortSignal,
  watch?: DriveWatch,
): Promise<void> {
  const wakeSignal = createWakeSignal();
  const engine = createEngine(tools, wakeSignal, drain);
  const wake = (): void => wakeSignal.raise();
  const isStopping = (): boolean => drain.aborted || tools.wrapUp?.aborted === true;
  drain.addEventListener("abort", wake, { once: true });
  try {
    for (;;) {
      const { wakeAt } = await engine.step(scope);
      if (engine.underWay === 0) {
        if (isStopping() || isOver()) return;
        watch?.idle();
        if (wakeAt === null) return watch?.stuck();
      }
      await waitUntil(tools.clock, wakeSignal, isStopping() ? null : wakeAt);
    }
  } finally {
    drain.removeEventListener("abort", wake);
  }
}
