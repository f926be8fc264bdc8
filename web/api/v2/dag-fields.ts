/** A Dag as Airflow's API shows it. */
import path from "node:path";
import { z } from "zod";
import { findTimetables } from "../../../model/dag/dag-timetable.ts";
import { describeSchedule } from "../../../model/dag/dag.ts";
import type { DagEntry } from "../../../state/pages/dag-page.ts";
import type { ReadTools } from "../route.ts";
import { utc } from "./listing.ts";
import { airflowRunType } from "./wire.ts";

export const dagFields = {
  dag_id: z.string(),
  dag_display_name: z.string(),
  is_paused: z.boolean(),
  is_stale: z.boolean(),
  last_parsed_time: utc.nullable(),
  last_parse_duration: z.null(),
  last_expired: z.null(),
  bundle_name: z.string().nullable(),
  bundle_version: z.null(),
  relative_fileloc: z.string().nullable(),
  fileloc: z.string(),
  file_token: z.string(),
  description: z.string().nullable(),
  timetable_summary: z.string().nullable(),
  timetable_description: z.string().nullable(),
  timetable_partitioned: z.boolean(),
  tags: z.array(z.never()),
  owners: z.array(z.string()),
  max_active_tasks: z.int(),
  max_active_runs: z.int().nullable(),
  max_consecutive_failed_dag_runs: z.int(),
  has_task_concurrency_limits: z.boolean(),
  has_import_errors: z.boolean(),
  allowed_run_types: z.array(airflowRunType),
  next_dagrun_logical_date: utc.nullable(),
  next_dagrun_data_interval_start: utc.nullable(),
  next_dagrun_data_interval_end: utc.nullable(),
  next_dagrun_run_after: utc.nullable(),
} as const;

export const dagSchema = z.strictObject(dagFields);

export function writeDag(entry: DagEntry, { dagsFolder, now }: ReadTools): z.infer<typeof dagSchema> {
  const { dagId: id, definition } = entry;
  const file = `${id}.yaml`;
  const next = findNextSlot(entry, now);
  const summary = describeSchedule(definition.schedule);
  return {
    dag_id: id,
    dag_display_name: id,
    is_paused: entry.isPaused,
    is_stale: !entry.isActive,
    last_parsed_time: entry.seenAt,
    last_parse_duration: null,
    last_expired: null,
    bundle_name: "dags",
    bundle_version: null,
    relative_fileloc: file,
    fileloc: path.join(dagsFolder, file),
    file_token: id,
    description: definition.description === "" ? null : definition.description,
    timetable_summary: definition.schedule.kind === "manual" ? null : summary,
    timetable_description: `${summary}, ${definition.timezone}`,
    timetable_partitioned: false,
    tags: [],
    owners: [],
    max_active_tasks: definition.maxActiveTasks ?? UNLIMITED_TASKS,
    max_active_runs: definition.maxActiveRuns,
    max_consecutive_failed_dag_runs: 0,
    has_task_concurrency_limits: false,
    has_import_errors: entry.hasImportError,
    allowed_run_types: ["scheduled", "manual", "backfill"],
    next_dagrun_logical_date: next?.at ?? null,
    next_dagrun_data_interval_start: next?.from ?? null,
    next_dagrun_data_interval_end: next?.at ?? null,
    next_dagrun_run_after: next?.at ?? null,
  };
}

/** What Airflow's field holds where the Dag sets no limit of its own. */
const UNLIMITED_TASKS = 1_000_000;

function findNextSlot(
  { definition, cursor, isActive, isPaused }: DagEntry,
  now: Date,
): { readonly from: string; readonly at: string } | undefined {
  if (!isActive || isPaused) return undefined;
  const timetables = findTimetables(definition);
  const from = cursor === null ? now : new Date(cursor);
  const slot = timetables?.bounded.next(from);
  if (timetables === null || slot === undefined) return undefined;
  return { at: slot.toISOString(), from: (timetables.unbounded.previous(slot) ?? slot).toISOString() };
}
