/** The graph of a Dag's tasks: topological order, cycles, downstream tasks. */

interface Node {
  readonly taskId: string;
  readonly needs: readonly string[];
}

export type Ordering =
  | { readonly order: readonly string[] }
  /** Task ids along one cycle, the first repeated at the end. */
  | { readonly cycle: readonly string[] };

/** Kahn's algorithm; ties keep the given order. Needs that name no task are ignored: another check reports them. */
export function orderTasks(tasks: readonly Node[]): Ordering {
  const ids = new Set(tasks.map((task) => task.taskId));
  const waiting = new Map(
    tasks.map((task) => [task.taskId, new Set(task.needs.filter((need) => ids.has(need)))]),
  );
  const order: string[] = [];
  while (waiting.size > 0) {
    const ready = [...waiting].find(([, needs]) => needs.size === 0)?.[0];
    if (ready === undefined) return { cycle: findCycle(waiting) };
    waiting.delete(ready);
    order.push(ready);
    for (const needs of waiting.values()) needs.delete(ready);
  }
  return { order };
}

function findCycle(waiting: ReadonlyMap<string, ReadonlySet<string>>): readonly string[] {
  const path: string[] = [];
  let current = [...waiting.keys()][0] ?? "";
  while (!path.includes(current)) {
    path.push(current);
    current = [...(waiting.get(current) ?? [])][0] ?? "";
  }
  return [...path.slice(path.indexOf(current)), current].toReversed();
}

/** Every task that depends on `taskId`, directly or not, in the given order; without the task itself. */
export function listDownstream(tasks: readonly Node[], taskId: string): readonly string[] {
  const reached = new Set([taskId]);
  let grown = true;
  while (grown) {
    grown = false;
    for (const task of tasks) {
      if (reached.has(task.taskId) || !task.needs.some((need) => reached.has(need))) continue;
      reached.add(task.taskId);
      grown = true;
    }
  }
  return tasks.map((task) => task.taskId).filter((id) => id !== taskId && reached.has(id));
}
