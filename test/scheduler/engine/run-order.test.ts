/** The order in which runs get slots. */
import { expect, test } from "vitest";
import { nameDag } from "../../../scheduler/commands/named-dag.ts";
import { makeDag, makeTask, makeVersion } from "../../support/test-dag.ts";
import { makeGate } from "../engine-world.ts";
import { MINUTE, openServiceWorld } from "../service-world.ts";

test("a scheduled run gets the slot before older runs of a backfill", async () => {
  const gate = makeGate();
  const order: string[] = [];
  const world = await openServiceWorld(
    {
      hold: async () => {
        await gate.opened;
        return {};
      },
      work: ({ run }) => {
        order.push(run.logicalDate.slice(11, 16));
        return {};
      },
    },
    { pools: { default: 1 } },
  );
  const holder = makeDag([makeTask("hold", { type: "hold" })], { dagId: "holder" });
  const due = makeDag([makeTask("work", { type: "work" })], {
    dagId: "due",
    timezone: "UTC",
    schedule: { kind: "cron", expression: "*/10 * * * *" },
    maxActiveRuns: 9,
  });
  world.setDags([holder, due]);
  const service = world.start();
  await service.rest();
  await world.ask({
    kind: "run",
    request: {
      dag: nameDag(makeVersion(holder)),
      logicalDate: "2026-11-23T08:00:00.000Z",
      isNew: false,
      params: {},
      onlyTasks: null,
      namedTasks: [],
      isRerun: false,
      isRefetch: false,
    },
  });
  const slots = ["2026-11-23T07:00:00.000Z", "2026-11-23T07:10:00.000Z"];
  await world.ask({
    kind: "backfill",
    request: {
      dag: nameDag(makeVersion(due)),
      from: slots[0] ?? "",
      to: slots[1] ?? "",
      reprocess: "none",
      isRefetch: false,
      maxActive: 9,
    },
  });
  await service.advance(10 * MINUTE);
  expect(world.runs().filter((run) => run.startsWith("due"))).toEqual([
    "due@07:00 running",
    "due@07:10 running",
    "due@09:10 running",
  ]);
  gate.open();
  await service.rest();
  expect(order).toEqual(["09:10", "07:00", "07:10"]);
});
