/** Why a task may not start yet, for each kind of condition. */
import { describe, expect, test } from "vitest";
import { listUnmetConditions, type ReadinessFacts } from "../../../model/run/readiness.ts";
import { TASK_STATES, type TaskInstance, type TaskState } from "../../../model/run/task-instance.ts";
import { makeTask } from "../../support/test-dag.ts";

const NOW = "2026-11-23T09:00:00.000Z";

const TASK = makeTask("load", { type: "any", needs: ["extract"] });

const INSTANCE: TaskInstance = {
  taskInstanceId: 1,
  dagRunId: 1,
  taskId: "load",
  type: "any",
  state: "none",
  attemptCount: 0,
  failureCount: 0,
  lostCount: 0,
  waitingSince: null,
  nextAttemptAt: null,
  pool: "default",
  exclusiveKey: null,
  message: null,
  whenHeld: false,
};

const takeSlots = (taken: number, slots = 2) => [{ name: "pool default", slots, taken }];

function explain(changes: Omit<Partial<ReadinessFacts>, "instance"> & { instance?: Partial<TaskInstance> }) {
  return listUnmetConditions({
    task: TASK,
    upstream: new Map<string, TaskState>([["extract", "success"]]),
    past: null,
    when: { kind: "holds" },
    now: new Date(NOW),
    timezone: "America/Sao_Paulo",
    limits: takeSlots(1),
    exclusiveHolder: null,
    ...changes,
    instance: { ...INSTANCE, ...changes.instance },
  });
}

const kindsOf = (...args: Parameters<typeof explain>) => explain(...args).map(({ kind }) => kind);

test("a task with all conditions met may start", () => {
  expect(explain({})).toEqual([]);
});

test.each(TASK_STATES)("a task in state %s may start only when it is open", (state) => {
  const mayStart = ["none", "scheduled", "up_for_retry", "up_for_reschedule"].includes(state);
  expect(explain({ instance: { state } }).length === 0).toBe(mayStart);
});

test.each(["running", "queued"] as const)(
  "a task that is already %s is not ready, whatever else is wrong",
  (state) => {
    expect(kindsOf({ instance: { state }, limits: takeSlots(9), exclusiveHolder: "x" })).toEqual(["running"]);
  },
);

test.each(["success", "failed", "upstream_failed", "skipped", "cancelled"] as const)(
  "a task that ended in %s says so and nothing else",
  (state) => {
    expect(explain({ instance: { state }, limits: takeSlots(9) })).toEqual([
      { kind: "ended", reason: `it ended in ${state}` },
    ]);
  },
);

describe("upstream", () => {
  test("a task waits for its upstreams and names each with its state", () => {
    const upstream = new Map<string, TaskState>([
      ["extract", "running"],
      ["clean", "success"],
      ["load", "none"],
    ]);
    expect(explain({ upstream })).toEqual([
      {
        kind: "upstream",
        reason: "extract is running, clean is success, load has not started (all_success)",
      },
    ]);
  });

  test.each([
    ["failed", "upstream_failed"],
    ["skipped", "skipped"],
  ] as const)("behind an upstream that is %s it never starts and becomes %s", (state, becomes) => {
    expect(explain({ upstream: new Map([["extract", state]]), limits: takeSlots(9) })).toEqual([
      { kind: "never", becomes, reason: `all_success: extract is ${state}` },
    ]);
  });

  test("a task without upstreams in the run has nothing to wait for", () => {
    expect(explain({ upstream: new Map() })).toEqual([]);
  });
});

describe("depends_on_past", () => {
  const task = makeTask("load", { needs: ["extract"], dependsOnPast: true });

  test.each(TASK_STATES)("with a past that is %s", (state) => {
    const unmet = explain({ task, past: { runName: "scheduled__x", state } });
    const isGood = state === "success" || state === "skipped";
    const reason = `depends_on_past: it ${state === "none" ? "has not run yet" : `is ${state}`} in scheduled__x`;
    expect(unmet).toEqual(isGood ? [] : [{ kind: "past", reason }]);
  });

  test("the first run has no past to wait for", () => {
    expect(explain({ task, past: null })).toEqual([]);
  });

  test("a task that does not depend on it does not wait for it", () => {
    expect(explain({ past: { runName: "scheduled__x", state: "failed" } })).toEqual([]);
  });
});

