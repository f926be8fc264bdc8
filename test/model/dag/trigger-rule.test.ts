/** Trigger rules, for every combination of up to three upstream states. */
import { describe, expect, test } from "vitest";
import { TRIGGER_RULES, type TriggerRule } from "../../../model/dag/dag.ts";
import { isTaskEnded, TASK_STATES, type TaskState } from "../../../model/run/task-instance.ts";
import { judgeUpstream, type Verdict } from "../../../model/dag/trigger-rule.ts";

/** Every combination of states of up to three upstream tasks. */
function listUpstreams(most: number): readonly (readonly TaskState[])[] {
  if (most === 0) return [[]];
  const shorter = listUpstreams(most - 1);
  const longest = shorter.filter((states) => states.length === most - 1);
  return [...shorter, ...longest.flatMap((states) => TASK_STATES.map((state) => [...states, state]))];
}

const UPSTREAMS = listUpstreams(3).filter((states) => states.length > 0);

/** The rules as in Airflow's documentation, written with `some` and `every` instead of counts. */
function judgeByTheBook(rule: TriggerRule, states: readonly TaskState[]): Verdict {
  const hasFailed = ["failed", "upstream_failed", "cancelled"];
  const someFailed = states.some((state) => hasFailed.includes(state));
  // Airflow's `failed`, which it counts apart from `upstream_failed`.
  const someRanAndFailed = states.includes("failed") || states.includes("cancelled");
  const someSkipped = states.includes("skipped");
  const someSucceeded = states.includes("success");
  const someOpen = states.some(
    (state) => state !== "success" && state !== "skipped" && !hasFailed.includes(state),
  );
  const whenAllEnded = (verdict: Verdict): Verdict => (someOpen ? "wait" : verdict);
  switch (rule) {
    case "always":
      return "run";
    case "all_success":
      return someFailed ? "upstream_failed" : someSkipped ? "skipped" : whenAllEnded("run");
    case "all_failed":
      return someSucceeded || someSkipped ? "skipped" : whenAllEnded("run");
    case "all_done":
      return whenAllEnded("run");
    case "all_done_min_one_success":
      return someSkipped ? "skipped" : whenAllEnded(someSucceeded ? "run" : "upstream_failed");
    case "one_success":
      return someSucceeded ? "run" : whenAllEnded(someFailed ? "upstream_failed" : "skipped");
    case "one_failed":
      return someFailed ? "run" : whenAllEnded("skipped");
    case "one_done":
      return someSucceeded || someRanAndFailed ? "run" : whenAllEnded("skipped");
    case "none_failed":
      return someFailed ? "upstream_failed" : whenAllEnded("run");
    case "none_failed_min_one_success":
      return someFailed ? "upstream_failed" : whenAllEnded(someSucceeded ? "run" : "skipped");
    case "none_skipped":
      return someSkipped ? "skipped" : whenAllEnded("run");
    case "all_skipped":
      return someSucceeded || someFailed ? "skipped" : whenAllEnded("run");
  }
}

test("the table holds every combination of up to three upstream states", () => {
  const { length } = TASK_STATES;
  expect(UPSTREAMS).toHaveLength(length + length ** 2 + length ** 3);
});

describe.each(TRIGGER_RULES)("%s", (rule) => {
  test("gives the verdict of its documentation, for every combination", () => {
    const wrong = UPSTREAMS.filter((states) => judgeUpstream(rule, states) !== judgeByTheBook(rule, states));
    expect(wrong).toEqual([]);
  });

  test("runs a task without upstreams", () => {
    expect(judgeUpstream(rule, [])).toBe("run");
  });

  test("waits only while something upstream is open", () => {
    const stuck = UPSTREAMS.filter(
      (states) => states.every(isTaskEnded) && judgeUpstream(rule, states) === "wait",
    );
    expect(stuck).toEqual([]);
  });

  test("does not depend on the order of the upstreams", () => {
    const fickle = UPSTREAMS.filter(
      (states) => judgeUpstream(rule, states) !== judgeUpstream(rule, states.toReversed()),
    );
    expect(fickle).toEqual([]);
  });

  test("that gives run still does so when open upstreams end, in any state", () => {
    const ends = TASK_STATES.filter(isTaskEnded);
    const broken = UPSTREAMS.filter((states) => {
      if (judgeUpstream(rule, states) !== "run") return false;
      return ends.some(
        (end) =>
          judgeUpstream(
            rule,
            states.map((state) => (isTaskEnded(state) ? state : end)),
          ) !== "run",
      );
    });
    expect(broken).toEqual([]);
  });
});

test.each([
  ["all_success", ["success", "skipped"], "skipped"],
  ["all_success", ["running", "failed"], "upstream_failed"],
  ["all_success", ["success", "cancelled"], "upstream_failed"],
  ["one_success", ["success", "running"], "run"],
  ["one_failed", ["failed", "running"], "run"],
  ["none_failed", ["skipped", "skipped"], "run"],
  ["none_failed_min_one_success", ["skipped", "skipped"], "skipped"],
  ["all_done", ["upstream_failed", "up_for_retry"], "wait"],
  ["always", ["none"], "run"],
  ["one_done", ["upstream_failed", "running"], "wait"],
  ["one_done", ["upstream_failed", "skipped"], "skipped"],
  ["one_done", ["failed", "running"], "run"],
  ["all_done_min_one_success", ["failed", "success"], "run"],
  ["all_done_min_one_success", ["failed", "upstream_failed"], "upstream_failed"],
  ["all_done_min_one_success", ["skipped", "running"], "skipped"],
] as const)("%s of %j is %s", (rule, states, verdict) => {
  expect(judgeUpstream(rule, states)).toBe(verdict);
});
