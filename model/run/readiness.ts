/** Why a task is not running: the conditions it does not meet, each in words. An empty list means it may start now. */
import type { TaskDefinition } from "../dag/dag.ts";
import type { TaskInstance, TaskState } from "./task-instance.ts";
import { judgeUpstream } from "../dag/trigger-rule.ts";

export type UnmetCondition =
  | { readonly kind: "ended"; readonly reason: string }
  | { readonly kind: "running"; readonly reason: string }
  /** The trigger rule says that it can never start. */
  | { readonly kind: "never"; readonly becomes: "skipped" | "upstream_failed"; readonly reason: string }
  | { readonly kind: "upstream"; readonly reason: string }
  /** `depends_on_past`: the run before this one has not come that far. */
  | { readonly kind: "past"; readonly reason: string }
  | { readonly kind: "time"; readonly until: string; readonly reason: string }
  | { readonly kind: "slot"; readonly reason: string };

/** So many at a time, and so many are running. */
export interface SlotLimit {
  /** In words: `pool default`. */
  readonly name: string;
  readonly slots: number;
  readonly taken: number;
}

/** What a task's `when` comes to; `open` while tasks that it names have not ended. A task without one is as one that holds. */
export type WhenVerdict =
  | { readonly kind: "holds" }
  | { readonly kind: "unmet"; readonly reason: string }
  | { readonly kind: "open"; readonly reason: string };

export interface ReadinessFacts {
  readonly task: TaskDefinition;
  readonly instance: TaskInstance;
  /** States of the upstream tasks that belong to the run, by task id. */
  readonly upstream: ReadonlyMap<string, TaskState>;
  /** What became of the same task in the Dag's run before this one; `null` where there is none. */
  readonly past: { readonly runName: string; readonly state: TaskState } | null;
  readonly when: WhenVerdict;
  readonly now: Date;
  /** What the task takes a slot of. */
  readonly limits: readonly SlotLimit[];
  /** Who runs under the same exclusive key, in words, or `null`. */
  readonly exclusiveHolder: string | null;
}

const OPEN: ReadonlySet<TaskState> = new Set(["none", "scheduled", "up_for_retry", "up_for_reschedule"]);

const GOOD_PASTS: ReadonlySet<TaskState> = new Set(["success", "skipped"]);

/** Every unmet condition, the decisive ones first. */
export function listUnmetConditions(facts: ReadinessFacts): readonly UnmetCondition[] {
  const { task, instance } = facts;
  if (instance.state === "running" || instance.state === "queued") {
    return [{ kind: "running", reason: `it is ${instance.state} already` }];
  }
  if (!OPEN.has(instance.state)) return [{ kind: "ended", reason: `it ended in ${instance.state}` }];
  const unmet: UnmetCondition[] = [];
  const verdict = judgeUpstream(task.triggerRule, [...facts.upstream.values()]);
  const upstreamText = [...facts.upstream].map(([taskId, state]) => `${taskId} is ${state}`).join(", ");
  if (verdict === "skipped" || verdict === "upstream_failed") {
    return [{ kind: "never", becomes: verdict, reason: `${task.triggerRule}: ${upstreamText}` }];
  }
  if (verdict === "run" && facts.when.kind === "unmet") {
    return [{ kind: "never", becomes: "skipped", reason: facts.when.reason }];
  }
  if (verdict === "run" && facts.when.kind === "open") {
    unmet.push({ kind: "upstream", reason: facts.when.reason });
  }
  if (verdict === "wait")
    unmet.push({ kind: "upstream", reason: `${task.triggerRule} waits: ${upstreamText}` });
  if (task.dependsOnPast && facts.past !== null && !GOOD_PASTS.has(facts.past.state)) {
    const { runName, state } = facts.past;
    const what = state === "none" ? "has not run yet" : `is ${state}`;
    unmet.push({ kind: "past", reason: `depends_on_past: it ${what} in ${runName}` });
  }
  if (instance.nextAttemptAt !== null && Date.parse(instance.nextAttemptAt) > facts.now.getTime()) {
    const why = instance.message === null ? "" : ` (${instance.message})`;
    unmet.push({
      kind: "time",
      until: instance.nextAttemptAt,
      reason: `${instance.state} until ${instance.nextAttemptAt}${why}`,
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
