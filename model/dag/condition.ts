/**
 * A task's `when`: compares one value of its run with the Dag file's operand. The caller supplies the values of
 * names.
 */
import type { Condition, JsonValue } from "./dag.ts";
import { listReferences, renderTemplates, type LookUp } from "./template.ts";

/** The value to compare: the text itself if it has no template; null if a name in it has no value. */
export function resolveCondition({ value }: Condition, lookUp: LookUp): JsonValue {
  return listReferences(value).some((name) => lookUp(name) === undefined)
    ? null
    : renderTemplates(value, lookUp);
}

/** Ids of the tasks whose outputs the value names. */
export function listNamedTasks({ value }: Condition): readonly string[] {
  return listReferences(value).flatMap((name) => /^outputs\.([^.]+)\./.exec(name)?.[1] ?? []);
}

/** Whether the condition holds. Numbers compare as numbers, text as text; different types never match. */
export function judgeCondition({ operator, operand }: Condition, value: JsonValue): boolean {
  switch (operator) {
    case "equals":
      return isSame(value, operand);
    case "not_equals":
      return !isSame(value, operand);
    case "any_of":
      return isList(operand) && operand.some((one) => isSame(value, one));
    case "at_least":
      return compare(value, operand, (order) => order >= 0);
    case "at_most":
      return compare(value, operand, (order) => order <= 0);
    case "is_null":
      return (value === null) === operand;
  }
}

/** `when: ${params.mode} is "daily", wanted equals "full"`: why a task is skipped. */
export function describeUnmet({ value: written, operator, operand }: Condition, value: JsonValue): string {
  const wanted = `${operator} ${JSON.stringify(operand)}`;
  return `when: ${written} is ${JSON.stringify(value)}, wanted ${wanted}`;
}

function compare(left: JsonValue, right: JsonValue, accepts: (order: number) => boolean): boolean {
  if (typeof left === "number" && typeof right === "number") return accepts(left - right);
  if (typeof left === "string" && typeof right === "string") {
    return accepts(compareTexts(left, right));
  }
  return false;
}

/** By code points: `<` compares UTF-16 units, which puts an emoji before a full-width letter. */
function compareTexts(left: string, right: string): number {
  for (let at = 0; at < left.length; at += 1) {
    if (left.charCodeAt(at) === right.charCodeAt(at)) continue;
    // Past the end of the other text it is NaN, and this text is the greater one.
    return (left.codePointAt(at) ?? 0) - (right.codePointAt(at) ?? 0);
  }
  return left.length - right.length;
}

/** For scalars and lists of scalars. */
function isSame(left: JsonValue, right: JsonValue): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}
