/** The orders that stop an existing run, resume it, or run it again from the beginning. */
import { isRunEnded, type DagRun } from "../../model/run/dag-run.ts";
import { CommandRefused } from "../../model/errors.ts";
import { nameRun } from "../../model/run/run-name.ts";
import { nameDag } from "../../scheduler/commands/named-dag.ts";
import type { DagVersion } from "../../state/runs/dag-runs.ts";
import type { Order } from "../service/orders.ts";
import { refuseOtherLake } from "./find-run.ts";

/** `null` if it is cancelled or failed already. Raises `USAGE` for a success, `SETTINGS_DIFFER`. */
export function orderCancel(run: DagRun, lakeId: string): Order<"cancel_run"> | null {
  refuseOtherLake(run, lakeId);
  if (!isRunEnded(run.state)) return { kind: "cancel_run", dagRunId: run.dagRunId };
  if (run.state !== "success") return null;
  throw new CommandRefused(
    "USAGE",
    `state: ${nameRun(run)} has succeeded, which cancelling does not change.`,
    {
      hint: "Mark one of its tasks as failed instead.",
    },
  );
}

/**
 * As `dagmar run` with the run's date: its failed, skipped and cancelled tasks run again. `null` if it is queued
 * already. Raises `USAGE` for a run that is running or has succeeded, `SETTINGS_DIFFER`.
 */
export function orderResume(run: DagRun, version: DagVersion, lakeId: string): Order<"run"> | null {
  refuseOtherLake(run, lakeId);
  switch (run.state) {
    case "queued":
      return null;
    case "failed":
    case "cancelled":
      return orderAgain(run, version, false);
    case "running":
      throw new CommandRefused("USAGE", `state: ${nameRun(run)} is running; it is not queued again.`);
    case "success":
      throw new CommandRefused("USAGE", `state: ${nameRun(run)} has succeeded: nothing is left to resume.`, {
        hint: "Clear its tasks to run them again.",
      });
  }
}

/** As `dagmar run --rerun`: every task, with the Dag's present definition. Raises `SETTINGS_DIFFER`. */
export function orderRerun(run: DagRun, version: DagVersion, lakeId: string): Order<"run"> {
  refuseOtherLake(run, lakeId);
  return orderAgain(run, version, true);
}

function orderAgain(run: DagRun, version: DagVersion, isRerun: boolean): Order<"run"> {
  const { logicalDate, params, onlyTasks } = run;
  const request = { dag: nameDag(version), logicalDate, params, onlyTasks, isRerun };
  return { kind: "run", request: { ...request, isNew: false, namedTasks: [], isRefetch: false } };
}
