/** A Dag's graph as text. */
import type { DagDefinition, TaskDefinition } from "../../model/dag/dag.ts";

/** One line for each task, in topological order, indented below its last upstream task. */
export function drawGraph(dag: DagDefinition): readonly string[] {
  const depths = new Map<string, number>();
  for (const task of dag.tasks) {
    depths.set(task.taskId, Math.max(-1, ...task.needs.map((need) => depths.get(need) ?? 0)) + 1);
  }
  const drawn = new Set<string>();
  const lines: string[] = [];
  for (const task of dag.tasks) if (task.needs.length === 0) draw(task);
  return lines;

  function draw(task: TaskDefinition): void {
    if (drawn.has(task.taskId)) return;
    drawn.add(task.taskId);
    const depth = depths.get(task.taskId) ?? 0;
    const branch = depth === 0 ? "" : `${"   ".repeat(depth - 1)}└─ `;
    const needs = task.needs.length > 1 ? `  needs ${task.needs.join(", ")}` : "";
    const rule = task.triggerRule === "all_success" ? "" : `  ${task.triggerRule}`;
    lines.push(`  ${branch}${task.taskId}  (${task.type})${needs}${rule}`);
    for (const next of dag.tasks) {
      const isDeepest = next.needs.includes(task.taskId) && depths.get(next.taskId) === depth + 1;
      if (isDeepest) draw(next);
    }
  }
}
