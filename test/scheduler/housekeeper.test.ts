/** Pruning on request: one at a time, next to the loop, with an answer however it ends. */
import { expect, test, vi } from "vitest";
import { createHousekeeper, PRUNE, type HousekeepingTools } from "../../scheduler/housekeeper.ts";
import { insertEvent } from "../../state/control/events.ts";
import { insertRequest, readAnswer } from "../../state/control/requests.ts";
import { sql } from "../../state/sqlite/statement.ts";
import { makeKeptLogger } from "../lake/lake-tools.ts";
import { makeGate, openEngineWorld } from "./engine-world.ts";

async function openHousekeeping(pruneLogs: HousekeepingTools["pruneLogs"] = () => Promise.resolve(2)) {
  const world = await openEngineWorld({});
  const { database, clock } = world;
  const event = { level: "info", kind: "dag_added", message: "long ago" } as const;
  await database.write((query) => insertEvent(query, event, clock.now(), "UTC"));
  const log = makeKeptLogger();
  const drain = new AbortController();
  const keeper = createHousekeeper({ database, clock, log, pruneLogs }, drain.signal);
  return {
    ...world,
    log,
    drain,
    keeper,
    ask: (payload: object | null, kind = PRUNE) =>
      database.write((query) => insertRequest(query, { kind, payload, requestedBy: "test" }, clock.now())),
    read: (id: number) => readAnswer(database, id),
    countEvents: () => database.get<{ n: number }>(sql`SELECT count(*) AS n FROM events`)?.n,
  };
}

const BEFORE = { before: "2030-01-01T00:00:00.000Z" };

test("a request is carried out and answered with what was removed, and the next one after it", async () => {
  const asked: string[] = [];
  const gate = makeGate();
  const world = await openHousekeeping(async (before) => {
    asked.push(before.toISOString());
    await gate.opened;
    return 2;
  });
  const [first, second] = [await world.ask(BEFORE), await world.ask(BEFORE)];
  await world.ask({}, "run");
  world.keeper.look();
  world.keeper.look();
  let isAtRest = false;
  const resting = world.keeper.rest().then(() => (isAtRest = true));
  await vi.waitUntil(() => asked.length > 0, { timeout: 30_000 });
  expect(isAtRest).toBe(false);
  expect(world.read(first).state).toBe("begun");
  gate.open();
  await resting;
  expect(world.read(first)).toMatchObject({ state: "done", answer: { removed: { events: 1 }, logs: 2 } });
  expect(world.countEvents()).toBe(0);
  expect(world.read(second).state).toBe("open");
  world.keeper.look();
  await world.keeper.rest();
  expect(world.read(second)).toMatchObject({ state: "done", answer: { removed: { events: 0 }, logs: 2 } });
  expect(asked).toEqual([BEFORE.before, BEFORE.before]);
  world.keeper.look();
  await world.keeper.rest();
  expect(asked).toHaveLength(2);
  expect(world.log.lines).toEqual([]);
});

test("one that fails is refused with the reason, and is no end of it", async () => {
  let isBroken = true;
  const world = await openHousekeeping(() =>
    isBroken ? Promise.reject(new Error("the folder is away")) : Promise.resolve(0),
  );
  const [first, second] = [await world.ask(BEFORE), await world.ask(BEFORE)];
  world.keeper.look();
  await world.keeper.rest();
  expect(world.read(first)).toMatchObject({ state: "refused", answer: { message: "the folder is away" } });
  expect(world.log.lines).toEqual([{ level: "error", message: "Pruning failed: the folder is away" }]);
  isBroken = false;
  world.keeper.look();
  await world.keeper.rest();
  expect(world.read(second)).toMatchObject({ state: "done" });
});

test("after a drain nothing begins", async () => {
  const world = await openHousekeeping();
  const id = await world.ask(BEFORE);
  world.drain.abort();
  world.keeper.look();
  await world.keeper.rest();
  expect(world.read(id).state).toBe("open");
  expect(world.countEvents()).toBe(1);
});

test("requests that cannot be read are looked at again", async () => {
  const world = await openHousekeeping();
  const id = await world.ask(BEFORE);
  await world.database.write((query) => query.run(sql`ALTER TABLE requests RENAME TO requests_away`));
  world.keeper.look();
  await world.keeper.rest();
  expect(world.log.lines).toEqual([
    {
      level: "error",
      message: expect.stringMatching(
        /^The requests could not be read; trying again\. .*no such table/,
      ) as string,
    },
  ]);
  await world.database.write((query) => query.run(sql`ALTER TABLE requests_away RENAME TO requests`));
  world.keeper.look();
  await world.keeper.rest();
  expect(world.read(id)).toMatchObject({ state: "done" });
});
