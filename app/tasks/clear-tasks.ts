/** Clears tasks of one run, or of the runs of a range: they are made again, and their attempts stay as history. */
import { CommandRefused } from "../../model/errors.ts";
import type { DagDefinition } from "../../model/dag/dag.ts";
import type { ClearedRun } from "../../scheduler/commands/clear-tasks.ts";
import type { App } from "../app.ts";
import { carryOut } from "../lease-work.ts";
import { findRunOfDate } from "../runs/choose-date.ts";
import { refuseOtherLake } from "../runs/find-run.ts";
import { readRange, type DateRange } from "../runs/read-range.ts";

export interface ClearWords {
  readonly dagId: string;
  /** Either a date, or a range of days or instants, its ends included. */
  readonly date: string | undefined;
  readonly from: string | undefined;
  readonly to: string | undefined;
  /** Empty: all. */
  readonly taskIds: readonly string[];
  readonly isDownstream: boolean;
}

/** Raises `DAG_UNKNOWN`, `DAG_INVALID`, `RUN_UNKNOWN`, `TASK_UNKNOWN`, `USAGE`. */
export async function clearTasks(
  app: App,
  words: ClearWords,
  drain: AbortSignal,
): Promise<{ readonly cleared: readonly ClearedRun[]; readonly isScheduler: boolean }> {
  const { definition } = app.pickEnabledDag(await app.loadDags(), words.dagId);
  const { date, from, to, taskIds, isDownstream } = words;
  if ((date === undefined) === (from === undefined || to === undefined)) {
    throw new CommandRefused("USAGE", "Say which runs: --date, or --from and --to.");
  }
  const range =
    date === undefined
      ? readRange(from ?? "", to ?? "", definition.timezone)
      : await findDate(app, definition, date);
  const request = {
    dagId: definition.dagId,
    from: range.from.toISOString(),
    to: range.to.toISOString(),
    taskIds: taskIds.length === 0 ? null : taskIds,
    isDownstream,
  };
  const { answer, isScheduler } = await carryOut(app, { kind: "clear", request }, drain);
  return { cleared: answer.cleared, isScheduler };
}

/** A range of one run. */
async function findDate(app: App, dag: DagDefinition, date: string): Promise<DateRange> {
  const run = findRunOfDate(await app.openDatabase("existing"), app.lake.id, dag, date);
  refuseOtherLake(run, app.lake.id);
  const at = new Date(run.logicalDate);
  return { from: at, to: at };
}
