/** Plans, computed from worlds that the test writes down. */
import { describe, expect, test } from "vitest";
import { planStep, type Action } from "../../../scheduler/engine/plan.ts";
import { viewRun, type RunView } from "../../../scheduler/engine/run-view.ts";
import type { World } from "../../../scheduler/engine/world.ts";
import type { DagDefinition } from "../../../model/dag/dag.ts";
import type { DagRun, DagRunState } from "../../../model/run/dag-run.ts";
import type { TaskInstance, TaskState } from "../../../model/run/task-instance.ts";
import type { RunningTask } from "../../../state/runs/task-instances.ts";
import { makeDag, makeTask } from "../../support/test-dag.ts";

const NOW = "2026-11-23T09:00:00.000Z";
const SOON = "2026-11-23T09:00:10.000Z";
const LATER = "2026-11-23T09:01:00.000Z";

function makeRun(dagRunId: number, state: DagRunState): DagRun {
  return {
    dagRunId,
    dagId: "test_dag",
    runId: `run_${dagRunId}`,
    runType: "manual",
    state,
    logicalDate: NOW,
    timezone: "UTC",
    partition: "2026/11/23",
    runStamp: "20261123T090000000Z",
    intervalStart: null,
    intervalEnd: null,
    params: {},
    fingerprint: "f",
    onlyTasks: null,
    refetchGeneration: null,
    createdAt: NOW,
    stopReason: null,
    successOrder: null,
    lake: "file:///lake",
    backfillId: null,
    startedAt: null,
    runningSince: null,
    finishedAt: null,
  };
}

function makeView(
  dag: DagDefinition,
  instances: Readonly<Record<string, Partial<TaskInstance>>>,
  state: DagRunState = "running",
  dagRunId = 1,
): RunView {
  const tasks = Object.entries(instances).map(([taskId, changes], index): TaskInstance => ({
    taskInstanceId: dagRunId * 100 + index,
    dagRunId,
    taskId,
    type: "noop",
    state: "none",
    attemptCount: 0,
    failureCount: 0,
    lostCount: 0,
    waitingSince: null,
    nextAttemptAt: null,
    pool: dag.tasks.find((task) => task.taskId === taskId)?.pool ?? "default",
    exclusiveKey: null,
    message: null,
    whenHeld: false,
    ...changes,
  }));
  return viewRun({ run: makeRun(dagRunId, state), dag, tasks, outputs: {}, pasts: new Map() });
}

interface Changes extends Partial<Omit<World, "limits">> {
  readonly pools?: ReadonlyMap<string, number>;
  readonly maxActiveTasks?: number;
}

function plan(views: readonly RunView[], { pools, maxActiveTasks, ...changes }: Changes = {}) {
  const { actions, aborts, wakeAt } = planStep({
    now: new Date(NOW),
    runs: views.filter(({ run }) => run.state === "running"),
    queued: views.flatMap(({ run }) =>
      run.state === "queued" ? [{ run, limit: Infinity, view: null }] : [],
    ),
    activeRuns: new Map(),
    holders: [],
    limits: { pools: pools ?? new Map([["default", 16]]), maxActiveTasks: maxActiveTasks ?? 32 },
    isDraining: false,
    ...changes,
  });
  return {
    actions: [...actions.map(describeAction), ...aborts.map(({ task }) => `abort ${task.taskId}`)],
    wakeAt,
  };
}

function describeAction(action: Action): string {
  switch (action.kind) {
    case "start_run":
      return `start run ${action.run.dagRunId}`;
    case "requeue_run":
      return `requeue run ${action.run.dagRunId}`;
    case "stop_run":
      return `stop run ${action.run.dagRunId} ${action.reason}`;
    case "finish_run":
      return `finish run ${action.run.dagRunId} ${action.to}`;
    case "start_attempt":
      return `start ${action.task.taskId}`;
    case "keep_condition":
      return `keep ${action.task.taskId}`;
    case "schedule_task":
      return `schedule ${action.task.taskId}: ${action.reason}`;
    case "pass_over_task":
      return `${action.to} ${action.task.taskId}`;
  }
}

const CHAIN = makeDag([makeTask("a"), makeTask("b", { needs: ["a"] }), makeTask("c", { needs: ["b"] })]);
const inStates = (...states: readonly TaskState[]) =>
  Object.fromEntries(
    ["a", "b", "c"].map((taskId, index) => [taskId, { state: states[index] ?? "none" }] as const),
  );

function makeHolder(changes: Partial<RunningTask>): RunningTask {
  return {
    taskInstanceId: 9,
    dagRunId: 9,
    dagId: "other_dag",
    runId: "run_9",
    taskId: "x",
    state: "running",
    pool: "other",
    exclusiveKey: null,
    ...changes,
  };
}

