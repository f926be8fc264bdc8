/**
 * Every metric of Dagmar's own, as data: the instruments and the reference are made
 * from it. `metrics.ts` decides when a value is counted.
 *
 * Names are Prometheus's conventions: base units, `_total` for what only rises. A label's values are few and known before:
 * Dags, task types, pools, datasets, states; never a run or an id.
 */
import { ID_OUTCOMES } from "../../model/records/ask-policy.ts";
import { PUT_OUTCOMES } from "../../model/ports/service-observer.ts";

export interface MetricDescription {
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly labels: readonly string[];
  readonly help: string;
  /** Upper bounds of a histogram's buckets, in the unit that the name ends with. */
  readonly buckets?: readonly number[];
  /** Every value of a counter's single label: shown as 0 from the start, so that the first event counts as an increase. */
  readonly values?: readonly string[];
}

/** Buckets around 20 ms, the target from a slot to its first task. */
const MOMENTS = [0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1, 5, 30, 120, 600, 3600] as const;
/** From a no-op to a task of many hours. */
const WORKS = [0.1, 1, 5, 15, 60, 300, 900, 1800, 3600, 7200, 21_600] as const;

export const METRICS = [
  {
    name: "dagmar_build_info",
    type: "gauge",
    labels: ["version"],
    help: "Always 1; the label is the running version.",
  },

  {
    name: "dagmar_scheduler_heartbeat_timestamp_seconds",
    type: "gauge",
    labels: [],
    help: "When the loop last turned, in seconds since 1970; 0 before the first turn.",
  },
  {
    name: "dagmar_scheduler_ticks_total",
    type: "counter",
    labels: [],
    help: "Turns of the loop.",
  },
  {
    name: "dagmar_scheduler_tick_duration_seconds",
    type: "histogram",
    labels: [],
    help: "How long a turn of the loop took: reading, planning, applying.",
    buckets: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1, 5],
  },
  {
    name: "dagmar_schedule_delay_seconds",
    type: "histogram",
    labels: ["dag_id"],
    help: "From the instant at which a scheduled run was due to the start of its first task.",
    buckets: MOMENTS,
  },
  {
    name: "dagmar_slots_skipped_total",
    type: "counter",
    labels: ["dag_id", "reason"],
    help: "Schedule slots that got no run; events list them.",
  },
  {
    name: "dagmar_dag_import_errors",
    type: "gauge",
    labels: [],
    help: "Dag files that are broken now.",
  },

  {
    name: "dagmar_runs",
    type: "gauge",
    labels: ["state"],
    help: "Runs that have not ended, by state.",
  },
  {
    name: "dagmar_dag_runs_total",
    type: "counter",
    labels: ["dag_id", "state"],
    help: "Runs that ended, by final state.",
  },
  {
    name: "dagmar_dag_run_duration_seconds",
    type: "histogram",
    labels: ["dag_id", "state"],
    help: "How long a run took from its last start to its end.",
    buckets: WORKS,
  },

  {
    name: "dagmar_tasks",
    type: "gauge",
    labels: ["state"],
    help: "Tasks of running runs that have not ended, by state; those that are scheduled wait for a slot.",
  },
  {
    name: "dagmar_task_attempts_total",
    type: "counter",
    labels: ["dag_id", "type", "state"],
    help: "Attempts that ended, by the state they left their task in: up_for_retry failed and is tried again, failed is not.",
  },
  {
    name: "dagmar_task_duration_seconds",
    type: "histogram",
    labels: ["dag_id", "type"],
    help: "How long an attempt took, however it ended.",
    buckets: WORKS,
  },
  {
    name: "dagmar_task_queued_seconds",
    type: "histogram",
    labels: ["type"],
    help: "How long a task that could start waited for a slot.",
    buckets: MOMENTS,
  },
  {
    name: "dagmar_tasks_lost_total",
    type: "counter",
    labels: ["dag_id"],
    help: "Attempts whose process died while it ran them.",
  },
  {
    name: "dagmar_pool_slots",
    type: "gauge",
    labels: ["pool"],
    help: "Slots that a pool has.",
  },
  {
    name: "dagmar_pool_slots_used",
    type: "gauge",
    labels: ["pool"],
    help: "Slots of a pool that tasks hold.",
  },

  {
    name: "dagmar_objects_put_total",
    type: "counter",
    labels: ["outcome"],
    help: "Objects put into the lake: created, already there (exists), name taken by other content (conflict), not stored (error).",
    values: PUT_OUTCOMES,
  },
  {
    name: "dagmar_ids_total",
    type: "counter",
    labels: ["dataset", "outcome"],
    help: `Ids that got an outcome: ${ID_OUTCOMES.join(", ")}.`,
  },

  {
    name: "dagmar_lease_held",
    type: "gauge",
    labels: [],
    help: "1 while this process holds the database's lease, 0 while it is a standby.",
  },
  {
    name: "dagmar_lease_epoch",
    type: "gauge",
    labels: [],
    help: "The epoch of the lease that this process held last; it rises with every holder.",
  },
  {
    name: "dagmar_clock_jumps_total",
    type: "counter",
    labels: [],
    help: "Times that the machine's wall clock was moved, forwards or back.",
  },
  {
    name: "dagmar_event_loop_stalls_total",
    type: "counter",
    labels: [],
    help: "Times that the process was blocked for too long.",
  },
  {
    name: "dagmar_event_loop_stall_seconds_total",
    type: "counter",
    labels: [],
    help: "Total length of those stalls.",
  },
  {
    name: "dagmar_step_failures_total",
    type: "counter",
    labels: [],
    help: "Steps of the scheduler that could not be written; each is tried again.",
  },
  {
    name: "dagmar_disk_full_total",
    type: "counter",
    labels: [],
    help: "Writes that failed because the disk was full.",
  },
  {
    name: "dagmar_database_size_bytes",
    type: "gauge",
    labels: ["file"],
    help: "Size of the database's file (main) and of SQLite's log (wal), which a long read keeps from shrinking.",
    values: ["main", "wal"],
  },
  {
    name: "dagmar_output_lost_total",
    type: "counter",
    labels: ["stream"],
    help: "Times that standard output or standard error could not be written, as on a full disk; what was written is lost.",
    values: ["stdout", "stderr"],
  },
  {
    name: "dagmar_notices_total",
    type: "counter",
    labels: ["result"],
    help: "Tries to send a notice to the webhook or by mail: delivered, or failed.",
    values: ["delivered", "failed"],
  },
  {
    name: "dagmar_snapshot_errors_total",
    type: "counter",
    labels: [],
    help: "Scrapes in which the database could not be read: dagmar_runs, dagmar_tasks and the pools are missing from them.",
  },
] as const satisfies readonly MetricDescription[];

export type MetricName = (typeof METRICS)[number]["name"];
