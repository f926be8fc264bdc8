/** When the reader opens its connection again: what another thread refuses says nothing about it. */
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { OrderOutcome } from "../../../app/service/orders.ts";
import { createReader } from "../../../web/reading/answer-reads.ts";
import { makeDag, makeTask } from "../../support/test-dag.ts";
import { openReadWorld, TEST_READING } from "../../support/web/read-world.ts";

test.each([
  ["NO_SCHEDULER", 503, 1],
  ["INTERRUPTED", 503, 1],
  ["TASK_RUNNING", 503, 1],
  ["MACHINE_SHORT", 503, 1],
  ["INTERNAL", 500, 1],
  ["DATABASE_BUSY", 503, 2],
  ["DATABASE_MOVED", 500, 2],
])(
  "an order that is refused with %s is %i, and the database was opened %i times",
  async (code, status, times) => {
    const world = await openReadWorld();
    const { folder, clock, lake, logsFolder, dagsFolder } = world;
    await world.saveDag(makeDag([makeTask("one")], { dagId: "daily" }));
    let opened = 0;
    const settings = {
      ...TEST_READING,
      lakeId: lake.id,
      dagsFolder,
      logsFolder,
      version: "1.2.3",
      get databaseFile() {
        opened += 1;
        return join(folder, "dagmar.db");
      },
    };
    const reader = createReader(settings, clock);
    onTestFinished(() => reader.close());
    const refused: OrderOutcome = { state: "refused", refusal: { code, message: "x", hint: null } };
    const answer = async (method: string, path: string): Promise<number> => {
      const headers = { "content-type": "application/json" };
      const user = { name: "x", role: "operator" } as const;
      const request = { method, path, search: "", headers, body: "", user };
      return (await reader.answer(request, () => Promise.resolve(refused))).reply.status;
    };
    expect(await answer("GET", "/api/v2/dags")).toBe(200);
    expect(await answer("POST", "/api/v2/dags/daily/dagRuns")).toBe(status);
    expect(await answer("GET", "/api/v2/dags")).toBe(200);
    expect(opened).toBe(times);
  },
);