describe("a chain of three", () => {
  test.each([
    [["none", "none", "none"], ["start a"]],
    [["running", "none", "none"], []],
    [["success", "none", "none"], ["start b"]],
    [["success", "running", "none"], []],
    [["success", "success", "success"], ["finish run 1 success"]],
    [["failed", "none", "none"], ["upstream_failed b"]],
    [["failed", "upstream_failed", "none"], ["upstream_failed c"]],
    [["failed", "upstream_failed", "upstream_failed"], ["finish run 1 failed"]],
    [["skipped", "none", "none"], ["skipped b"]],
    [["skipped", "skipped", "skipped"], ["finish run 1 success"]],
    [["cancelled", "upstream_failed", "upstream_failed"], ["finish run 1 failed"]],
    [["success", "success", "cancelled"], ["finish run 1 cancelled"]],
    [["up_for_retry", "none", "none"], ["start a"]],
    [["scheduled", "none", "none"], ["start a"]],
    [["success", "none", "failed"], ["start b"]],
  ] as const)("in %j leads to %j", (states, actions) => {
    expect(plan([makeView(CHAIN, inStates(...states))]).actions).toEqual(actions);
  });
});

describe("a run", () => {
  test("that is queued is started, and its tasks come with the next plan", () => {
    expect(plan([makeView(CHAIN, inStates(), "queued")]).actions).toEqual(["start run 1"]);
  });

  test("without tasks succeeds", () => {
    expect(plan([makeView(makeDag([]), {})]).actions).toEqual(["finish run 1 success"]);
  });

  test("succeeds if the failed task has allow_failure", () => {
    const dag = makeDag([makeTask("a", { allowFailure: true })]);
    expect(plan([makeView(dag, { a: { state: "failed" } })]).actions).toEqual(["finish run 1 success"]);
  });

  test("of single tasks does not wait for needs outside the run", () => {
    expect(plan([makeView(CHAIN, { c: {} })]).actions).toEqual(["start c"]);
  });
});

describe("queued runs", () => {
  const queue = (...runs: readonly (readonly [number, number, string?])[]): World["queued"] =>
    runs.map(([dagRunId, limit, dagId = "test_dag"]) => ({
      run: { ...makeRun(dagRunId, "queued"), dagId },
      limit,
      view: null,
    }));

  test("start as long as their Dag has room", () => {
    const activeRuns = new Map([["test_dag", 1]]);
    const queued = queue([1, 3], [2, 3], [3, 3], [4, 1, "other_dag"], [5, 1, "other_dag"]);
    expect(plan([], { activeRuns, queued }).actions).toEqual(["start run 1", "start run 2", "start run 4"]);
  });

  test("wait while the limit of running runs is reached", () => {
    const activeRuns = new Map([["test_dag", 1]]);
    expect(plan([], { activeRuns, queued: queue([1, 1], [2, 1]) }).actions).toEqual([]);
  });
});

describe("a run that is stopped", () => {
  const stop = (view: RunView, stopReason: "cancelled" | "timed_out"): RunView => ({
    ...view,
    run: { ...view.run, stopReason },
  });

  test("has its open tasks cancelled and its running ones aborted, and starts none", () => {
    const view = stop(makeView(CHAIN, inStates("success", "running", "none")), "cancelled");
    expect(plan([view]).actions).toEqual(["cancelled c", "abort b"]);
  });

  test.each([
    ["cancelled", "cancelled"],
    ["timed_out", "failed"],
  ] as const)("for being %s ends as %s when nothing is open", (reason, end) => {
    const view = stop(makeView(CHAIN, inStates("success", "cancelled", "cancelled")), reason);
    expect(plan([view]).actions).toEqual([`finish run 1 ${end}`]);
  });

  test("has taken longer than its Dag allows, counted from its last start", () => {
    const dag = makeDag([makeTask("a")], { timeoutSeconds: 60 });
    const since = (runningSince: string): RunView => {
      const view = makeView(dag, { a: { state: "running" } });
      return { ...view, run: { ...view.run, runningSince } };
    };
    expect(plan([since("2026-11-23T08:59:00.000Z")]).actions).toEqual(["stop run 1 timed_out"]);
    expect(plan([since("2026-11-23T08:59:10.000Z")])).toEqual({ actions: [], wakeAt: SOON });
  });
});

