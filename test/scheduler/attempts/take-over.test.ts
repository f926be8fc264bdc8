/** What the next holder of the lease cleans up, in one transaction. */
import { expect, test } from "vitest";
import { silentObserver } from "../../../model/ports/service-observer.ts";
import { takeOver } from "../../../scheduler/attempts/take-over.ts";
import { beginRequest, insertRequest, readAnswer } from "../../../state/control/requests.ts";
import { startAttempt } from "../../../state/runs/task-instances.ts";
import { silentLog } from "../../support/test-world.ts";
import { makeChain, openEngineWorld } from "../engine-world.ts";

test("requests that a dead scheduler had begun are withdrawn, and its attempts are lost and counted", async () => {
  const world = await openEngineWorld({ a: () => ({}) });
  const run = await world.makeRun(makeChain({ taskId: "a" }));
  const now = world.clock.now();
  const begun = await world.database.write((query) => {
    startAttempt(query, run, world.task(run, "a"), { pid: 99, host: "gone", leaseEpoch: 1 }, now);
    const id = insertRequest(query, { kind: "prune", payload: {}, requestedBy: "test" }, now);
    beginRequest(query, id);
    return id;
  });
  const lost: string[] = [];
  await takeOver(world.database, {
    clock: world.clock,
    log: silentLog,
    lakeId: world.lake.id,
    pools: new Map([["default", 1]]),
    timezone: "UTC",
    service: { ...silentObserver, taskLost: (dagId) => lost.push(dagId) },
  });
  expect(readAnswer(world.database, begun).state).toBe("withdrawn");
  expect(world.states(run)).toEqual({ a: "up_for_retry" });
  expect(lost).toEqual([run.dagId]);
});
