/** What a Dag declares, after parsing and checking: frozen, plain, serialisable. config/ reads the files. */

export const TRIGGER_RULES = [
  "all_success",
  "all_failed",
  "all_done",
  "all_done_min_one_success",
  "one_success",
  "one_failed",
  "one_done",
  "none_failed",
  "none_failed_min_one_success",
  "none_skipped",
  "all_skipped",
  "always",
] as const;
export type TriggerRule = (typeof TRIGGER_RULES)[number];

export const CATCHUPS = ["none", "latest", "all"] as const;
export type Catchup = (typeof CATCHUPS)[number];

export type Schedule =
  | { readonly kind: "cron"; readonly expression: string }
  | { readonly kind: "after"; readonly dagIds: readonly string[] }
  | { readonly kind: "manual" };

export type JsonValue =
  null | boolean | number | string | readonly JsonValue[] | { readonly [name: string]: JsonValue };
export type Params = Readonly<Record<string, JsonValue>>;

/** How a task's `when` compares. */
export const OPERATORS = ["equals", "not_equals", "any_of", "at_least", "at_most", "is_null"] as const;
export type Operator = (typeof OPERATORS)[number];

export interface Condition {
  /** As written, such as `${params.mode}` or `${outputs.check.is_new}`. */
  readonly value: string;
  readonly operator: Operator;
  readonly operand: JsonValue;
}

export interface RetrySettings {
  readonly retries: number;
  readonly retryDelaySeconds: number;
  readonly retryBackoff: "fixed" | "exponential";
  readonly retryDelayMaxSeconds: number;
}

export interface TaskDefinition extends RetrySettings {
  readonly taskId: string;
  readonly type: string;
  readonly needs: readonly string[];
  readonly triggerRule: TriggerRule;
  readonly allowFailure: boolean;
  readonly pool: string;
  /** Of the tasks that wait for a slot, the highest priority goes first. */
  readonly priority: number;
  /** It waits until the same task in the Dag's previous run has succeeded or was skipped. */
  readonly dependsOnPast: boolean;
  /** The task is skipped if it does not hold. */
  readonly when: Condition | null;
  readonly timeoutSeconds: number;
  /** The task type's options as written, templates unresolved. They were checked against the type's schema. */
  readonly with: Readonly<Record<string, JsonValue>>;
}

export interface DagDefinition {
  readonly dagId: string;
  readonly description: string;
  readonly schedule: Schedule;
  /** IANA name. */
  readonly timezone: string;
  /** First and last instants at which a slot may lie, ISO UTC; from `start` / `end`. */
  readonly startAt: string | null;
  readonly endAt: string | null;
  readonly catchup: Catchup;
  readonly catchupLimit: number;
  readonly maxActiveRuns: number;
  /** Tasks of this Dag at the same time, over all its runs; `null` for no limit of its own. */
  readonly maxActiveTasks: number | null;
  /** From a run's start; `null` for no limit. */
  readonly timeoutSeconds: number | null;
  readonly params: Params;
  /** In topological order; ties in the file's order. */
  readonly tasks: readonly TaskDefinition[];
}

/** The task of that id, or `undefined`. */
export function findTask(dag: DagDefinition, taskId: string): TaskDefinition | undefined {
  return dag.tasks.find((task) => task.taskId === taskId);
}

/** `0 6 * * *`, `after csv_ingest` or `manual`. */
export function describeSchedule(schedule: Schedule): string {
  switch (schedule.kind) {
    case "cron":
      return schedule.expression;
    case "after":
      return `after ${schedule.dagIds.join(", ")}`;
    case "manual":
      return "manual";
  }
}
