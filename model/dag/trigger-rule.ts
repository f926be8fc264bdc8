/** Which verdict a trigger rule gives for a set of upstream states. Knows nothing of pools, retries or time; see readiness. */
import type { TriggerRule } from "./dag.ts";
import { isTaskEnded, type TaskState } from "../run/task-instance.ts";

/** `run` now, `wait` for more upstream states, or never: `skipped` or `upstream_failed`. */
export type Verdict = "run" | "wait" | "skipped" | "upstream_failed";

interface Tally {
  readonly total: number;
  readonly done: number;
  readonly success: number;
  readonly failed: number;
  /** Failed ones that never ran. */
  readonly upstreamFailed: number;
  readonly skipped: number;
}

/** Airflow 3's rules. A cancelled upstream counts as failed. Without upstream tasks every rule gives `run`. */
export function judgeUpstream(rule: TriggerRule, upstream: readonly TaskState[]): Verdict {
  if (upstream.length === 0 || rule === "always") return "run";
  return RULES[rule](count(upstream));
}

function count(states: readonly TaskState[]): Tally {
  const failed = states.filter((state) => FAILED.has(state)).length;
  return {
    total: states.length,
    done: states.filter(isTaskEnded).length,
    success: states.filter((state) => state === "success").length,
    failed,
    upstreamFailed: states.filter((state) => state === "upstream_failed").length,
    skipped: states.filter((state) => state === "skipped").length,
  };
}

const FAILED: ReadonlySet<TaskState> = new Set(["failed", "upstream_failed", "cancelled"]);

const RULES: Readonly<Record<Exclude<TriggerRule, "always">, (tally: Tally) => Verdict>> = {
  all_success: (t) => {
    if (t.failed > 0) return "upstream_failed";
    if (t.skipped > 0) return "skipped";
    return t.success === t.total ? "run" : "wait";
  },
  all_failed: (t) => {
    if (t.success > 0 || t.skipped > 0) return "skipped";
    return t.failed === t.total ? "run" : "wait";
  },
  all_done: (t) => (t.done === t.total ? "run" : "wait"),
  all_done_min_one_success: (t) => {
    if (t.skipped > 0) return "skipped";
    if (t.done < t.total) return "wait";
    return t.success > 0 ? "run" : "upstream_failed";
  },
  one_success: (t) => {
    if (t.success > 0) return "run";
    if (t.done < t.total) return "wait";
    return t.failed > 0 ? "upstream_failed" : "skipped";
  },
  one_failed: (t) => {
    if (t.failed > 0) return "run";
    return t.done === t.total ? "skipped" : "wait";
  },
  one_done: (t) => {
    if (t.success + t.failed > t.upstreamFailed) return "run";
    return t.done === t.total ? "skipped" : "wait";
  },
  none_failed: (t) => {
    if (t.failed > 0) return "upstream_failed";
    return t.done === t.total ? "run" : "wait";
  },
  none_failed_min_one_success: (t) => {
    if (t.failed > 0) return "upstream_failed";
    if (t.done < t.total) return "wait";
    return t.success > 0 ? "run" : "skipped";
  },
  none_skipped: (t) => {
    if (t.skipped > 0) return "skipped";
    return t.done === t.total ? "run" : "wait";
  },
  all_skipped: (t) => {
    if (t.success + t.failed > 0) return "skipped";
    return t.skipped === t.total ? "run" : "wait";
  },
};
