/**
 * Where the tasks of a Dag stand in a drawing: in layers by their longest path from a beginning, and within a layer near
 * what they need, which keeps crossings few (barycentre sweeps, after Sugiyama, Tagawa and Toda 1981).
 */

export interface GraphTask {
  readonly taskId: string;
  readonly needs: readonly string[];
}

export interface PlacedTask extends GraphTask {
  /** From 0, left to right. */
  readonly layer: number;
  /** From 0, top to bottom. */
  readonly row: number;
}

/** Down and up, until little changes. */
const SWEEPS = 4;

/** In the order in which they were given. Needs that are not among the tasks are ignored; there is no cycle. */
export function layOut(tasks: readonly GraphTask[]): readonly PlacedTask[] {
  const known = new Map(tasks.map((task) => [task.taskId, task]));
  const needs = new Map(
    tasks.map(({ taskId, needs: all }) => [taskId, all.filter((need) => known.has(need))]),
  );
  const followers = new Map<string, string[]>(tasks.map(({ taskId }) => [taskId, []]));
  for (const [taskId, all] of needs) for (const need of all) followers.get(need)?.push(taskId);

  const layerOf = findLayers(tasks, needs);
  const layers: string[][] = [];
  for (const { taskId } of tasks) (layers[layerOf.get(taskId) ?? 0] ??= []).push(taskId);

  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    for (let index = 1; index < layers.length; index += 1) sort(layers, index, index - 1, needs);
    for (let index = layers.length - 2; index >= 0; index -= 1) sort(layers, index, index + 1, followers);
  }

  const rowOf = new Map(layers.flatMap((layer) => layer.map((taskId, row) => [taskId, row] as const)));
  return tasks.map((task) => ({
    ...task,
    layer: layerOf.get(task.taskId) ?? 0,
    row: rowOf.get(task.taskId) ?? 0,
  }));
}

/** Tasks come in topological order, so that what a task needs is placed before it. */
function findLayers(
  tasks: readonly GraphTask[],
  needs: ReadonlyMap<string, readonly string[]>,
): ReadonlyMap<string, number> {
  const layers = new Map<string, number>();
  for (const { taskId } of tasks) {
    const above = (needs.get(taskId) ?? []).map((need) => layers.get(need) ?? 0);
    layers.set(taskId, above.length === 0 ? 0 : Math.max(...above) + 1);
  }
  return layers;
}

/** Orders a layer by the mean place of each task's neighbours in another one; ties keep their order. */
function sort(
  layers: string[][],
  index: number,
  from: number,
  neighbours: ReadonlyMap<string, readonly string[]>,
): void {
  const layer = layers[index] ?? [];
  const fixed = layers[from] ?? [];
  const places = new Map(fixed.map((taskId, place) => [taskId, (place + 0.5) / fixed.length]));
  const middle = (taskId: string, own: number): number => {
    const found = (neighbours.get(taskId) ?? []).flatMap((other) => places.get(other) ?? []);
    return found.length === 0
      ? (own + 0.5) / layer.length
      : found.reduce((sum, place) => sum + place, 0) / found.length;
  };
  const keyed = layer.map((taskId, own) => ({ taskId, key: middle(taskId, own) }));
  layers[index] = keyed.toSorted((a, b) => a.key - b.key).map(({ taskId }) => taskId);
}
