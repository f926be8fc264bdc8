/** The run that a person means by what was typed. */
import { CommandRefused } from "../model/errors.ts";
import type { DagRun } from "../model/dag-run.ts";
import { readRun } from "../state/dag-runs.ts";
import type { Query } from "../state/database.ts";
import { findRunRow } from "../state/reports.ts";

/** A Dag's id for its newest run, `DAG/RUN_ID`, or a run id that is unique. Raises `RUN_UNKNOWN`. */
export function findRun(query: Query, name: string): DagRun {
  const row = findRunRow(query, name);
  if (row !== undefined) return readRun(query, Number(row["dag_run_id"]));
  throw new CommandRefused("RUN_UNKNOWN", `No run answers to ${name}.`, {
    hint: "`dagmar runs list` shows them.",
  });
}
