/** How a run ends, from the states of its tasks. */
import { expect, test } from "vitest";
import { judgeRun } from "../../../model/run/run-outcome.ts";
import { isTaskEnded, TASK_STATES, type TaskState } from "../../../model/run/task-instance.ts";

const end = (state: TaskState, allowFailure = false) => ({ state, allowFailure });

test.each(TASK_STATES.filter((state) => !isTaskEnded(state)))(
  "a run with a task in %s has not ended",
  (state) => {
    expect(judgeRun([end("success"), end("failed"), end(state)], null)).toBeUndefined();
    expect(judgeRun([end(state)], "cancelled")).toBeUndefined();
  },
);

test.each([
  ["all succeeded", [end("success"), end("success")], "success"],
  ["there is no task", [], "success"],
  ["one was skipped", [end("success"), end("skipped")], "success"],
  ["one failed", [end("success"), end("failed")], "failed"],
  ["one is behind a failure", [end("success"), end("upstream_failed")], "failed"],
  ["the one that failed may fail", [end("success"), end("failed", true)], "success"],
  ["the one behind a failure may fail", [end("success"), end("upstream_failed", true)], "success"],
  ["one may fail and another did", [end("failed", true), end("failed")], "failed"],
  ["one was cancelled", [end("success"), end("cancelled")], "cancelled"],
  ["one was cancelled that may fail", [end("success"), end("cancelled", true)], "cancelled"],
  ["one failed and one was cancelled", [end("failed"), end("cancelled")], "failed"],
  ["one failed that may, and one was cancelled", [end("failed", true), end("cancelled")], "cancelled"],
] as const)("when %s the run's end follows", (_, tasks, outcome) => {
  expect(judgeRun(tasks, null)).toBe(outcome);
});

test("a stopped run ends in the state that its stop reason gives", () => {
  expect(judgeRun([end("success")], "cancelled")).toBe("cancelled");
  expect(judgeRun([end("failed"), end("cancelled")], "cancelled")).toBe("cancelled");
  expect(judgeRun([end("success"), end("cancelled")], "timed_out")).toBe("failed");
});
