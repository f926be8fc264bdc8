/** What the next holder of the lease cleans up, in one transaction. */
import { existsSync } from "node:fs";
import { expect, onTestFinished, test, vi } from "vitest";
import { silentObserver } from "../../../model/ports/service-observer.ts";
import { takeOver } from "../../../scheduler/attempts/take-over.ts";
import { readDatabaseId } from "../../../state/control/database-identity.ts";
import { beginRequest, insertRequest, readAnswer } from "../../../state/control/requests.ts";
import { startAttempt } from "../../../state/runs/task-instances.ts";
import { createTempFolders } from "../../../tasks/sql-to-lake/temp-folder.ts";
import { makeTempFolder, silentLog } from "../../support/test-world.ts";
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

test("the temporary folders of a dead scheduler's tables are removed, and those of another database stay", async () => {
  const world = await openEngineWorld({ a: () => ({}) });
  vi.stubEnv("TMPDIR", makeTempFolder());
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  const folders = createTempFolders("table");
  const tools = {
    clock: world.clock,
    log: silentLog,
    lakeId: world.lake.id,
    pools: new Map([["default", 1]]),
    timezone: "UTC",
    service: silentObserver,
  };
  await takeOver(world.database, tools);
  const own = await folders.open(`d/r/t/1@${readDatabaseId(world.database)}`);
  const other = await folders.open("d/r/t/1@another");
  await takeOver(world.database, tools);
  expect([existsSync(own.path), existsSync(other.path)]).toEqual([false, true]);
});