describe("when", () => {
  const reason = "when: ${params.mode} is 1, wanted equals 2";
  const when = { kind: "unmet", reason } as const;

  test("a task whose condition does not hold is skipped, whatever else it waits for", () => {
    expect(explain({ when, limits: takeSlots(9) })).toEqual([{ kind: "never", becomes: "skipped", reason }]);
  });

  test("it is judged only when the upstreams are done: before, their outputs do not exist", () => {
    expect(kindsOf({ when, upstream: new Map([["extract", "running"]]) })).toEqual(["upstream"]);
  });

  test("while a task that it names is open, it waits like for an upstream", () => {
    const waits = { kind: "open", reason: "when waits for look, which is running" } as const;
    expect(explain({ when: waits, task: { ...TASK, triggerRule: "always" } })).toEqual([
      { kind: "upstream", reason: waits.reason },
    ]);
  });
});

describe("time", () => {
  const waiting = { state: "up_for_retry", message: "the store is away" } as const;

  test("a retry that is not due yet waits until its time and says why", () => {
    const nextAttemptAt = "2026-11-23T09:00:00.001Z";
    expect(explain({ instance: { ...waiting, nextAttemptAt } })).toEqual([
      {
        kind: "time",
        until: nextAttemptAt,
        reason: "up_for_retry until 2026-11-23 06:00:00 -03:00 (the store is away)",
      },
    ]);
  });

  test("a retry may start exactly when it is due", () => {
    expect(explain({ instance: { ...waiting, nextAttemptAt: NOW } })).toEqual([]);
  });

  const ahead = (seconds: number) => new Date(Date.parse(NOW) + seconds * 1000).toISOString();

  test.each([
    ["up_for_retry", 86_400, ["time"]],
    ["up_for_retry", 86_400.001, []],
    ["up_for_reschedule", 3650 * 86_400, ["time"]],
    ["up_for_reschedule", 3650 * 86_400 + 1, []],
  ] as const)(
    "%s for %d seconds, the longest that there is, or longer than that: %j",
    (state, seconds, kinds) => {
      expect(kindsOf({ instance: { state, nextAttemptAt: ahead(seconds) } })).toEqual(kinds);
    },
  );

  test.each(["9999-12-31T23:59:59.999Z", "soon", ""])(
    "a damaged instant (%s) holds nothing up",
    (nextAttemptAt) => {
      for (const state of ["up_for_retry", "up_for_reschedule"] as const) {
        expect(explain({ instance: { state, nextAttemptAt } })).toEqual([]);
      }
    },
  );

  test("a retry whose task has a longer delay than a day waits for as long as that", () => {
    const task = { ...TASK, retryDelaySeconds: 3 * 86_400 };
    const instance = { state: "up_for_retry", nextAttemptAt: ahead(3 * 86_400) } as const;
    expect(kindsOf({ task, instance })).toEqual(["time"]);
  });

  test("without a message there are no empty brackets", () => {
    const nextAttemptAt = "2026-11-23T10:00:00.000Z";
    const [only] = explain({ instance: { state: "up_for_reschedule", nextAttemptAt } });
    expect(only?.reason).toBe("up_for_reschedule until 2026-11-23 07:00:00 -03:00");
  });
});

describe("slots", () => {
  test.each([
    [1, 2, []],
    [2, 2, ["slot"]],
    [3, 2, ["slot"]],
    [0, 0, ["slot"]],
  ])("%i holders of %i slots leave %j unmet", (taken, slots, unmet) => {
    expect(kindsOf({ limits: takeSlots(taken, slots) })).toEqual(unmet);
  });

  test("every limit that is reached is named", () => {
    const limits = [...takeSlots(2), { name: "the scheduler", slots: 1, taken: 1 }];
    expect(explain({ limits }).map(({ reason }) => reason)).toEqual([
      "pool default has no free slot (2 of 2)",
      "the scheduler has no free slot (1 of 1)",
    ]);
  });

  test("the task that writes the same dataset is named", () => {
    expect(explain({ exclusiveHolder: "tmdb manual__x movies" })).toEqual([
      { kind: "slot", reason: "tmdb manual__x movies writes the same dataset" },
    ]);
  });
});

test("all unmet conditions are reported at once, the longest wait first", () => {
  const upstream = new Map<string, TaskState>([["extract", "running"]]);
  const instance = { state: "up_for_retry", nextAttemptAt: "2026-11-23T09:00:30.000Z" } as const;
  expect(kindsOf({ upstream, instance, limits: takeSlots(2), exclusiveHolder: "another" })).toEqual([
    "upstream",
    "time",
    "slot",
    "slot",
  ]);
});
