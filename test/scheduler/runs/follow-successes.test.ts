/**
 * Which successes create runs of followers, in special cases: single tasks, a long backlog, repeated successes, start
 * and end.
 */
import { expect, test } from "vitest";
import type { DagDefinition } from "../../../model/dag/dag.ts";
import { changeRunState, findRunByDate, readRun } from "../../../state/runs/dag-runs.ts";
import { sql } from "../../../state/sqlite/statement.ts";
import { makeDag, makeTask } from "../../support/test-dag.ts";
import { HOUR, MINUTE, openServiceWorld, succeed, type ServiceWorld } from "../service-world.ts";

/** The clock begins at 2026-11-23T09:00Z. */
const DAY = "2026-11-23";
const upstream = (dagId: string): DagDefinition =>
  makeDag([makeTask("a"), makeTask("b", { needs: ["a"] })], { dagId, timezone: "UTC", maxActiveRuns: 9 });
const follower = (dagIds: readonly string[], changes: Partial<DagDefinition> = {}): DagDefinition =>
  makeDag([makeTask("a")], {
    dagId: "follower",
    schedule: { kind: "after", dagIds },
    timezone: "UTC",
    maxActiveRuns: 200,
    ...changes,
  });

const followerRuns = (world: ServiceWorld) => world.runs().filter((run) => run.startsWith("follower"));

async function clear(world: ServiceWorld, dagId: string, at: string): Promise<void> {
  const instant = new Date(at);
  const run = findRunByDate(world.database, world.lake.id, dagId, instant);
  if (run === undefined) throw new Error(`${dagId} has no run at ${at}`);
  await world.database.write((query) => changeRunState(query, run, "queued", world.clock.now()));
}

test("a run of single tasks starts no follower, a whole run does", async () => {
  const world = await openServiceWorld();
  const dag = upstream("one");
  world.setDags([dag, follower(["one"])]);
  const service = world.start();
  await service.rest();
  await succeed(world, dag, `${DAY}T08:00:00Z`, ["a"]);
  await succeed(world, dag, `${DAY}T08:30:00Z`);
  service.wake();
  await service.advance(MINUTE);
  expect(followerRuns(world)).toEqual(["follower@08:30 success"]);
});

test("a success in another lake creates no run, and does not count for a follower of several", async () => {
  const world = await openServiceWorld();
  const [one, two] = [upstream("one"), upstream("two")];
  world.setDags([one, two, follower(["one"]), follower(["one", "two"], { dagId: "follower_of_both" })]);
  const service = world.start();
  await service.rest();
  await succeed(world, one, `${DAY}T07:00:00Z`, null, "file:///elsewhere");
  await succeed(world, two, `${DAY}T08:00:00Z`);
  service.wake();
  await service.advance(MINUTE);
  expect(followerRuns(world)).toEqual([]);
  await succeed(world, one, `${DAY}T07:30:00Z`);
  service.wake();
  await service.advance(MINUTE);
  expect(followerRuns(world)).toEqual(["follower@07:30 success", "follower_of_both@08:00 success"]);
});

test("a follower that is hundreds of successes behind follows each of them", async () => {
  const world = await openServiceWorld();
  const dag = upstream("one");
  world.setDags([dag, follower(["one"])]);
  const service = world.start();
  await service.rest();
  for (let minute = 0; minute < 250; minute += 1) {
    await succeed(world, dag, new Date(Date.parse(`${DAY}T00:00:00Z`) + minute * MINUTE).toISOString());
  }
  for (let turn = 0; turn < 4; turn += 1) await service.advance(MINUTE);
  expect(followerRuns(world)).toHaveLength(250);
  expect(new Set(followerRuns(world).map((run) => run.split(" ")[1]))).toEqual(new Set(["success"]));
});

test("a success that is cleared and repeated creates no second run of its follower, with an event", async () => {
  const world = await openServiceWorld();
  const dag = upstream("one");
  world.setDags([dag, follower(["one"])]);
  const service = world.start();
  await service.rest();
  await succeed(world, dag, `${DAY}T08:00:00Z`);
  await service.advance(MINUTE);
  await clear(world, "one", `${DAY}T08:00:00Z`);
  await service.advance(MINUTE);
  expect(world.runs()).toEqual(["follower@08:00 success", "one@08:00 success"]);
  expect(world.events("upstream_again").join()).toContain("Use `dagmar tasks clear` to run it again.");
  const at = `${DAY}T08:00:00.000Z`;
  const request = { dagId: "follower", from: at, to: at, taskIds: null, isDownstream: false };
  await world.ask({ kind: "clear", request });
  await service.advance(MINUTE);
  expect(followerRuns(world)).toEqual(["follower@08:00 success"]);
  expect(world.database.all(sql`SELECT attempt FROM v_attempts WHERE dag_id = 'follower'`)).toHaveLength(2);
});

test.each([
  ["exactly at its end", "2026-11-23T08:00:00.000Z", 1],
  ["a millisecond after its end", "2026-11-23T07:59:59.999Z", 0],
])("a success %s (%s) makes %i runs", async (_name, endAt, count) => {
  const world = await openServiceWorld();
  const dag = upstream("one");
  world.setDags([dag, follower(["one"], { endAt })]);
  const service = world.start();
  await service.rest();
  await succeed(world, dag, `${DAY}T08:00:00Z`);
  await service.advance(MINUTE);
  expect(followerRuns(world)).toHaveLength(count);
});

