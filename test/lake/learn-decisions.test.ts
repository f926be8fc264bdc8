/** Ids without an object: manifests list them, and a database that was lost learns them from there. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { sql } from "../../state/sqlite/statement.ts";
import { listPlanned } from "../support/candidates.ts";
import { openTestWorld, type TestWorld } from "../support/test-world.ts";
import { addAll, learn, listKeys, makeIds, POLICY, record, startAsking, type Asking } from "./asking.ts";

const FIRST_DAY = "2026-11-23T09:00:00Z";
const LATER = { ...POLICY, logicalDate: "2026-11-24T09:00:00.000Z", runStamp: "20261124T090000000Z" };
const AFTER_RECHECK = { ...POLICY, logicalDate: "2026-12-01T09:00:00.000Z" };
const IDS = makeIds(6);
const [, , GONE = "", BROKEN = "", SHAKY = "", OPEN = ""] = IDS;

interface Decision {
  readonly outcome: "not_found" | "failed";
  readonly reason: string;
  readonly isPermanent: boolean;
}
const EARLY = "2026-11-23T09:00:02.000Z";
const LATE = "2026-11-23T09:00:03.000Z";
const NOT_FOUND: Decision = { outcome: "not_found", reason: "unknown", isPermanent: true };

async function decide(
  world: TestWorld,
  { ask }: Asking,
  askedId: string,
  decision = NOT_FOUND,
): Promise<void> {
  const fetchedAt = decision === NOT_FOUND ? LATE : EARLY;
  await world.ports.batches.decide({
    askId: ask.askId,
    generation: "0",
    askedId,
    detail: "",
    fetchedAt,
    ...decision,
  });
}

/** Two ids are stored, one is not found, two fail, one is not asked. */
async function askAll(): Promise<{ readonly world: TestWorld; readonly asking: Asking }> {
  const world = await openTestWorld();
  const asking = await startAsking(world, IDS, await world.makeRunFacts(FIRST_DAY));
  await addAll(
    asking.sink,
    IDS.slice(0, 2).map((id) => record(asking.ask, id)),
  );
  await decide(world, asking, GONE);
  await decide(world, asking, BROKEN, { outcome: "failed", reason: "status_400", isPermanent: true });
  await decide(world, asking, SHAKY, { outcome: "failed", reason: "status_500", isPermanent: false });
  await asking.sink.finish();
  return { world, asking };
}

async function openSecond(
  { folder }: TestWorld,
  name = "new.db",
): Promise<{ readonly world: TestWorld; readonly asking: Asking }> {
  const world = await openTestWorld({ folder, databaseFile: join(folder, name) });
  return { world, asking: await startAsking(world, IDS, await world.makeRunFacts(FIRST_DAY)) };
}

const plan = async ({ ports }: TestWorld, { ask }: Asking, policy = POLICY): Promise<readonly string[]> =>
  (await listPlanned(ports.batches.plan(ask, policy))).map(({ askedId }) => askedId);

async function findManifests(world: TestWorld): Promise<string[]> {
  return (await listKeys(world)).filter((key) => key.includes("/.manifest-"));
}

interface Manifest {
  readonly objects: readonly unknown[];
  readonly decided?: readonly (readonly unknown[])[];
}
const read = (world: TestWorld, key: string): Manifest =>
  JSON.parse(readFileSync(join(world.folder, "lake", key), "utf8")) as Manifest;

test("a manifest lists them with their day, and an empty database learns them", async () => {
  const { world: first } = await askAll();
  const [key = ""] = await findManifests(first);
  const day = "2026-11-23T09:00:00.000Z";
  expect(read(first, key).decided).toEqual([
    [GONE, "not_found", "unknown", true, "0", day, LATE],
    [BROKEN, "failed", "status_400", true, "0", day, EARLY],
    [SHAKY, "failed", "status_500", false, "0", day, EARLY],
  ]);

  const { world, asking } = await openSecond(first);
  expect(await learn(world, asking.run)).toMatchObject({ ids: 2, decidedIds: 3 });
  expect(await plan(world, asking, LATER)).toEqual([OPEN, SHAKY]);
  expect(await plan(world, asking, AFTER_RECHECK)).toEqual([GONE, BROKEN, OPEN, SHAKY]);
  expect(
    world.database.all(sql`SELECT asked_id, outcome, reason, logical_date FROM v_ids WHERE outcome <> 'stored'
      ORDER BY asked_id`),
  ).toEqual([
    { asked_id: GONE, outcome: "not_found", reason: "unknown", logical_date: day },
    { asked_id: BROKEN, outcome: "failed", reason: "status_400", logical_date: day },
    { asked_id: SHAKY, outcome: "failed", reason: "status_500", logical_date: day },
  ]);
  expect(world.database.all(sql`SELECT message FROM events WHERE kind = 'decisions_learnt'`)).toEqual([
    {
      message:
        "Manifests below Raw/Titles/ list 3 ids that were not found or failed before: now counted as asked.",
    },
  ]);
  expect(await learn(world, asking.run)).toMatchObject({ objects: 0, decidedIds: 0 });
});

