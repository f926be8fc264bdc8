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
