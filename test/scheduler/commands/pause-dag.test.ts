/** What pausing a Dag does to successes that it has not followed yet. */
import { expect, test } from "vitest";
import { nameDag } from "../../../scheduler/commands/named-dag.ts";
import { listDagRows } from "../../../state/runs/dags.ts";
import { makeDag, makeTask, makeVersion } from "../../support/test-dag.ts";
import { openServiceWorld, succeed } from "../service-world.ts";

const ONE = makeDag([makeTask("a")], { dagId: "one", timezone: "UTC" });
const FOLLOWER = makeDag([makeTask("a")], {
  dagId: "follower",
  schedule: { kind: "after", dagIds: ["one"] },
  timezone: "UTC",
});

test("a paused Dag skips nothing: its catchup decides when it is unpaused", async () => {
  const world = await openServiceWorld();
  world.setDags([ONE, FOLLOWER]);
  const service = world.start();
  await service.rest();
  service.drain();
  await service.ended;
  await succeed(world, ONE, "2026-11-23T07:00:00Z");
  await succeed(world, ONE, "2026-11-23T08:00:00Z");
  const pause = (isPaused: boolean) =>
    world.apply({ kind: "pause", request: { dag: nameDag(makeVersion(FOLLOWER)), isPaused } });
  const cursor = () => listDagRows(world.database).get("follower")?.successCursor;
  expect(await pause(true)).toEqual({ changed: true });
  expect([world.events("slots_skipped"), cursor()]).toEqual([[], 0]);
  expect(await pause(false)).toEqual({ changed: true });
  expect([world.events("slots_skipped"), cursor()]).toEqual([
    [expect.stringContaining("2 successes of one skipped")],
    2,
  ]);
});

test("a Dag that the database does not have yet can be paused, and stays paused", async () => {
  const world = await openServiceWorld();
  const hourly = { ...ONE, schedule: { kind: "cron", expression: "0 * * * *" } } as const;
  const request = { dag: nameDag(makeVersion(hourly)), isPaused: true };
  expect(await world.apply({ kind: "pause", request }, hourly)).toEqual({ changed: true });
  expect(await world.apply({ kind: "pause", request }, hourly)).toEqual({ changed: false });
  world.setDags([hourly]);
  const service = world.start();
  await service.rest();
  await service.advance(2 * 60 * 60_000);
  expect(world.runs()).toEqual([]);
});
