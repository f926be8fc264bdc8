/** Drives runs to their end in the foreground: step after step, until none of them is open. */
import { isRunEnded, type DagRun } from "../model/dag-run.ts";
import { readRun } from "../state/dag-runs.ts";
import { createBell } from "./bell.ts";
import { createEngine, type EngineTools } from "./engine.ts";
import { waitUntil } from "./wait-until.ts";
import type { Scope } from "./world.ts";

/** Resolves when every run has ended, or, once `drain` is aborted, when everything under way has stopped. */
export async function driveRuns(
  tools: EngineTools,
  dagRunIds: readonly number[],
  drain: AbortSignal,
): Promise<readonly DagRun[]> {
  const readRuns = (): readonly DagRun[] => dagRunIds.map((dagRunId) => readRun(tools.database, dagRunId));
  await drive(tools, { dagRunIds }, () => readRuns().every((run) => isRunEnded(run.state)), drain);
  return readRuns();
}

/** As `driveRuns`, for whatever the scope holds, until `isOver` says so. */
export async function drive(
  tools: EngineTools,
  scope: Scope,
  isOver: () => boolean,
  drain: AbortSignal,
): Promise<void> {
  const bell = createBell();
  const engine = createEngine(tools, bell, drain);
  const ring = (): void => bell.ring();
  drain.addEventListener("abort", ring, { once: true });
  try {
    for (;;) {
      const { wakeAt } = await engine.step(scope);
      if (engine.underWay === 0 && (drain.aborted || isOver())) return;
      await waitUntil(tools.clock, bell, drain.aborted ? null : wakeAt);
    }
  } finally {
    drain.removeEventListener("abort", ring);
  }
}
