/** Which faults of a stored definition are found before a run of it would wait for ever. */
import { expect, test } from "vitest";
import type { DagDefinition } from "../../../model/dag/dag.ts";
import { assertWorkable } from "../../../model/dag/workable.ts";
import { makeDag, makeTask } from "../../support/test-dag.ts";

const WHEN = { value: "${params.mode}", operator: "equals", operand: "full" } as const;
const TASKS = [makeTask("a"), makeTask("b", { needs: ["a"] })];

const withDag = (changes: object): DagDefinition => ({ ...makeDag(TASKS), ...changes });
const withTask = (changes: object): DagDefinition => makeDag([{ ...makeTask("a"), ...changes }]);

test.each([
  ["the smallest numbers", withDag({ maxActiveRuns: 1, maxActiveTasks: 1, timeoutSeconds: 0.001 })],
  ["no limits", withDag({ maxActiveTasks: null, timeoutSeconds: null })],
  ["a negative priority", withTask({ priority: -5 })],
  ["a condition", withTask({ when: WHEN })],
  ["tasks in another order than their needs", makeDag([makeTask("b", { needs: ["a"] }), makeTask("a")])],
])("a definition with %s is valid", (_, dag) => {
  expect(() => assertWorkable(dag)).not.toThrow();
});

test.each([
  [withDag({ maxActiveRuns: 0 }), "max_active_runs is 0"],
  [withDag({ maxActiveRuns: 1.5 }), "max_active_runs is 1.5"],
  [withDag({ maxActiveRuns: undefined }), "max_active_runs is missing"],
  [withDag({ maxActiveTasks: 0 }), "max_active_tasks is 0"],
  [withDag({ timeoutSeconds: 0 }), "timeout is 0"],
  [withTask({ triggerRule: "all_fine" }), 'task "a": trigger_rule is "all_fine"'],
  [withTask({ when: { ...WHEN, operator: "~" } }), 'task "a": the operator of when is "~"'],
  [withTask({ priority: "high" }), 'task "a": priority is "high"'],
  [withTask({ timeoutSeconds: 0 }), 'task "a": timeout is 0'],
  [withTask({ timeoutSeconds: "1h" }), 'task "a": timeout is "1h"'],
  [makeDag([makeTask("a"), makeTask("a")]), "two tasks have the same name"],
  [makeDag([makeTask("b", { needs: ["a"] })]), 'task b needs "a", which is not one of its tasks'],
  [
    makeDag([makeTask("a", { needs: ["b"] }), makeTask("b", { needs: ["a"] })]),
    /its tasks form a cycle: .*[ab].*[ab]/,
  ],
])("a stored definition is not valid: its fault is named (%#)", (dag, fault) => {
  const words = typeof fault === "string" ? `its stored definition is not valid: ${fault}` : fault;
  expect(() => assertWorkable(dag)).toThrow(words);
});
