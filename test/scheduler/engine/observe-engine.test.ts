/** The durations that the engine reports to a service. */
import { expect, test } from "vitest";
import { silentObserver } from "../../../model/ports/service-observer.ts";
import type { DagRun } from "../../../model/run/dag-run.ts";
import type { TaskInstance } from "../../../model/run/task-instance.ts";
import { observeEngine } from "../../../scheduler/engine/observe-engine.ts";
import { createHandClock } from "../../support/hand-clock.ts";

test("a wait counts from when a task was ready, its work from its start, a run from its start", async () => {
  const clock = createHandClock();
  const told: string[] = [];
  const observer = observeEngine(
    {
      ...silentObserver,
      taskStarted: (...facts) => told.push(`started ${facts.join(" ")}`),
      taskEnded: (...facts) => told.push(`ended ${facts.join(" ")}`),
      runEnded: (...facts) => told.push(`run ${facts.join(" ")}`),
    },
    clock,
  );
  const run = { dagId: "d", dagRunId: 1, runType: "manual", state: "success" } as DagRun;
  const task = { taskInstanceId: 1, type: "noop", exclusiveKey: null } as TaskInstance;
  const end = { state: "success", output: null, message: null } as never;
  observer.taskScheduled?.(run, task);
  await clock.advance(2000);
  observer.taskStarted?.(run, task, 1);
  await clock.advance(5000);
  observer.taskSettled?.(run, task, end);
  // Skipped: it had no attempt.
  observer.taskSettled?.(run, task, end);
  const runningSince = "2026-11-23T09:00:00.000Z";
  observer.runEnded?.({ ...run, runningSince, finishedAt: "2026-11-23T09:00:09.000Z" });
  observer.runEnded?.({ ...run, runningSince: null, finishedAt: "2026-11-23T09:00:09.000Z" });
  expect(told).toEqual(["started d noop 2", "ended d noop success 5", "run d success 9", "run d success 0"]);
});

test("the delay of a scheduled run is that of its first attempt, once", async () => {
  const clock = createHandClock();
  const told: string[] = [];
  const observer = observeEngine(
    { ...silentObserver, scheduleDelay: (dagId, seconds) => told.push(`${dagId} ${seconds}`) },
    clock,
  );
  const logicalDate = new Date(clock.now().getTime() - 3_000).toISOString();
  const run = { dagId: "d", dagRunId: 1, runType: "scheduled", state: "success", logicalDate } as DagRun;
  const start = (taskInstanceId: number, attempt: number, changes: Partial<DagRun> = {}): void =>
    observer.taskStarted?.({ ...run, ...changes }, { taskInstanceId, type: "noop" } as TaskInstance, attempt);
  start(1, 2);
  start(1, 1, { runType: "manual" });
  expect(told).toEqual([]);
  start(1, 1);
  await clock.advance(1_000);
  start(2, 1);
  start(3, 1, { dagRunId: 2 });
  expect(told).toEqual(["d 3", "d 4"]);
  observer.runEnded?.({ ...run, runningSince: null, finishedAt: null });
  start(4, 1);
  expect(told, "made again").toEqual(["d 3", "d 4", "d 4"]);
});

test("ids are counted for the dataset whose records the task writes, from numbers above 0", () => {
  const told: string[] = [];
  const observer = observeEngine(
    { ...silentObserver, idsDecided: (...facts) => told.push(facts.join(" ")) },
    createHandClock(),
  );
  const run = { dagId: "d", dagRunId: 1, runType: "manual" } as DagRun;
  const end = (exclusiveKey: string | null, output: object | null): void => {
    const task = { taskInstanceId: 1, type: "noop", exclusiveKey } as TaskInstance;
    observer.taskStarted?.(run, task, 1);
    observer.taskSettled?.(run, task, { state: "success", output, message: null } as never);
  };
  end("records:films", { stored: 7, not_found: 0, failed: "3", other: 9 });
  end("records:films", null);
  end("file:films", { stored: 1 });
  end("my records:films", { stored: 2 });
  end(null, { stored: 4 });
  end("records:films", { stored: -1, not_found: 2, failed: 5 });
  expect(told).toEqual(["films stored 7", "films not_found 2", "films failed 5"]);
});
