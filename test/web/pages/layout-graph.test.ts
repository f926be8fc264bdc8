/** The graph's layout: tasks behind what they need, few crossings, and no edge behind a box. */
import { describe, expect, test } from "vitest";
import { layOut, type GraphTask, type PlacedGraph } from "../../../web/pages/dag/layout-graph.ts";

const SIZES = { box: 64, line: 20 };
const BOX_HEIGHT = 48;

const task = (taskId: string, ...needs: readonly string[]): GraphTask => ({ taskId, needs });

/** Repeatable. */
function makeTasks(count: number, seed: number): readonly GraphTask[] {
  let state = seed;
  const next = (below: number): number => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
  return Array.from({ length: count }, (_, index) =>
    task(`t${index}`, ...Array.from({ length: Math.min(index, next(4)) }, () => `t${next(index)}`)),
  );
}

const find = ({ tasks }: PlacedGraph, id: string) => {
  const found = tasks.find(({ taskId }) => taskId === id);
  if (found === undefined) throw new Error(`no ${id}`);
  return found;
};

test("a task is behind all that it needs, and every task has a place of its own", () => {
  const placed = layOut([task("a"), task("b", "a"), task("c", "a", "b", "gone"), task("d")], SIZES);
  expect(Object.fromEntries(placed.tasks.map(({ taskId, layer }) => [taskId, layer]))).toEqual({
    a: 0,
    b: 1,
    c: 2,
    d: 0,
  });
  expect(placed.layers).toBe(3);
});

test("two lines that need not cross do not", () => {
  const placed = layOut([task("a"), task("b"), task("x", "b"), task("y", "a")], SIZES);
  const isAbove = (one: string, other: string) => find(placed, one).y < find(placed, other).y;
  expect(isAbove("y", "x")).toBe(isAbove("a", "b"));
});

test("an edge over several layers goes around the boxes between its ends", () => {
  const placed = layOut([task("a"), task("b", "a"), task("c", "b"), task("d", "c", "a")], SIZES);
  const passing = placed.links.filter(({ need, isPassing }) => need === "a" && isPassing);
  expect(passing.map(({ toLayer }) => toLayer)).toEqual([1, 2]);
  for (const [index, id] of ["b", "c"].entries()) {
    expect(Math.abs((passing[index]?.toY ?? 0) - find(placed, id).y)).toBeGreaterThanOrEqual(BOX_HEIGHT / 2);
  }
});

describe.each([1, 2, 3, 4, 5])("of random tasks (%i)", (seed) => {
  const tasks = makeTasks(60, seed);
  const placed = layOut(tasks, SIZES);

  test("no edge is behind a box, and no two boxes overlap", () => {
    const passing = placed.links.filter(({ isPassing }) => isPassing);
    for (const { taskId, layer, y } of placed.tasks) {
      const lines = passing.filter(({ toLayer }) => toLayer === layer);
      for (const { toY } of lines) expect(Math.abs(toY - y), taskId).toBeGreaterThanOrEqual(BOX_HEIGHT / 2);
      const others = placed.tasks.filter((other) => other.layer === layer && other.taskId !== taskId);
      for (const other of others) expect(Math.abs(other.y - y), taskId).toBeGreaterThanOrEqual(BOX_HEIGHT);
      expect(y - BOX_HEIGHT / 2).toBeGreaterThanOrEqual(0);
      expect(y + BOX_HEIGHT / 2).toBeLessThanOrEqual(placed.height);
    }
  });

  test("each edge leads from its beginning to its end without a gap", () => {
    for (const { taskId, needs } of tasks) {
      for (const need of new Set(needs)) {
        const [from, to] = [find(placed, need), find(placed, taskId)];
        const own = placed.links.filter((link) => link.need === need);
        let y = from.y;
        for (let layer = from.layer; layer < to.layer; layer += 1) {
          const isLast = layer === to.layer - 1;
          const link = own.find(
            (each) =>
              each.fromLayer === layer &&
              each.toLayer === layer + 1 &&
              each.fromY === y &&
              (isLast ? each.toY === to.y && !each.isPassing : each.isPassing),
          );
          expect(link, `${need} to ${taskId} after layer ${layer}`).toBeDefined();
          y = link?.toY ?? 0;
        }
      }
    }
  });
});

test.each([
  [200, 100],
  [1_000, 300],
])("%i tasks take %i ms at most", (count, mostMs) => {
  const tasks = makeTasks(count, 7);
  const tooks = Array.from({ length: 5 }, () => {
    const began = performance.now();
    layOut(tasks, SIZES);
    return performance.now() - began;
  });
  expect(Math.min(...tooks)).toBeLessThan(mostMs);
});

test("a graph with more edges than a picture can show is still drawn", () => {
  const all = Array.from({ length: 300 }, (_, index) => `t${index}`);
  const placed = layOut(
    all.map((taskId, index) => task(taskId, ...all.slice(0, index))),
    SIZES,
  );
  expect(placed.layers).toBe(300);
  expect(placed.links.filter(({ isPassing }) => isPassing).length).toBeLessThanOrEqual(20_000);
});