test("each is listed once: again only when it was asked again", async () => {
  const { world, asking } = await askAll();
  await asking.sink.finish();
  expect(await findManifests(world)).toHaveLength(1);
  await decide(world, asking, SHAKY);
  await asking.sink.finish();
  const [, second = ""] = await findManifests(world);
  expect(read(world, second).objects).toEqual([]);
  expect(read(world, second).decided?.map((row) => row.slice(0, 2))).toEqual([[SHAKY, "not_found"]]);
  const { world: other, asking: again } = await openSecond(world);
  await learn(other, again.run);
  expect(await plan(other, again, LATER)).toEqual([OPEN]);
});

test("are in the next manifest if the one that listed them is gone", async () => {
  const { world, asking } = await askAll();
  const [key = ""] = await findManifests(world);
  rmSync(join(world.folder, "lake", key));
  await learn(world, asking.run);
  await asking.sink.finish();
  const [next = ""] = await findManifests(world);
  expect(read(world, next).decided?.map(([id]) => id)).toEqual([GONE, BROKEN, SHAKY]);
});

test("are not believed if the list was changed, and neither is the rest of such a manifest", async () => {
  const { world: first } = await askAll();
  const [key = ""] = await findManifests(first);
  const path = join(first.folder, "lake", key);
  writeFileSync(path, readFileSync(path, "utf8").replace(`["${GONE}"`, '["tt0000077"'));
  const { world, asking } = await openSecond(first);
  expect(await learn(world, asking.run)).toMatchObject({ ids: 2, decidedIds: 0, contradictedKeys: [] });
  expect(await plan(world, asking)).toEqual([GONE, BROKEN, SHAKY, OPEN]);
});

test("an answer stays, and of two decisions the later", async () => {
  const { world: first } = await askAll();
  const { world, asking } = await openSecond(first);
  // Another database stored one of them and decided another a day later.
  const later = await startAsking(world, IDS, await world.makeRunFacts("2026-11-24T09:00:00Z"), "later");
  await addAll(later.sink, [record(later.ask, GONE)]);
  await decide(world, later, BROKEN);
  await later.sink.finish();
  expect(await learn(world, asking.run)).toMatchObject({ decidedIds: 1 });
  expect(
    world.database.all(sql`SELECT asked_id, outcome, substr(logical_date, 1, 10) AS day FROM v_ids
      WHERE asked_id IN (${GONE}, ${BROKEN}, ${SHAKY}) ORDER BY asked_id`),
  ).toEqual([
    { asked_id: GONE, outcome: "stored", day: "2026-11-24" },
    { asked_id: BROKEN, outcome: "not_found", day: "2026-11-24" },
    { asked_id: SHAKY, outcome: "failed", day: "2026-11-23" },
  ]);
  // The first learns in its turn.
  expect(await learn(first, asking.run)).toMatchObject({ ids: 1, decidedIds: 1 });
});

test("what a manifest lists is learned before the manifest counts as known", async () => {
  const { world: first } = await askAll();
  const { world, asking } = await openSecond(first);
  const { objects } = world.ports;
  const dying = {
    ...objects,
    noteListed: () => Promise.reject(new Error("the process dies here")),
  };
  const request = { lake: world.lake, objects: dying, prefix: "Raw/Titles/" };
  await expect(learn(world, asking.run, request)).rejects.toThrow("dies here");
  expect(await learn(world, asking.run)).toMatchObject({ decidedIds: 3 });
});

test("ten thousand fill a manifest", async () => {
  const world = await openTestWorld();
  const many = makeIds(10_001);
  const asking = await startAsking(world, many, await world.makeRunFacts(FIRST_DAY));
  await Promise.all(many.map((id) => decide(world, asking, id)));
  await asking.sink.finish();
  const manifests = await findManifests(world);
  expect(manifests.map((key) => read(world, key).decided?.length)).toEqual([10_000, 1]);
});
