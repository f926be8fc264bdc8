/** The graph of a Dag's tasks: topological order, cycles and downstream tasks. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { listDownstream, orderTasks } from "../../../model/dag/dag-graph.ts";

const task = (taskId: string, ...needs: string[]) => ({ taskId, needs });

test("tasks come after their needs, and otherwise in the given order", () => {
  const ordering = orderTasks([task("c", "a"), task("b"), task("a"), task("d", "c", "b")]);
  expect(ordering).toEqual({ order: ["b", "a", "c", "d"] });
});

test("an empty list of tasks has an empty order", () => {
  expect(orderTasks([])).toEqual({ order: [] });
});

test("a need that names no task is ignored", () => {
  expect(orderTasks([task("a", "ghost")])).toEqual({ order: ["a"] });
});

test("a cycle is reported in the order in which its tasks would run", () => {
  const ordering = orderTasks([task("start"), task("a", "start", "c"), task("b", "a"), task("c", "b")]);
  if (!("cycle" in ordering)) throw new Error("the cycle was not seen");
  expect(ordering.cycle.at(0)).toBe(ordering.cycle.at(-1));
  expect(new Set(ordering.cycle)).toEqual(new Set(["a", "b", "c"]));
});

test("a task that needs itself is a cycle", () => {
  expect(orderTasks([task("a", "a")])).toEqual({ cycle: ["a", "a"] });
});

test("downstream tasks are all that depend on a task, without the task itself", () => {
  const tasks = [task("d", "c"), task("a"), task("b", "a"), task("c", "a", "b"), task("z")];
  expect(listDownstream(tasks, "a")).toEqual(["d", "b", "c"]);
  expect(listDownstream(tasks, "d")).toEqual([]);
});

test("any graph without a backward edge is ordered so that needs come first", () => {
  const graphs = fc
    .array(fc.array(fc.nat(), { maxLength: 4 }), { minLength: 1, maxLength: 20 })
    .map((rows) =>
      rows.map((row, index) => task(`t${index}`, ...row.filter(() => index > 0).map((n) => `t${n % index}`))),
    );
  fc.assert(
    fc.property(graphs, fc.integer(), (graph, seed) => {
      const shuffled = graph.toSorted(
        (left, right) => ((left.taskId.length * seed) % 7) - ((right.taskId.length * seed) % 5),
      );
      const ordering = orderTasks(shuffled);
      if (!("order" in ordering)) throw new Error("no cycle can be here");
      expect(ordering.order.toSorted()).toEqual(graph.map((one) => one.taskId).toSorted());
      for (const one of graph) {
        for (const need of one.needs) {
          expect(ordering.order.indexOf(need)).toBeLessThan(ordering.order.indexOf(one.taskId));
        }
      }
    }),
  );
});
