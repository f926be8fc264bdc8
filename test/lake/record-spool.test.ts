/** At most 64 MiB of answers are in the spool: what does not fit waits until something is stored. */
import { expect, test, vi } from "vitest";
import { makeGate } from "../scheduler/engine-world.ts";
import { sql } from "../../state/sqlite/statement.ts";
import { openTestWorld, type TestWorld } from "../support/test-world.ts";
import { addAll, makeIds, record, startAsking, type Asking } from "./asking.ts";

/** Seven fit, eight do not. Two never share an object. */
const BODY = Buffer.from(`{"text":"${"x".repeat(9_000_000)}"}`);
const FIT = 7;
const PATIENCE = { timeout: 60_000 };

/** Puts wait until they are opened. */
function holdPuts({ lake }: TestWorld) {
  const put = lake.putBytes.bind(lake);
  let gate = makeGate();
  lake.putBytes = async (request) => {
    await gate.opened;
    return put(request);
  };
  return {
    open: () => gate.open(),
    close: () => {
      gate = makeGate();
    },
  };
}

function adds({ ask, sink }: Asking, ids: readonly string[], structure = "one") {
  return addAll(
    sink,
    ids.map((id) => record(ask, id, { body: BODY, structure })),
  );
}

/** Everything that can happen without a put has happened. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) await new Promise(setImmediate);
}

async function waits(adding: Promise<void>): Promise<boolean> {
  let isAdded = false;
  void adding.then(() => (isAdded = true));
  await settle();
  return !isAdded;
}

test("what does not fit waits for a put, and afterwards there is the same room again", async () => {
  const world = await openTestWorld();
  const ids = makeIds(2 * FIT + 2);
  const asking = await startAsking(world, ids, await world.makeRunFacts("2026-11-23T09:00:00Z"));
  const puts = holdPuts(world);
  await adds(asking, ids.slice(0, FIT));
  const eighth = adds(asking, ids.slice(FIT, FIT + 1));
  expect(await waits(eighth)).toBe(true);
  puts.open();
  await eighth;
  await asking.sink.finish();

  puts.close();
  await adds(asking, ids.slice(FIT + 1, 2 * FIT + 1));
  const last = adds(asking, ids.slice(2 * FIT + 1));
  expect(await waits(last)).toBe(true);
  puts.open();
  await last;
  await asking.sink.finish();
  expect(asking.sink.stats).toMatchObject({ objects: ids.length + 2, records: ids.length });
});

test("what a dead run has sealed counts until it is stored, and only once", async () => {
  const world = await openTestWorld();
  const ids = makeIds(2 * FIT + 1);
  const dead = await startAsking(world, ids, await world.makeRunFacts("2026-11-22T09:00:00Z"));
  const put = world.lake.putBytes.bind(world.lake);
  let hanging = 0;
  world.lake.putBytes = () => new Promise(() => (hanging += 1));
  await adds(dead, ids.slice(0, FIT));
  // As many as are put at once: no other one of its puts begins.
  await vi.waitUntil(() => hanging === 4, PATIENCE);
  world.lake.putBytes = put;
  const puts = holdPuts(world);
  const next = await startAsking(world, ids, await world.makeRunFacts("2026-11-23T09:00:00Z"));
  puts.open();
  await next.sink.recover();
  puts.close();
  await adds(next, ids.slice(FIT, 2 * FIT));
  const over = adds(next, ids.slice(2 * FIT));
  expect(await waits(over)).toBe(true);
  puts.open();
  await over;
  await next.sink.finish();
});

test("open batches that fill the spool alone are closed", async () => {
  const world = await openTestWorld();
  const ids = makeIds(FIT + 1);
  const asking = await startAsking(world, ids, await world.makeRunFacts("2026-11-23T09:00:00Z"));
  const puts = holdPuts(world);
  const countSealed = (): number | undefined =>
    world.database.get<{ n: number }>(sql`SELECT count(*) AS n FROM batches`)?.n;
  for (const [index, id] of ids.slice(0, FIT).entries()) await adds(asking, [id], `form ${index}`);
  expect(countSealed()).toBe(0);
  const last = adds(asking, ids.slice(FIT), "form 8");
  expect(await waits(last)).toBe(true);
  await vi.waitUntil(() => countSealed() === FIT, PATIENCE);
  puts.open();
  await last;
  await asking.sink.finish();
  expect(asking.sink.stats).toMatchObject({ records: ids.length });
});
