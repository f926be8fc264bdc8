/** The states and types of a DagRun, and the legal transitions between its states. */
import type { Params } from "../dag/dag.ts";
import type { TransitionTable } from "./transitions.ts";

export const DAG_RUN_STATES = ["queued", "running", "success", "failed", "cancelled"] as const;
export type DagRunState = (typeof DAG_RUN_STATES)[number];

export const RUN_TYPES = ["scheduled", "manual", "backfill"] as const;
export type RunType = (typeof RUN_TYPES)[number];

/** Through what a run was asked for, in Airflow's words. */
export const RUN_TRIGGERS = ["cli", "rest_api", "ui"] as const;
export type RunTrigger = (typeof RUN_TRIGGERS)[number];

export const STOP_REASONS = ["cancelled", "timed_out"] as const;
/** Why a run is stopped before its tasks are done. */
export type StopReason = (typeof STOP_REASONS)[number];

/** An ended run becomes `queued` again when it is resumed or cleared. */
export const DAG_RUN_TRANSITIONS = {
  queued: ["running", "failed", "cancelled"],
  running: ["queued", "success", "failed", "cancelled"],
  success: ["queued"],
  failed: ["queued"],
  cancelled: ["queued"],
} as const satisfies TransitionTable<DagRunState>;

/** One execution of a Dag for one logical date, as in its row. Instants are ISO UTC. */
export interface DagRun {
  readonly dagRunId: number;
  readonly dagId: string;
  /** `<run type>__<logical date>`; a number follows where another lake has a run of that date. */
  readonly runId: string;
  readonly runType: RunType;
  readonly state: DagRunState;
  readonly logicalDate: string;
  readonly timezone: string;
  readonly partition: string;
  readonly runStamp: string;
  readonly intervalStart: string | null;
  readonly intervalEnd: string | null;
  readonly params: Params;
  readonly fingerprint: string;
  /** The tasks asked for (`--task`) with what they need; `null` for the whole Dag. */
  readonly onlyTasks: readonly string[] | null;
  readonly refetchGeneration: string | null;
  readonly stopReason: StopReason | null;
  /** The position of a whole run's success in the order of all successes. */
  readonly successOrder: number | null;
  /** Its lake; `null` in a run of an older version that no process has claimed yet. */
  readonly lake: string | null;
  /** The backfill that created or reran it. */
  readonly backfillId: number | null;
  readonly createdAt: string;
  /** Its first start. */
  readonly startedAt: string | null;
  /** Its last start: a resumed run has its whole timeout again. */
  readonly runningSince: string | null;
  readonly finishedAt: string | null;
}

/** `manual__2026-11-23T09:00:00.000Z`. */
export function formatRunId(runType: RunType, logicalDate: Date): string {
  return `${runType}__${logicalDate.toISOString()}`;
}

/** The logical date in a run's id, as text; empty if the text is no run's id. */
export function readRunDate(runId: string): string {
  return /^[a-z]+__(.+?Z)(?:__\d+)?$/.exec(runId)?.[1] ?? "";
}

export function isRunEnded(state: DagRunState): boolean {
  return state === "success" || state === "failed" || state === "cancelled";
}
