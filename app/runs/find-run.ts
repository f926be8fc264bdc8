/** Finds the run that a command's argument names, and checks whether the command may change it. */
import { CommandRefused } from "../../model/errors.ts";
import { suggestName } from "../../config/suggestion.ts";
import type { DagRun } from "../../model/run/dag-run.ts";
import { nameRun, parseRunName } from "../../model/run/run-name.ts";
import { readDagVersion, readRun } from "../../state/runs/dag-runs.ts";
import { listDagRows } from "../../state/runs/dags.ts";
import type { Query } from "../../state/sqlite/query.ts";
import { findRunId } from "../../state/reports.ts";
import { findRunOfDate } from "./choose-date.ts";

/**
 * A Dag's id for its newest run, `DAG@DATE` for the run of a day or an instant in the Dag's zone, `DAG/RUN_ID`, or a unique
 * run id. Errors: `RUN_UNKNOWN`; `USAGE` if a day has several runs.
 */
export function findRun(query: Query, lakeId: string, name: string, now: Date): DagRun {
  const parsed = parseRunName(name);
  if (parsed.kind === "date") {
    const { dagId, date } = parsed;
    const row = listDagRows(query).get(dagId);
    if (row === undefined) throw refuseUnknown(query, name, dagId);
    const { timezone } = readDagVersion(query, row.fingerprint);
    return findRunOfDate(query, lakeId, { dagId, timezone }, date, "The date after @");
  }
  const dagRunId = findRunId(query, lakeId, parsed, now.toISOString());
  if (dagRunId !== undefined) return readRun(query, dagRunId);
  throw refuseUnknown(query, name, parsed.kind === "word" ? parsed.word : parsed.dagId);
}

function refuseUnknown(query: Query, name: string, dagId: string): CommandRefused {
  const known = [...listDagRows(query).keys()];
  const suggestion = known.includes(dagId) ? undefined : suggestName(dagId, known);
  const list =
    name.includes("/") || name.includes("@")
      ? "`dagmar runs list` shows the runs."
      : "`dagmar runs list` shows the runs, `dagmar dags list` the Dags.";
  return new CommandRefused("RUN_UNKNOWN", `There is no run ${name}.`, {
    hint: suggestion === undefined ? list : `${suggestion.replace(/^d/, "D")} ${list}`,
  });
}

/**
 * As `findRun`, for a command that changes the run: it must be of the command's own lake. Errors: those of `findRun`;
 * `SETTINGS_DIFFER` for a run of another lake.
 */
export function findRunToChange(query: Query, lakeId: string, name: string, now: Date): DagRun {
  const run = findRun(query, lakeId, name, now);
  refuseOtherLake(run, lakeId);
  return run;
}

/** Raises `SETTINGS_DIFFER`. A run of an early version without a lake counts as one of this lake. */
export function refuseOtherLake(run: Pick<DagRun, "dagId" | "runId" | "lake">, lakeId: string): void {
  const { lake } = run;
  if (lake === null || lake === lakeId) return;
  throw new CommandRefused(
    "SETTINGS_DIFFER",
    `${nameRun(run)} is a run of the lake ${lake}, and this command uses ${lakeId}.`,
    { hint: "Nothing was done. Set DAGMAR_LAKE to that lake, then give the command again." },
  );
}