describe("when", () => {
  const dag = makeDag([
    makeTask("a"),
    makeTask("b", {
      needs: ["a"],
      when: { value: "${outputs.a.is_new}", operator: "equals", operand: true },
    }),
    makeTask("c", { needs: ["b"] }),
  ]);
  const given = (outputs: RunView["outputs"]): RunView => ({
    ...makeView(dag, inStates("success", "none", "none")),
    outputs,
  });

  test("it holds, the task starts", () => {
    expect(plan([given({ a: { is_new: true } })]).actions).toEqual(["keep b", "start b"]);
  });

  test.each([{ a: { is_new: false } }, { a: {} }, {}])(
    "it does not hold with %j, the task is skipped",
    (outputs) => {
      expect(plan([given(outputs)]).actions).toEqual(["skipped b"]);
    },
  );
});

describe("a past", () => {
  const dag = makeDag([makeTask("a", { dependsOnPast: true })]);
  const given = (state: TaskState): RunView => ({
    ...makeView(dag, { a: {} }),
    pasts: new Map([["a", { dagRunId: 7, runId: "run_0", state }]]),
  });

  test("that is done lets the task start, another one does not", () => {
    expect(plan([given("success")]).actions).toEqual(["start a"]);
    expect(plan([given("failed")]).actions).toEqual([]);
  });
});

describe("limits", () => {
  test("of the whole scheduler count every pool", () => {
    const dag = makeDag(["a", "b", "c"].map((taskId) => makeTask(taskId)));
    const { actions } = plan([makeView(dag, inStates())], {
      maxActiveTasks: 2,
      holders: [makeHolder({ pool: "elsewhere" })],
    });
    expect(actions).toEqual([
      "start a",
      "schedule b: the scheduler (DAGMAR_MAX_ACTIVE_TASKS) has no free slot (2 of 2)",
      "schedule c: the scheduler (DAGMAR_MAX_ACTIVE_TASKS) has no free slot (2 of 2)",
    ]);
  });

  test("of a Dag count its own tasks, over all its runs", () => {
    const dag = makeDag([makeTask("a"), makeTask("b")], { maxActiveTasks: 2 });
    const holders = [makeHolder({ dagId: "test_dag" }), makeHolder({})];
    expect(plan([makeView(dag, { a: {}, b: {} })], { holders }).actions).toEqual([
      "start a",
      "schedule b: test_dag (max_active_tasks) has no free slot (2 of 2)",
    ]);
  });

  test("are given by priority over all runs, and in order among equals", () => {
    const low = makeDag([makeTask("a"), makeTask("b", { priority: 1 })]);
    const high = makeDag([makeTask("c", { priority: 5 })]);
    const views = [makeView(low, { a: {}, b: {} }), makeView(high, { c: {} }, "running", 2)];
    expect(plan(views, { pools: new Map([["default", 2]]) }).actions).toEqual([
      "start c",
      "start b",
      "schedule a: pool default has no free slot (2 of 2)",
    ]);
  });
});

describe("tasks", () => {
  test("start in the Dag's order, whatever the order of their rows", () => {
    const dag = makeDag([makeTask("b"), makeTask("a")]);
    expect(plan([makeView(dag, { a: {}, b: {} })]).actions).toEqual(["start b", "start a"]);
  });

  test("of an older run come before those of a younger", () => {
    const dag = makeDag([makeTask("a", { pool: "one" })]);
    const views = [makeView(dag, { a: {} }, "running", 1), makeView(dag, { a: {} }, "running", 2)];
    expect(plan(views, { pools: new Map([["one", 1]]) }).actions).toEqual([
      "start a",
      "schedule a: pool one has no free slot (1 of 1)",
    ]);
  });
});

describe("pools", () => {
  const dag = makeDag(["a", "b", "c"].map((taskId) => makeTask(taskId, { pool: "tmdb" })));

  test("give at most their slots in one plan", () => {
    expect(plan([makeView(dag, inStates())], { pools: new Map([["tmdb", 2]]) }).actions).toEqual([
      "start a",
      "start b",
      "schedule c: pool tmdb has no free slot (2 of 2)",
    ]);
  });

  test("count the slots that other runs hold", () => {
    const holders = [makeHolder({ pool: "tmdb" }), makeHolder({ pool: "tmdb", state: "queued" })];
    const { actions } = plan([makeView(dag, inStates())], { pools: new Map([["tmdb", 3]]), holders });
    expect(actions.filter((action) => action.startsWith("start"))).toEqual(["start a"]);
  });

  test("without configuration have one slot", () => {
    const { actions } = plan([makeView(dag, inStates())], { pools: new Map() });
    expect(actions.filter((action) => action.startsWith("start"))).toEqual(["start a"]);
  });

  test("that are full do not report again to tasks that are already scheduled", () => {
    const holders = [makeHolder({ pool: "tmdb" })];
    const waiting = inStates("scheduled", "scheduled", "up_for_retry");
    expect(plan([makeView(dag, waiting)], { pools: new Map([["tmdb", 1]]), holders })).toEqual({
      actions: [],
      wakeAt: null,
    });
  });
});

