/**
 * Where the tasks of a Dag stand in a drawing: in layers by their longest path from a beginning, and within a layer near
 * what they need, which keeps crossings few (barycentre sweeps, after Sugiyama, Tagawa and Toda 1981). An edge over several
 * layers has a place in each of them, so that it goes around the boxes.
 */

export interface GraphTask {
  readonly taskId: string;
  readonly needs: readonly string[];
}

/** Heights, with the space to the next one. */
export interface GraphSizes {
  readonly box: number;
  readonly line: number;
}

export interface PlacedTask extends GraphTask {
  /** From 0, left to right. */
  readonly layer: number;
  /** The middle, from the top. */
  readonly y: number;
}

/** A part of an edge, from one layer to the next. */
export interface Link {
  /** The task at which its edge begins: edges that begin at the same task share their parts. */
  readonly need: string;
  /** The next layer, except in a graph that is too dense. */
  readonly fromLayer: number;
  readonly toLayer: number;
  readonly fromY: number;
  readonly toY: number;
  /** It continues through the layer at its right. */
  readonly isPassing: boolean;
}

export interface PlacedGraph {
  /** In the order in which they were given. */
  readonly tasks: readonly PlacedTask[];
  readonly links: readonly Link[];
  readonly layers: number;
  readonly height: number;
}

/** Down and up, until little changes. */
const SWEEPS = 4;
const ROUNDS = 3;
/** With more, edges over several layers are drawn straight: a graph so dense is no picture any longer. */
const MOST_LINES = 20_000;

/** A task, or an edge's place in a layer between its ends. */
interface Item {
  readonly task: string | null;
  readonly size: number;
  readonly layer: number;
  /** In the layer before, and in the one after. */
  readonly before: Item[];
  readonly after: Item[];
  readonly need: string;
  place: number;
  y: number;
}

/** Needs that are not among the tasks are ignored. Tasks come in topological order, so there is no cycle. */
export function layOut(tasks: readonly GraphTask[], sizes: GraphSizes): PlacedGraph {
  const layerOf = findLayers(tasks);
  const items = new Map<string, Item>();
  const layers: Item[][] = [];
  const put = (layer: number, need: string, task: string | null): Item => {
    const size = task === null ? sizes.line : sizes.box;
    const item: Item = { task, size, layer, before: [], after: [], need, place: 0, y: 0 };
    (layers[layer] ??= []).push(item);
    return item;
  };
  for (const { taskId } of tasks) items.set(taskId, put(layerOf.get(taskId) ?? 0, taskId, taskId));
  connect(tasks, layerOf, items, put);
  for (const layer of layers) number(layer);
  order(layers);
  const height = settle(layers);
  return {
    tasks: tasks.map((task) => ({
      ...task,
      layer: layerOf.get(task.taskId) ?? 0,
      y: items.get(task.taskId)?.y ?? 0,
    })),
    links: layers.flat().flatMap(listLinks),
    layers: layers.length,
    height,
  };
}

function findLayers(tasks: readonly GraphTask[]): ReadonlyMap<string, number> {
  const layers = new Map<string, number>();
  for (const { taskId, needs } of tasks) {
    layers.set(taskId, Math.max(-1, ...needs.map((need) => layers.get(need) ?? -1)) + 1);
  }
  return layers;
}

/** Each task's edges share one line through the layers, which they leave before the layer of their end. */
function connect(
  tasks: readonly GraphTask[],
  layerOf: ReadonlyMap<string, number>,
  items: ReadonlyMap<string, Item>,
  put: (layer: number, need: string, task: null) => Item,
): void {
  const lines = new Map<string, Item[]>();
  let count = 0;
  for (const { taskId, needs } of tasks) {
    const end = items.get(taskId);
    for (const need of new Set(needs)) {
      const start = items.get(need);
      if (start === undefined || end === undefined) continue;
      const first = (layerOf.get(need) ?? 0) + 1;
      const line = lines.get(need) ?? [];
      lines.set(need, line);
      for (
        let layer = first + line.length;
        layer < (layerOf.get(taskId) ?? 0) && count < MOST_LINES;
        layer += 1
      ) {
        const item = put(layer, need, null);
        join(line.at(-1) ?? start, item);
        line.push(item);
        count += 1;
      }
      join(line[(layerOf.get(taskId) ?? 0) - first - 1] ?? start, end);
    }
  }
}

function join(from: Item, to: Item): void {
  from.after.push(to);
  to.before.push(from);
}

function number(layer: readonly Item[]): void {
  for (const [index, item] of layer.entries()) item.place = (index + 0.5) / layer.length;
}

/** Orders each layer by the mean place of the neighbours in the layer before it, then after it; ties keep their order. */
function order(layers: Item[][]): void {
  const sort = (index: number, side: "before" | "after"): void => {
    const keyed = (layers[index] ?? []).map((item) => ({
      item,
      key: mean(item[side], "place") ?? item.place,
    }));
    const sorted = keyed.toSorted((a, b) => a.key - b.key).map(({ item }) => item);
    number(sorted);
    layers[index] = sorted;
  };
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    for (let index = 1; index < layers.length; index += 1) sort(index, "before");
    for (let index = layers.length - 2; index >= 0; index -= 1) sort(index, "after");
  }
}

function mean(items: readonly Item[], field: "place" | "y"): number | undefined {
  if (items.length === 0) return undefined;
  return items.reduce((sum, item) => sum + item[field], 0) / items.length;
}

/** Moves each item towards its neighbours, as far as the order and the sizes allow. Returns the height of all. */
function settle(layers: readonly (readonly Item[])[]): number {
  for (const layer of layers) {
    const total = layer.reduce((sum, { size }) => sum + size, 0);
    let top = -total / 2;
    for (const item of layer) {
      item.y = top + item.size / 2;
      top += item.size;
    }
  }
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const layer of layers) pull(layer, "before");
    for (const layer of layers.toReversed()) pull(layer, "after");
  }
  const all = layers.flat();
  const top = Math.min(0, ...all.map(({ y, size }) => y - size / 2));
  for (const item of all) item.y = Math.round(item.y - top);
  return Math.max(0, ...all.map(({ y, size }) => y + size / 2));
}

interface Group {
  /** The mean of what its items ask for, each less its distance from the first item of the layer. */
  wish: number;
  count: number;
}

/** The places nearest to those asked for that keep the order and the distances: a regression by pooling neighbours. */
function pull(layer: readonly Item[], side: "before" | "after"): void {
  const groups: Group[] = [];
  const offsets: number[] = [];
  let offset = 0;
  for (const [index, item] of layer.entries()) {
    const former = layer[index - 1];
    offset += former === undefined ? 0 : (former.size + item.size) / 2;
    offsets.push(offset);
    let group: Group = { wish: (mean(item[side], "y") ?? item.y) - offset, count: 1 };
    for (let last = groups.at(-1); last !== undefined && last.wish > group.wish; last = groups.at(-1)) {
      groups.pop();
      const count = last.count + group.count;
      group = { wish: (last.wish * last.count + group.wish * group.count) / count, count };
    }
    groups.push(group);
  }
  const wishes = groups.flatMap(({ wish, count }) => Array.from({ length: count }, () => wish));
  for (const [index, item] of layer.entries()) item.y = (wishes[index] ?? 0) + (offsets[index] ?? 0);
}

function listLinks(item: Item): readonly Link[] {
  return item.after.map((next) => ({
    need: item.need,
    fromLayer: item.layer,
    toLayer: next.layer,
    fromY: item.y,
    toY: next.y,
    isPassing: next.task === null,
  }));
}
