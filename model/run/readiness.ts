/**
 * Why a task is not running: the conditions that it does not meet, each with a reason as text. An empty list means
 * that it may start.
 */
import type { TaskDefinition } from "../dag/dag.ts";
import type { TaskInstance, TaskState } from "./task-instance.ts";
import { formatLocalText } from "../time/local-time.ts";
import { judgeUpstream } from "../dag/trigger-rule.ts";
import { LONGEST_DURATION_SECONDS } from "../time/duration.ts";
import { findLongestRetryWait } from "./retry-policy.ts";

export type UnmetCondition =
  | { readonly kind: "ended"; readonly reason: string }
  | { readonly kind: "running"; readonly reason: string }
  /** The trigger rule says that it will never start. */
  | { readonly kind: "never"; readonly becomes: "skipped" | "upstream_failed"; readonly reason: string }
  | { readonly kind: "upstream"; readonly reason: string }
  /** `depends_on_past`: the task in the previous run has not succeeded. */
  | { readonly kind: "past"; readonly reason: string }
  | { readonly kind: "time"; readonly until: string; readonly reason: string }
  | { readonly kind: "slot"; readonly reason: string };

/** A limit on running tasks, and how many are running. */
export interface SlotLimit {
  /** For people: `pool default`. */
  readonly name: string;
  readonly slots: number;
  readonly taken: number;
}

/** The verdict on a task's `when`: `open` while tasks that it names have not ended. A task without `when` holds. */
export type WhenVerdict =
  | { readonly kind: "holds" }
  | { readonly kind: "unmet"; readonly reason: string }
  | { readonly kind: "open"; readonly reason: string };

export interface ReadinessFacts {
  readonly task: TaskDefinition;
  readonly instance: TaskInstance;
  /** States of the upstream tasks that belong to the run, by task id. */
  readonly upstream: ReadonlyMap<string, TaskState>;
  /** The same task in the Dag's previous run; `null` if there is none. */
  readonly past: { readonly runName: string; readonly state: TaskState } | null;
  readonly when: WhenVerdict;
  readonly now: Date;
  /** The run's, for times in reasons. */
  readonly timezone: string;
  /** The limits that apply to the task. */
  readonly limits: readonly SlotLimit[];
  /** The name of the task that runs under the same exclusive key, or `null`. */
  readonly exclusiveHolder: string | null;
}

const OPEN: ReadonlySet<TaskState> = new Set(["none", "scheduled", "up_for_retry", "up_for_reschedule"]);

const GOOD_PASTS: ReadonlySet<TaskState> = new Set(["success", "skipped"]);

/** Every unmet condition, decisive ones first. */
export function listUnmetConditions(facts: ReadinessFacts): readonly UnmetCondition[] {
  const { task, instance } = facts;
  if (instance.state === "running" || instance.state === "queued") {
    return [{ kind: "running", reason: `it is ${instance.state} already` }];
  }
  if (!OPEN.has(instance.state)) return [{ kind: "ended", reason: `it ended in ${instance.state}` }];
  const unmet: UnmetCondition[] = [];
  const verdict = judgeUpstream(task.triggerRule, [...facts.upstream.values()]);
  const upstreamText = [...facts.upstream]
    .map(([taskId, state]) => `${taskId} ${state === "none" ? "has not started" : `is ${state}`}`)
    .join(", ");
  if (verdict === "skipped" || verdict === "upstream_failed") {
    return [{ kind: "never", becomes: verdict, reason: `${task.triggerRule}: ${upstreamText}` }];
  }
  if (verdict === "run" && facts.when.kind === "unmet") {
    return [{ kind: "never", becomes: "skipped", reason: facts.when.reason }];
  }
  if (verdict === "run" && facts.when.kind === "open") {
    unmet.push({ kind: "upstream", reason: facts.when.reason });
  }
  if (verdict === "wait") unmet.push({ kind: "upstream", reason: `${upstreamText} (${task.triggerRule})` });
  if (task.dependsOnPast && facts.past !== null && !GOOD_PASTS.has(facts.past.state)) {
    const { runName, state } = facts.past;
    const what = state === "none" ? "has not run yet" : `is ${state}`;
    unmet.push({ kind: "past", reason: `depends_on_past: it ${what} in ${runName}` });
  }
  if (instance.nextAttemptAt !== null && isAhead(instance.nextAttemptAt, facts)) {
    const why = instance.message === null ? "" : ` (${instance.message})`;
    unmet.push({
      kind: "time",
      until: instance.nextAttemptAt,
      reason: `${instance.state} until ${formatLocalText(instance.nextAttemptAt, facts.timezone)}${why}`,
    });
  }
  for (const { name, slots, taken } of facts.limits) {
    if (taken < slots) continue;
    unmet.push({ kind: "slot", reason: `${name} has no free slot (${taken} of ${slots})` });
  }
  if (facts.exclusiveHolder !== null) {
    unmet.push({ kind: "slot", reason: `${facts.exclusiveHolder} writes the same dataset` });
  }
  return unmet;
}

/**
 * A wait that is longer than any that the task can have asked for counts as over: its row is damaged, or the clock was
 * set back since.
 */
function isAhead(nextAttemptAt: string, { task, instance, now }: ReadinessFacts): boolean {
  const restMs = Date.parse(nextAttemptAt) - now.getTime();
  const longest = instance.state === "up_for_retry" ? findLongestRetryWait(task) : LONGEST_DURATION_SECONDS;
  return restMs > 0 && restMs <= longest * 1000;
}
