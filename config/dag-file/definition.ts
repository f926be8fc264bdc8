/** A valid Dag file as the frozen definition that runs keep: defaults filled in, times as instants, tasks in order. */
import { createHash } from "node:crypto";
import { orderTasks } from "../../model/dag/dag-graph.ts";
import {
  OPERATORS,
  type Condition,
  type DagDefinition,
  type JsonValue,
  type Schedule,
  type TaskDefinition,
} from "../../model/dag/dag.ts";
import { parseDurationSeconds } from "../../model/time/duration.ts";
import { parseEnd, parseInstant } from "../../model/time/local-time.ts";
import { BUILT_IN_DEFAULTS, type DagFile } from "./dag-file-schema.ts";

/** `file` must have passed every check; `timezone` is used if the file sets none. */
export function defineDag(file: DagFile, timezone: string): DagDefinition {
  const zone = file.timezone ?? timezone;
  const tasks = Object.entries(file.tasks).map(([taskId, task]) =>
    defineTask(taskId, task, file.defaults ?? {}),
  );
  const ordering = orderTasks(tasks);
  const order = "order" in ordering ? ordering.order : [];
  return freezeDeeply({
    dagId: file.dag,
    description: file.description ?? "",
    schedule: defineSchedule(file.schedule),
    timezone: zone,
    startAt: file.start === undefined ? null : (parseInstant(file.start, zone)?.toISOString() ?? null),
    endAt: file.end === undefined ? null : (parseEnd(file.end, zone)?.toISOString() ?? null),
    catchup: file.catchup ?? "none",
    catchupLimit: file.catchup_limit ?? 100,
    maxActiveRuns: file.max_active_runs ?? 1,
    maxActiveTasks: file.max_active_tasks ?? null,
    timeoutSeconds: file.timeout === undefined ? null : toSeconds(file.timeout),
    params: file.params ?? {},
    tasks: tasks.toSorted((left, right) => order.indexOf(left.taskId) - order.indexOf(right.taskId)),
  });
}

/** SHA-256, lower-case hex, of the definition's JSON with the names of every object sorted. */
export function fingerprintDefinition(definition: DagDefinition): string {
  const canonical = JSON.stringify(definition, (_name, value: unknown) =>
    value !== null && typeof value === "object" && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).toSorted(([left], [right]) => (left < right ? -1 : 1)))
      : value,
  );
  return createHash("sha256").update(canonical).digest("hex");
}

type TaskFile = DagFile["tasks"][string];
type TaskDefaults = NonNullable<DagFile["defaults"]>;

function defineTask(taskId: string, task: TaskFile, defaults: TaskDefaults): TaskDefinition {
  const pick = <Name extends keyof typeof BUILT_IN_DEFAULTS>(name: Name) =>
    task[name] ?? defaults[name] ?? BUILT_IN_DEFAULTS[name];
  return {
    taskId,
    type: task.type,
    needs: task.needs ?? [],
    triggerRule: task.trigger_rule ?? "all_success",
    allowFailure: task.allow_failure ?? false,
    pool: pick("pool"),
    priority: pick("priority"),
    dependsOnPast: pick("depends_on_past"),
    when: task.when === undefined ? null : defineCondition(task.when),
    retries: pick("retries"),
    retryDelaySeconds: toSeconds(pick("retry_delay")),
    retryBackoff: pick("retry_backoff"),
    retryDelayMaxSeconds: toSeconds(pick("retry_delay_max")),
    timeoutSeconds: toSeconds(pick("timeout")),
    // The values came from a YAML document, so they are JSON.
    with: (task.with ?? {}) as Readonly<Record<string, JsonValue>>,
  };
}

/** The schema has ensured that there is one operator. */
function defineCondition({ value, ...comparison }: NonNullable<TaskFile["when"]>): Condition | null {
  const operator = OPERATORS.find((name) => comparison[name] !== undefined);
  return operator === undefined ? null : { value, operator, operand: comparison[operator] as JsonValue };
}

function defineSchedule(schedule: DagFile["schedule"]): Schedule {
  if (schedule === "manual") return { kind: "manual" };
  if (typeof schedule === "string") return { kind: "cron", expression: schedule.trim() };
  return { kind: "after", dagIds: typeof schedule.after === "string" ? [schedule.after] : schedule.after };
}

function toSeconds(duration: string): number {
  const seconds = parseDurationSeconds(duration);
  if (seconds === undefined) throw new TypeError(`${JSON.stringify(duration)} is not a duration`);
  return seconds;
}

export function freezeDeeply<Value>(value: Value): Value {
  if (value === null || typeof value !== "object" || Object.isFrozen(value)) return value;
  for (const inner of Object.values(value)) freezeDeeply(inner);
  return Object.freeze(value);
}