test.each([
  ["exactly at its start", "2026-11-23T08:00:00.000Z", 1],
  ["a millisecond before its start", "2026-11-23T08:00:00.001Z", 0],
])("a success %s (%s) makes %i runs", async (_name, startAt, count) => {
  const world = await openServiceWorld();
  const dag = upstream("one");
  world.setDags([dag, follower(["one"], { startAt })]);
  const service = world.start();
  await service.rest();
  await succeed(world, dag, `${DAY}T08:00:00Z`);
  await service.advance(MINUTE);
  expect(followerRuns(world)).toHaveLength(count);
});

test("a cleared upstream counts for a follower of several only when it has succeeded again", async () => {
  const world = await openServiceWorld({ noop: () => ({}), slow: () => new Promise(() => undefined) });
  const [early, late] = [upstream("early"), upstream("late")];
  world.setDags([early, late, follower(["early", "late"])]);
  await succeed(world, early, `${DAY}T07:00:00Z`);
  const early7 = findRunByDate(world.database, world.lake.id, "early", new Date(`${DAY}T07:00:00Z`));
  if (early7 === undefined) throw new Error("it was not made");
  // Cleared, and not yet running again.
  await world.database.write((query) => changeRunState(query, early7, "queued", world.clock.now()));
  const running = readRun(world.database, early7.dagRunId);
  await world.database.write((query) => changeRunState(query, running, "failed", world.clock.now()));
  const service = world.start();
  await service.rest();
  await succeed(world, late, `${DAY}T08:00:00Z`);
  await service.advance(MINUTE);
  expect(followerRuns(world)).toEqual([]);
  await clear(world, "early", `${DAY}T07:00:00Z`);
  await service.advance(HOUR);
  expect(followerRuns(world)).toEqual(["follower@08:00 success"]);
});

test("a follower of several counts a day from its first millisecond to before the next day's", async () => {
  const world = await openServiceWorld();
  const [early, late] = [upstream("early"), upstream("late")];
  world.setDags([early, late, follower(["early", "late"])]);
  const service = world.start();
  await service.rest();
  // Midnight belongs to the next day only.
  await succeed(world, early, "2026-11-22T00:00:00Z");
  await succeed(world, late, "2026-11-23T00:00:00Z");
  await service.advance(MINUTE);
  expect(followerRuns(world)).toEqual([]);
  await succeed(world, early, "2026-11-23T00:00:00Z");
  await service.advance(MINUTE);
  expect(followerRuns(world)).toEqual(["follower@00:00 success"]);
  await succeed(world, late, "2026-11-22T23:59:59.999Z");
  await service.advance(MINUTE);
  expect(followerRuns(world)).toHaveLength(2);
});

test("a follower of several that was run by hand on that day still has its run of the day", async () => {
  const world = await openServiceWorld();
  const [early, late] = [upstream("early"), upstream("late")];
  const after = follower(["early", "late"]);
  world.setDags([early, late, after]);
  const service = world.start();
  await service.rest();
  await succeed(world, after, `${DAY}T01:00:00Z`);
  await succeed(world, early, `${DAY}T07:00:00Z`);
  await succeed(world, late, `${DAY}T08:00:00Z`);
  await service.advance(MINUTE);
  expect(followerRuns(world)).toEqual(["follower@01:00 success", "follower@08:00 success"]);
});

test("a follower's run of single tasks becomes the whole run when what it follows succeeds", async () => {
  const world = await openServiceWorld();
  const [dag, after] = [upstream("one"), follower(["one"], { tasks: upstream("one").tasks })];
  world.setDags([dag, after]);
  const service = world.start();
  await service.rest();
  await succeed(world, after, `${DAY}T08:00:00Z`, ["a"]);
  await succeed(world, dag, `${DAY}T08:00:00Z`);
  await service.advance(MINUTE);
  const run = findRunByDate(world.database, world.lake.id, "follower", new Date(`${DAY}T08:00:00Z`));
  expect(run).toMatchObject({ onlyTasks: null, state: "success" });
  expect(world.events("upstream_again")).toEqual([]);
});

test("a follower of several runs once a day: when all have succeeded, and not again after a later success", async () => {
  const world = await openServiceWorld();
  const [early, late] = [upstream("early"), upstream("late")];
  world.setDags([early, late, follower(["early", "late"])]);
  const service = world.start();
  await service.rest();
  await succeed(world, late, `${DAY}T07:00:00Z`);
  await service.advance(MINUTE);
  expect(followerRuns(world)).toEqual([]);
  expect(world.events("step_fault")).toEqual([]);
  await succeed(world, early, `${DAY}T07:30:00Z`);
  await service.advance(MINUTE);
  await succeed(world, late, `${DAY}T08:30:00Z`);
  await service.advance(MINUTE);
  expect(followerRuns(world)).toEqual(["follower@07:30 success"]);
  expect(world.events("upstream_again")).toHaveLength(1);
});
