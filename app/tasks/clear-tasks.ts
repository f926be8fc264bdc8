/** Clears tasks of one run or of the runs of a range: they run again, and earlier attempts stay as history. */
import { CommandRefused } from "../../model/errors.ts";
import type { DagDefinition } from "../../model/dag/dag.ts";
import type { DagRun } from "../../model/run/dag-run.ts";
import type { ClearedRun } from "../../scheduler/commands/clear-tasks.ts";
import type { App } from "../app.ts";
import { namesOneRun } from "../../model/run/run-name.ts";
import { carryOut } from "../lease-work.ts";
import { findRunOfDate } from "../runs/choose-date.ts";
import { findRunToChange, refuseOtherLake } from "../runs/find-run.ts";
import { readRange, type DateRange } from "../runs/read-range.ts";

export interface ClearWords {
  /** A Dag's id with a date or a range, or the name of one run, as `findRun` takes it. */
  readonly name: string;
  /** A date, or a range of days or instants with both ends included; neither if a run is named. */
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
): Promise<{
  readonly dagId: string;
  readonly cleared: readonly ClearedRun[];
  readonly isScheduler: boolean;
}> {
  const { taskIds, isDownstream } = words;
  const { dagId, range } = await chooseRuns(app, words);
  const request = {
    dagId,
    from: range.from.toISOString(),
    to: range.to.toISOString(),
    taskIds: taskIds.length === 0 ? null : taskIds,
    isDownstream,
  };
  const { answer, isScheduler } = await carryOut(app, { kind: "clear", request }, drain);
  return { dagId, cleared: answer.cleared, isScheduler };
}

async function chooseRuns(
  app: App,
  { name, date, from, to }: ClearWords,
): Promise<{ readonly dagId: string; readonly range: DateRange }> {
  const hasDates = date !== undefined || from !== undefined || to !== undefined;
  const dags = await app.loadDags();
  if (namesOneRun(name)) {
    if (hasDates) {
      throw new CommandRefused(
        "USAGE",
        `${name} names one run: it cannot be used with --date, --from or --to.`,
      );
    }
    const database = await app.openDatabase("existing");
    const run = findRunToChange(database, app.lake.id, name, app.clock.now());
    app.pickEnabledDag(dags, run.dagId);
    return { dagId: run.dagId, range: atOnce(run) };
  }
  const { definition } = app.pickEnabledDag(dags, name);
  if ((date === undefined) === (from === undefined || to === undefined)) {
    throw new CommandRefused("USAGE", "Say which runs: --date, or --from and --to.", {
      hint: `Or name one run: ${name}@2026-11-23, or ${name}/RUN_ID.`,
    });
  }
  const range =
    date === undefined
      ? readRange(from ?? "", to ?? "", definition.timezone)
      : await findDate(app, definition, date);
  return { dagId: definition.dagId, range };
}

/** A range that holds one run. */
async function findDate(app: App, dag: DagDefinition, date: string): Promise<DateRange> {
  const run = findRunOfDate(await app.openDatabase("existing"), app.lake.id, dag, date);
  refuseOtherLake(run, app.lake.id);
  return atOnce(run);
}

function atOnce({ logicalDate }: DagRun): DateRange {
  const at = new Date(logicalDate);
  return { from: at, to: at };
}
