/** The run that a person means by what was typed, and whether this command may change it. */
import { CommandRefused } from "../../model/errors.ts";
import type { DagRun } from "../../model/run/dag-run.ts";
import { readDagVersion, readRun } from "../../state/runs/dag-runs.ts";
import { listDagRows } from "../../state/runs/dags.ts";
import type { Query } from "../../state/sqlite/query.ts";
import { findRunId } from "../../state/reports.ts";
import { findRunOfDate } from "./choose-date.ts";

/**
 * A Dag's id for its newest run, `DAG@DATE` for the run of a day or an instant in the Dag's zone, `DAG/RUN_ID`, or a run id
 * that is unique. Errors: `RUN_UNKNOWN`; `USAGE` where a day has several.
 */
export function findRun(query: Query, lakeId: string, name: string, now: Date): DagRun {
  const at = name.indexOf("@");
  if (at > 0) {
    const dagId = name.slice(0, at);
    const row = listDagRows(query).get(dagId);
    if (row !== undefined) {
      const { timezone } = readDagVersion(query, row.fingerprint);
      return findRunOfDate(query, lakeId, { dagId, timezone }, name.slice(at + 1), "The date behind @");
    }
  }
  const dagRunId = findRunId(query, lakeId, name, now.toISOString());
  if (dagRunId !== undefined) return readRun(query, dagRunId);
  throw new CommandRefused("RUN_UNKNOWN", `There is no run ${name}.`, {
    hint: "`dagmar runs list` shows them.",
  });
}

/**
 * As `findRun`, for a command that changes the run: it works for its own lake alone. Errors: those of `findRun`;
 * `SETTINGS_DIFFER` for a run of another lake.
 */
export function findRunToChange(query: Query, lakeId: string, name: string, now: Date): DagRun {
  const run = findRun(query, lakeId, name, now);
  refuseOtherLake(run, lakeId);
  return run;
}

/** Raises `SETTINGS_DIFFER`. A run of an early version that no lake has claimed yet becomes this one's. */
export function refuseOtherLake({ dagId, runId, lake }: DagRun, lakeId: string): void {
  if (lake === null || lake === lakeId) return;
  throw new CommandRefused(
    "SETTINGS_DIFFER",
    `${dagId}/${runId} is a run of the lake ${lake}, and this command works for ${lakeId}.`,
    { hint: "Give the command with that lake in DAGMAR_LAKE. Nothing was done." },
  );
}