describe("exclusive keys", () => {
  const dag = makeDag(["a", "b", "c"].map((taskId) => makeTask(taskId)));
  const instances = { a: { exclusiveKey: "records:m" }, b: { exclusiveKey: "records:m" }, c: {} };

  test("let one task of a plan start, and those without a key", () => {
    expect(plan([makeView(dag, instances)]).actions).toEqual([
      "start a",
      "schedule b: test_dag/run_1 a writes the same dataset",
      "start c",
    ]);
  });

  test("held by another run make all tasks wait", () => {
    const holders = [makeHolder({ exclusiveKey: "records:m" })];
    expect(plan([makeView(dag, instances)], { holders }).actions).toEqual([
      "schedule a: other_dag/run_9 x writes the same dataset",
      "schedule b: other_dag/run_9 x writes the same dataset",
      "start c",
    ]);
  });
});

describe("waking", () => {
  const dag = makeDag(["a", "b", "c"].map((taskId) => makeTask(taskId)));

  test("is at the earliest of the tasks that wait for their time", () => {
    const instances = {
      a: { state: "up_for_retry" as const, nextAttemptAt: LATER },
      b: { state: "up_for_reschedule" as const, nextAttemptAt: SOON },
      c: { state: "running" as const },
    };
    expect(plan([makeView(dag, instances)])).toEqual({ actions: [], wakeAt: SOON });
  });

  test("is not needed for a due task: it starts", () => {
    const instances = {
      a: { state: "up_for_retry" as const, nextAttemptAt: NOW },
      b: { state: "running" as const },
      c: { state: "running" as const },
    };
    expect(plan([makeView(dag, instances)])).toEqual({ actions: ["start a"], wakeAt: null });
  });

  test("is not needed if no task waits for time", () => {
    expect(plan([makeView(CHAIN, inStates("running"))]).wakeAt).toBeNull();
  });
});

describe("a drain", () => {
  test("starts no run and no task, and schedules none", () => {
    const dag = makeDag([makeTask("a"), makeTask("b", { pool: "full" })]);
    const pools = new Map([["full", 0]]);
    const views = [makeView(dag, { a: {}, b: {} }), makeView(CHAIN, inStates(), "queued", 2)];
    expect(plan(views, { isDraining: true, pools })).toEqual({ actions: [], wakeAt: null });
  });

  test("still skips tasks that can never start, and finishes ended runs", () => {
    const views = [
      makeView(CHAIN, inStates("failed")),
      makeView(CHAIN, inStates("success", "success", "success"), "running", 2),
    ];
    expect(plan(views, { isDraining: true }).actions).toEqual(["finish run 2 success", "upstream_failed b"]);
  });
});

describe("a run that finds no place", () => {
  const dag = makeDag([makeTask("a", { dependsOnPast: true }), makeTask("b")]);
  const past = { dagRunId: 7, runId: "run_7", state: "none" } as const;
  /** Its date is this many days after the run that needs a place. */
  const makeHolding = (days: number, b: TaskState): RunView => {
    const view = makeView(dag, { a: {}, b: { state: b } }, "running", 10 + days);
    const logicalDate = `2026-11-${23 + days}T09:00:00.000Z`;
    return { ...view, run: { ...view.run, logicalDate }, pasts: new Map([["a", past]]) };
  };
  const { run } = makeView(dag, {}, "queued");
  const requeued = (...holding: readonly RunView[]) =>
    plan(holding, {
      queued: [{ run, limit: 2, view: null }],
      activeRuns: new Map([["test_dag", 2]]),
    }).actions.filter((action) => action.startsWith("requeue"));

  test("gets the place of the latest run that can only wait for an earlier one", () => {
    expect(requeued(makeHolding(1, "success"), makeHolding(2, "success"))).toEqual(["requeue run 12"]);
    expect(requeued(makeHolding(2, "success"), makeHolding(1, "success"))).toEqual(["requeue run 12"]);
  });

  test("does not get the place of a run with a task that can make progress", () => {
    expect(requeued(makeHolding(1, "success"), makeHolding(2, "up_for_retry"))).toEqual(["requeue run 11"]);
    expect(requeued(makeHolding(1, "running"), makeHolding(2, "none"))).toEqual([]);
  });
});
