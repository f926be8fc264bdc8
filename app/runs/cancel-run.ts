/** Cancels a run: its tasks end at their next safe point. */
import type { DagRun } from "../../model/run/dag-run.ts";
import { readRun } from "../../state/runs/dag-runs.ts";
import type { App } from "../app.ts";
import { carryOut } from "../lease-work.ts";
import { findRunToChange } from "./find-run.ts";

/** `run`: as it is afterwards. `isCancelled`: false for a run that had ended already. Raises `RUN_UNKNOWN`, `USAGE`. */
export async function cancelRun(
  app: App,
  name: string,
  drain: AbortSignal,
): Promise<{ readonly run: DagRun; readonly isCancelled: boolean }> {
  const database = await app.openDatabase("existing");
  const run = findRunToChange(database, app.lake.id, name, app.clock.now());
  const { answer } = await carryOut(app, { kind: "cancel_run", dagRunId: run.dagRunId }, drain);
  return { run: readRun(database, run.dagRunId), isCancelled: answer.cancelled };
}
