/** Why a task is not running: the conditions it does not meet, each in words. An empty list means it may start now. */
import type { TaskDefinition } from "./dag.ts";
import type { TaskInstance, TaskState } from "./task-instance.ts";
import { judgeUpstream } from "./trigger-rule.ts";

export type UnmetCondition =
  | { readonly kind: "ended"; readonly reason: string }
  | { readonly kind: "running"; readonly reason: string }
  /** The trigger rule says that it can never start. */
  | { readonly kind: "never"; readonly becomes: "skipped" | "upstream_failed"; readonly reason: string }
  | { readonly kind: "upstream"; readonly reason: string }
  | { readonly kind: "time"; readonly until: string; readonly reason: string }
  | { readonly kind: "pool"; readonly reason: string }
  | { readonly kind: "exclusive"; readonly reason: string };

export interface ReadinessFacts {
  readonly task: TaskDefinition;
  readonly instance: TaskInstance;
  /** States of the upstream tasks that belong to the run, by task id. */
  readonly upstream: ReadonlyMap<string, TaskState>;
  readonly now: Date;
  readonly poolSlots: number;
  /** Who holds the pool's slots now. */
  readonly poolHolders: number;
  /** Who runs under the same exclusive key, in words, or `null`. */
  readonly exclusiveHolder: string | null;
}

const OPEN: ReadonlySet<TaskState> = new Set(["none", "scheduled", "up_for_retry", "up_for_reschedule"]);

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
  if (verdict === "wait")
    unmet.push({ kind: "upstream", reason: `${task.triggerRule} waits: ${upstreamText}` });
  if (instance.nextAttemptAt !== null && instance.nextAttemptAt > facts.now.toISOString()) {
    const why = instance.message === null ? "" : ` (${instance.message})`;
    unmet.push({
      kind: "time",
      until: instance.nextAttemptAt,
      reason: `${instance.state} until ${instance.nextAttemptAt}${why}`,
    });
  }
  if (facts.poolHolders >= facts.poolSlots) {
    unmet.push({
      kind: "pool",
      reason: `pool ${task.pool} has no free slot (${facts.poolHolders} of ${facts.poolSlots})`,
    });
  }
  if (facts.exclusiveHolder !== null) {
    unmet.push({ kind: "exclusive", reason: `${facts.exclusiveHolder} writes the same dataset` });
  }
  return unmet;
}
