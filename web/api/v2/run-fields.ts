/** A DagRun as Airflow's API shows it. */
import { z } from "zod";
import { RUN_TRIGGERS, type DagRunState } from "../../../model/run/dag-run.ts";
import { listVersionEntries } from "../../../state/pages/dag-page.ts";
import type { RunEntry } from "../../../state/pages/run-page.ts";
import type { ReadTools } from "../route.ts";
import { versionSchema, writeVersion } from "./dag-versions.ts";
import { utc } from "./listing.ts";
import { airflowRunState, airflowRunType, measureSeconds, writeRunState } from "./wire.ts";

export const dagRun = z.strictObject({
  dag_run_id: z.string(),
  dag_id: z.string(),
  dag_display_name: z.string(),
  logical_date: utc.nullable(),
  run_after: utc,
  queued_at: utc.nullable(),
  start_date: utc.nullable(),
  end_date: utc.nullable(),
  duration: z.number().nullable(),
  data_interval_start: utc.nullable(),
  data_interval_end: utc.nullable(),
  last_scheduling_decision: z.null(),
  run_type: airflowRunType,
  state: airflowRunState,
  triggered_by: z.enum([...RUN_TRIGGERS, "timetable", "backfill"]),
  triggering_user_name: z.string().nullable(),
  conf: z.record(z.string(), z.unknown()),
  note: z.string().nullable(),
  dag_versions: z.array(versionSchema),
  bundle_version: z.null(),
  partition_key: z.null(),
  dagmar: z
    .strictObject({
      state: z.enum(["queued", "running", "success", "failed", "cancelled"]),
      stop_reason: z.string().nullable(),
      fingerprint: z.string().describe("The version of the Dag's definition."),
      backfill_id: z.int().nullable(),
      lake: z.string().nullable(),
    })
    .describe("Dagmar's own fields."),
});

export function writeRuns(
  { query, databaseId }: ReadTools,
  runs: readonly RunEntry[],
): readonly z.infer<typeof dagRun>[] {
  const versions = listVersionEntries(query, [...new Set(runs.map(({ fingerprint }) => fingerprint))]);
  return runs.map((run) => {
    const version = versions.get(run.fingerprint);
    return writeRun(run, version === undefined ? [] : [writeVersion(version, databaseId)]);
  });
}

export function writeOneRun(tools: ReadTools, run: RunEntry): z.infer<typeof dagRun> {
  const [written] = writeRuns(tools, [run]);
  if (written === undefined) throw new Error(`run ${run.runId} was not written`);
  return written;
}

function writeRun(run: RunEntry, versions: z.infer<typeof dagRun>["dag_versions"]): z.infer<typeof dagRun> {
  return {
    dag_run_id: run.runId,
    dag_id: run.dagId,
    dag_display_name: run.dagId,
    logical_date: run.logicalDate,
    run_after: run.logicalDate,
    queued_at: run.createdAt,
    start_date: run.startedAt,
    end_date: run.finishedAt,
    duration: measureSeconds(run.startedAt, run.finishedAt),
    data_interval_start: run.intervalStart,
    data_interval_end: run.intervalEnd,
    last_scheduling_decision: null,
    run_type: run.runType,
    state: writeRunState(run.state),
    triggered_by: writeTrigger(run),
    triggering_user_name: run.requestedBy,
    conf: { ...run.params },
    note: null,
    dag_versions: versions,
    bundle_version: null,
    partition_key: null,
    dagmar: {
      state: run.state satisfies DagRunState,
      stop_reason: run.stopReason,
      fingerprint: run.fingerprint,
      backfill_id: run.backfillId,
      lake: run.lake,
    },
  };
}

/** Airflow's `DagRunTriggeredByType`. A backfill's runs have its name there, and not what it was asked through. */
function writeTrigger({ runType, triggeredBy }: RunEntry): z.infer<typeof dagRun>["triggered_by"] {
  switch (runType) {
    case "scheduled":
      return "timetable";
    case "backfill":
      return "backfill";
    case "manual":
      return triggeredBy ?? "cli";
  }
}
