/** Which state changes of runs and tasks are legal. */
import { describe, expect, test } from "vitest";
import { DAG_RUN_STATES, DAG_RUN_TRANSITIONS, isRunEnded } from "../../../model/run/dag-run.ts";
import { IllegalTransition } from "../../../model/errors.ts";
import { isTaskEnded, TASK_STATES, TASK_TRANSITIONS } from "../../../model/run/task-instance.ts";
import { assertTransition, type TransitionTable } from "../../../model/run/transitions.ts";

function reach<State extends string>(table: TransitionTable<State>, from: State): ReadonlySet<State> {
  const reached = new Set([from]);
  for (const state of reached) for (const next of table[state]) reached.add(next);
  return reached;
}

describe("a task", () => {
  test("can come into every state there is", () => {
    expect([...reach<string>(TASK_TRANSITIONS, "none")].toSorted()).toEqual([...TASK_STATES].toSorted());
  });

  test.each(TASK_STATES.filter(isTaskEnded))("that is %s can be cleared, and nothing else", (state) => {
    expect(TASK_TRANSITIONS[state]).toEqual(["none"]);
  });

  test.each(TASK_STATES.filter((state) => !isTaskEnded(state)))(
    "that is %s can be cancelled and can end",
    (state) => {
      const next: readonly string[] = TASK_TRANSITIONS[state];
      expect(next).toContain("cancelled");
      expect([...reach<string>(TASK_TRANSITIONS, state)]).toContain("success");
    },
  );

  test("succeeds or fails by an attempt, by being given up during a wait, or by being marked", () => {
    const before = (to: string) =>
      TASK_STATES.filter((from) => (TASK_TRANSITIONS[from] as readonly string[]).includes(to));
    expect(before("success")).toEqual(["none", "running"]);
    expect(before("failed")).toEqual(["none", "running", "up_for_retry", "up_for_reschedule"]);
  });

  test("never goes from a state to the same state", () => {
    expect(
      TASK_STATES.filter((state) => (TASK_TRANSITIONS[state] as readonly string[]).includes(state)),
    ).toEqual([]);
  });
});

describe("a run", () => {
  test("can come into every state there is", () => {
    expect([...reach<string>(DAG_RUN_TRANSITIONS, "queued")].toSorted()).toEqual(
      [...DAG_RUN_STATES].toSorted(),
    );
  });

  test.each(DAG_RUN_STATES.filter(isRunEnded))(
    "that is %s can be queued again, and nothing else",
    (state) => {
      expect(DAG_RUN_TRANSITIONS[state]).toEqual(["queued"]);
    },
  );

  test("succeeds only once it has run", () => {
    expect(
      DAG_RUN_STATES.filter((from) => (DAG_RUN_TRANSITIONS[from] as readonly string[]).includes("success")),
    ).toEqual(["running"]);
  });
});

describe("the guard", () => {
  test("lets a legal step pass", () => {
    expect(() => assertTransition("TaskInstance", TASK_TRANSITIONS, "none", "running")).not.toThrow();
  });

  test("names the noun and both states of an illegal one", () => {
    const step = () => assertTransition("TaskInstance", TASK_TRANSITIONS, "success", "running");
    expect(step).toThrow(IllegalTransition);
    expect(step).toThrow("TaskInstance: success → running");
  });
});
