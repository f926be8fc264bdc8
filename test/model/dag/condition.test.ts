/** How a task's `when` compares values of a run. */
import { expect, test } from "vitest";
import { describeUnmet, judgeCondition, resolveCondition } from "../../../model/dag/condition.ts";
import type { JsonValue, Operator } from "../../../model/dag/dag.ts";

const CASES: readonly (readonly [JsonValue, Operator, JsonValue, boolean])[] = [
  ["full", "equals", "full", true],
  ["full", "equals", "half", false],
  [1, "equals", "1", false],
  [["a"], "equals", ["a"], true],
  [null, "equals", false, false],
  ["full", "not_equals", "half", true],
  ["full", "not_equals", "full", false],
  ["b", "any_of", ["a", "b"], true],
  ["c", "any_of", ["a", "b"], false],
  [5, "at_least", 5, true],
  [4, "at_least", 5, false],
  [10, "at_least", "9", false],
  ["2026-11-24", "at_least", "2026-11-23", true],
  [null, "at_least", 0, false],
  [5, "at_most", 5, true],
  [6, "at_most", 5, false],
  [null, "at_most", 0, false],
  // By code points, as PostgreSQL's C locale and Python do: U+FF21 comes before U+1F600.
  ["\u{1F600}", "at_least", "\uFF21", true],
  ["\uFF21", "at_least", "\u{1F600}", false],
  ["\u{1F600}", "at_least", "\u{1F601}", false],
  ["a\u{1F600}", "at_most", "a\u{1F600}b", true],
  ["ab", "at_least", "abc", false],
  [null, "is_null", true, true],
  [null, "is_null", false, false],
  ["", "is_null", true, false],
  ["", "is_null", false, true],
];

test.each(CASES)("%j %s %j is %s", (value, operator, operand, holds) => {
  expect(judgeCondition({ value: "${params.x}", operator, operand }, value)).toBe(holds);
});

test("a condition that does not hold is reported with the actual value", () => {
  const condition = { value: "${params.mode}", operator: "equals", operand: "full" } as const;
  expect(describeUnmet(condition, "daily")).toBe('when: ${params.mode} is "daily", wanted equals "full"');
});

test.each<[string, JsonValue]>([
  ["full", "full"],
  ["", ""],
  ["$5", "$5"],
  ["${params.mode}", "${params.mode}"],
  ["${params.count}", 3],
  ["no ${params.count}", "no 3"],
  ["${params.nothing}", null],
  ["${outputs.a.gone}", null],
  ["${params.count} of ${outputs.a.gone}", null],
])("the value of a when that is written %j is %j", (value, resolved) => {
  const params: Readonly<Record<string, JsonValue>> = {
    "params.mode": "${params.mode}",
    "params.count": 3,
    "params.nothing": null,
  };
  const condition = { value, operator: "equals", operand: "x" } as const;
  expect(resolveCondition(condition, (name) => params[name])).toEqual(resolved);
});
