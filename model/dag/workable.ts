/**
 * Whether a stored definition is valid. Dag files are checked when they are read; this check finds damaged rows whose
 * runs would wait for ever.
 */
import { orderTasks } from "./dag-graph.ts";
import { OPERATORS, TRIGGER_RULES, type DagDefinition, type TaskDefinition } from "./dag.ts";

/** Raises an error that describes the first fault. */
export function assertWorkable(dag: DagDefinition): void {
  const fault = findFault(dag) ?? findGraphFault(dag.tasks);
  if (fault !== undefined) throw new Error(`its stored definition is not valid: ${fault}`);
}

function findFault(dag: DagDefinition): string | undefined {
  if (!isCount(dag.maxActiveRuns)) return `max_active_runs is ${show(dag.maxActiveRuns)}`;
  if (dag.maxActiveTasks !== null && !isCount(dag.maxActiveTasks)) {
    return `max_active_tasks is ${show(dag.maxActiveTasks)}`;
  }
  if (dag.timeoutSeconds !== null && !isDuration(dag.timeoutSeconds)) {
    return `timeout is ${show(dag.timeoutSeconds)}`;
  }
  for (const task of dag.tasks) {
    const fault = findTaskFault(task);
    if (fault !== undefined) return `task ${show(task.taskId)}: ${fault}`;
  }
  return undefined;
}

function findTaskFault(task: TaskDefinition): string | undefined {
  if (!TRIGGER_RULES.includes(task.triggerRule)) return `trigger_rule is ${show(task.triggerRule)}`;
  if (task.when !== null && !OPERATORS.includes(task.when.operator)) {
    return `the operator of when is ${show(task.when.operator)}`;
  }
  if (!Number.isFinite(task.priority)) return `priority is ${show(task.priority)}`;
  if (!isDuration(task.timeoutSeconds)) return `timeout is ${show(task.timeoutSeconds)}`;
  return undefined;
}

function findGraphFault(tasks: readonly TaskDefinition[]): string | undefined {
  const ids = new Set(tasks.map(({ taskId }) => taskId));
  if (ids.size < tasks.length) return "two tasks have the same name";
  for (const { taskId, needs } of tasks) {
    const missing = needs.find((need) => !ids.has(need));
    if (missing !== undefined) return `task ${taskId} needs ${show(missing)}, which is not one of its tasks`;
  }
  if (isInOrder(tasks)) return undefined;
  const ordering = orderTasks(tasks);
  return "cycle" in ordering ? `its tasks form a cycle: ${ordering.cycle.join(", ")}` : undefined;
}

/** Stored definitions are in topological order, so a search for a cycle is rarely needed. */
function isInOrder(tasks: readonly TaskDefinition[]): boolean {
  const before = new Set<string>();
  return tasks.every(({ taskId, needs }) => {
    const isAfter = needs.every((need) => before.has(need));
    before.add(taskId);
    return isAfter;
  });
}

/** Whole and at least 1. */
function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}

function isDuration(value: unknown): boolean {
  return Number.isFinite(value) && (value as number) > 0;
}

function show(value: unknown): string {
  return JSON.stringify(value) ?? "missing";
}
