/** What differs between Dagmar's words and those of Airflow's API. */
import { createHash } from "node:crypto";
import { z } from "zod";
import type { DagRunState } from "../../../model/run/dag-run.ts";
import type { AttemptState, TaskState } from "../../../model/run/task-instance.ts";

export const airflowRunState = z.enum(["queued", "running", "success", "failed"]);
export const airflowRunType = z.enum(["scheduled", "manual", "backfill"]);
export const airflowTaskState = z.enum([
  "scheduled",
  "queued",
  "running",
  "up_for_retry",
  "up_for_reschedule",
  "success",
  "failed",
  "upstream_failed",
  "skipped",
]);

/** Airflow has no cancelled runs: they are failed there. */
export function writeRunState(state: DagRunState): z.infer<typeof airflowRunState> {
  return state === "cancelled" ? "failed" : state;
}

/** The states of Dagmar that Airflow's `failed` stands for, and so on. */
export function readRunStates(states: readonly string[] | undefined): readonly string[] | undefined {
  return states?.flatMap((state) => (state === "failed" ? ["failed", "cancelled"] : [state]));
}

/** Airflow has null for a task that was not looked at, and no cancelled tasks. */
export function writeTaskState(state: TaskState): z.infer<typeof airflowTaskState> | null {
  if (state === "none") return null;
  return state === "cancelled" ? "failed" : state;
}

export function writeTryState(state: AttemptState): z.infer<typeof airflowTaskState> {
  return state === "running" || state === "success" ? state : "failed";
}

/** Airflow's ids of versions and task instances are UUIDs: version 8 of RFC 9562, from what identifies the thing here. */
export function deriveUuid(...parts: readonly (string | number)[]): string {
  const hash = createHash("sha256").update(JSON.stringify(parts)).digest();
  hash.writeUInt8((hash.readUInt8(6) & 0x0f) | 0x80, 6);
  hash.writeUInt8((hash.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = hash.toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join(
    "-",
  );
}

/** In seconds; `null` while it is open. */
export function measureSeconds(from: string | null, to: string | null): number | null {
  return from === null || to === null ? null : (Date.parse(to) - Date.parse(from)) / 1000;
}
