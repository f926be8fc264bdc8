/** What counts as stored is compared with the store: objects that are gone, changed, without metadata, or doubled. */
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { describeFile } from "../../lake/protocol/identity-metadata.ts";
import type { Lake, ObjectSummary } from "../../model/ports/lake.ts";
import { sql } from "../../state/sqlite/statement.ts";
import { openTestWorld, type TestWorld } from "../support/test-world.ts";
import { addAll, learn, listKeys, makeIds, POLICY, record, startAsking, type Asking } from "./asking.ts";
import { listPlanned } from "../support/candidates.ts";
import { renameFilesAsBefore, renameKeysAsBefore } from "./old-names.ts";

const AT = "2026-11-23T09:00:00Z";
const FOLDER = "Raw/Titles/2026/11/23";
const FIRST = `${FOLDER}/titles-20261123T090000000Z-00001.json`;
const SECOND = `${FOLDER}/titles-20261123T090000000Z-00002.json`;
const MANIFEST = `${FOLDER}/.manifest-20261123T090000000Z-test_dag-movies-1.lake`;

interface Stored extends Asking {
  readonly world: TestWorld;
  readonly ids: readonly string[];
  readonly path: (key: string) => string;
  readonly metaPath: (key: string) => string;
}

/** 150 ids in two objects and a manifest. */
async function storeTitles(ids: readonly string[] = makeIds(150)): Promise<Stored> {
  const world = await openTestWorld();
  const asking = await startAsking(world, ids, await world.makeRunFacts(AT));
  await addAll(
    asking.sink,
    ids.map((id) => record(asking.ask, id)),
  );
  await asking.sink.finish();
  const path = (key: string) => join(world.folder, "lake", key);
  return { ...asking, world, ids, path, metaPath: (key) => findMeta(path(key)) };
}

function findMeta(path: string): string {
  const cut = path.lastIndexOf("/") + 1;
  return `${path.slice(0, cut)}.meta-${path.slice(cut)}.lake`;
}

/** An empty database on the same lake. */
async function openSecond(world: TestWorld, ids: readonly string[], name = "new.db"): Promise<Stored> {
  const second = await openTestWorld({ folder: world.folder, databaseFile: join(world.folder, name) });
  const asking = await startAsking(second, ids, await second.makeRunFacts(AT));
  const path = (key: string) => join(world.folder, "lake", key);
  return { ...asking, world: second, ids, path, metaPath: (key) => findMeta(path(key)) };
}

const planIds = async ({ world, ask }: Stored): Promise<readonly string[]> =>
  (await listPlanned(world.ports.batches.plan(ask, POLICY))).map(({ askedId }) => askedId);

function listEvents({ world }: Stored): readonly string[] {
  return world.database.all<{ kind: string }>(sql`SELECT kind FROM events`).map(({ kind }) => kind);
}

/** What a task does: learn, finish what is left, ask what is planned. */
async function runAgain(stored: Stored, run = stored.run): Promise<Asking> {
  const { world, ids } = stored;
  await learn(world, run);
  const asking = await startAsking(world, ids, run);
  await asking.sink.recover();
  const planned = await listPlanned(world.ports.batches.plan(asking.ask, POLICY));
  await addAll(
    asking.sink,
    planned.map(({ askedId }) => record(asking.ask, askedId)),
  );
  await asking.sink.finish();
  return asking;
}

describe("an object that the store no longer holds as recorded", () => {
  const cases: readonly (readonly [string, (stored: Stored) => void, string])[] = [
    ["deleted", ({ path }) => rmSync(path(SECOND)), "objects_missing"],
    [
      "deleted with its metadata",
      ({ path, metaPath }) => {
        rmSync(path(SECOND));
        rmSync(metaPath(SECOND));
      },
      "objects_missing",
    ],
    ["of another size", ({ path }) => writeFileSync(path(SECOND), "[]\n"), "objects_replaced"],
    [
      "of the same size with other bytes",
      ({ path }) => writeFileSync(path(SECOND), readFileSync(path(SECOND), "utf8").toUpperCase()),
      "objects_replaced",
    ],
  ];
  test.each(cases)("(%s) does not count as stored: its ids are asked again", async (_name, spoil, event) => {
    const stored = await storeTitles();
    spoil(stored);
    const lesson = await learn(stored.world, stored.run);
    expect(lesson.lostIds).toBe(50);
    expect(await planIds(stored)).toEqual(stored.ids.slice(100));
    expect(listEvents(stored)).toContain(event);
    expect(
      stored.world.database.all(
        sql`SELECT DISTINCT outcome, reason, detail FROM v_ids WHERE asked_id > 'tt0000100'`,
      ),
    ).toEqual([{ outcome: "failed", reason: "object_missing", detail: SECOND }]);

    const again = await runAgain(stored);
    expect(await stored.world.ports.batches.reconcile(again.ask)).toMatchObject({ stored: 150, failed: 0 });
    expect(await planIds(stored)).toEqual([]);
    expect(await learn(stored.world, stored.run)).toMatchObject({ objects: 0, lostIds: 0, missingKeys: [] });
  });

  test("and comes back later is stored again, and what was asked meanwhile counts as doubled", async () => {
    const stored = await storeTitles();
    const aside = `${stored.world.folder}/aside`;
    copyFileSync(stored.path(SECOND), aside);
    rmSync(stored.path(SECOND));
    await learn(stored.world, stored.run);
    copyFileSync(aside, stored.path(SECOND));
    expect(await learn(stored.world, stored.run)).toMatchObject({ objects: 1, ids: 50, doubledIds: 0 });
    expect(await planIds(stored)).toEqual([]);
  });

  test("and comes back after its manifest was lost too stands in the next manifest", async () => {
    const stored = await storeTitles();
    const listManifests = () =>
      readdirSync(stored.path(FOLDER)).filter((name) => name.startsWith(".manifest-"));
    const before = listManifests();
    expect(before).toHaveLength(1);
    const aside = `${stored.world.folder}/aside`;
    copyFileSync(stored.path(SECOND), aside);
    rmSync(stored.path(SECOND));
    for (const name of before) rmSync(stored.path(`${FOLDER}/${name}`));
    await learn(stored.world, stored.run);
    copyFileSync(aside, stored.path(SECOND));
    await runAgain(stored);
    const listed = listManifests().flatMap((name) => {
      const manifest = JSON.parse(readFileSync(stored.path(`${FOLDER}/${name}`), "utf8")) as {
        readonly objects: readonly { readonly key: string }[];
      };
      return manifest.objects.map(({ key }) => key);
    });
    expect(listed).toEqual([FIRST, SECOND]);
  });

  test("is not taken for gone because a list omits it: it is requested by its key", async () => {
    const stored = await storeTitles();
    const { lake } = stored.world;
    const list = lake.list.bind(lake);
    const cut = async function* (prefix: string): AsyncIterable<ObjectSummary> {
      for await (const summary of list(prefix)) if (summary.key !== SECOND) yield summary;
    };
    Object.assign(lake, { list: cut } satisfies Partial<Lake>);
    expect(await learn(stored.world, stored.run)).toMatchObject({ lostIds: 0, missingKeys: [] });
    expect(await planIds(stored)).toEqual([]);
  });

  test("is not decided from a listing that breaks off", async () => {
    const stored = await storeTitles();
    rmSync(stored.path(SECOND));
    const { lake } = stored.world;
    const list = lake.list.bind(lake);
    const broken = async function* (prefix: string): AsyncIterable<ObjectSummary> {
      for await (const summary of list(prefix)) {
        yield summary;
        throw new Error("the connection broke");
      }
    };
    Object.assign(lake, { list: broken } satisfies Partial<Lake>);
    await expect(learn(stored.world, stored.run)).rejects.toThrow("the connection broke");
    expect(await planIds(stored)).toEqual([]);
  });

  test("is found missing also if its key is outside the prefix that the task writes to now", async () => {
    const stored = await storeTitles();
    rmSync(stored.path(SECOND));
    const lesson = await learn(stored.world, stored.run, { prefix: "Raw/Titles2/" });
    expect(lesson).toMatchObject({ lostIds: 50, missingKeys: [SECOND] });
  });

  test("and is a manifest is written again under the next number", async () => {
    const stored = await storeTitles();
    rmSync(stored.path(MANIFEST));
    await runAgain(stored);
    const keys = await listKeys(stored.world);
    const manifests = keys.filter((key) => key.includes(".manifest-"));
    expect(manifests).toEqual([MANIFEST.replace("-1.lake", "-2.lake")]);
    const manifest = JSON.parse(readFileSync(stored.path(manifests[0] ?? ""), "utf8")) as {
      objects: unknown[];
    };
    expect(manifest.objects).toMatchObject([{ key: FIRST }, { key: SECOND }]);
  });

  test("only because it was written once more with the same bytes is stored as before", async () => {
    const stored = await storeTitles();
    for (const key of [FIRST, SECOND, MANIFEST]) utimesSync(stored.path(key), 1, 1);
    expect(await learn(stored.world, stored.run)).toMatchObject({ objects: 0, lostIds: 0 });
    const reads = countReads(stored.world.lake);
    expect(await learn(stored.world, stored.run)).toMatchObject({ objects: 0, lostIds: 0 });
    expect(reads()).toBe(0);
  });
});

describe("a file that was written once more", () => {
  const KEY = "Raw/Titles/movies.csv";
  const TEXT = "tconst|titulo\n";

  async function storeFile() {
    const world = await openTestWorld();
    const { lake, ports } = world;
    const body = Buffer.from(TEXT);
    const sha256 = createHash("sha256").update(body).digest("hex");
    const run = await world.makeRunFacts(AT);
    const metadata = describeFile("titles", run.logicalDate);
    await lake.putBytes({ key: KEY, body, sha256, metadata, contentType: "text/csv" });
    await learn(world, run);
    // As if a task had read it.
    await world.database.write((query) => query.run(sql`UPDATE objects SET is_adopted = 0`));
    const path = join(world.folder, "lake", KEY);
    const isUnread = () =>
      world.database.get<{ is_adopted: number }>(sql`SELECT is_adopted FROM objects WHERE key = ${KEY}`)
        ?.is_adopted;
    const { objects } = ports;
    return { world, run, path, isUnread, objects };
  }

  test("is not read here: it counts as stored, and as unread until a task uses it", async () => {
    const { world, run, path, isUnread } = await storeFile();
    writeFileSync(path, TEXT.toUpperCase());
    utimesSync(path, 1, 1);
    let gets = 0;
    const get = world.lake.get.bind(world.lake);
    Object.assign(world.lake, { get: (...given: Parameters<typeof get>) => ((gets += 1), get(...given)) });
    expect(await learn(world, run)).toMatchObject({ objects: 0, replacedKeys: [], unclaimedKeys: [] });
    expect([gets, isUnread()]).toEqual([0, 1]);
  });

  test("is replaced if its metadata names other bytes", async () => {
    const { world, run, path } = await storeFile();
    rmSync(path);
    const other = Buffer.from(TEXT.toUpperCase());
    const sha256 = createHash("sha256").update(other).digest("hex");
    const metadata = describeFile("titles", run.logicalDate);
    await world.lake.putBytes({ key: KEY, body: other, sha256, metadata, contentType: "text/csv" });
    expect(await learn(world, run)).toMatchObject({
      objects: 1,
      replacedKeys: [KEY],
      unclaimedKeys: [],
    });
  });

  test("and has lost its metadata counts as stored", async () => {
    const { world, run, path, isUnread } = await storeFile();
    rmSync(findMeta(path));
    utimesSync(path, 1, 1);
    expect(await learn(world, run)).toMatchObject({ objects: 0, replacedKeys: [], unclaimedKeys: [] });
    expect(isUnread()).toBe(1);
  });
});

function countReads(lake: Lake): () => number {
  let reads = 0;
  for (const name of ["head", "get"] as const) {
    const call = lake[name].bind(lake) as (key: string) => Promise<never>;
    Object.assign(lake, {
      [name]: (key: string) => {
        reads += 1;
        return call(key);
      },
    });
  }
  return () => reads;
}

test("objects that are as recorded cost one listing and no request for an object", async () => {
  const stored = await storeTitles();
  const reads = countReads(stored.world.lake);
  await learn(stored.world, stored.run);
  expect(reads()).toBe(0);
});

const bare: readonly (readonly [string, readonly string[]])[] = [
  ["one of two", [SECOND]],
  ["all records", [FIRST, SECOND]],
  ["all, the manifest's too", [FIRST, SECOND, MANIFEST]],
];

describe("an object whose metadata is gone", () => {
  test.each(bare)(
    "(%s) is known by the manifest that lists it: nothing is asked again",
    async (_name, keys) => {
      const stored = await storeTitles();
      for (const key of keys) rmSync(stored.metaPath(key));
      const second = await openSecond(stored.world, stored.ids);
      const lesson = await learn(second.world, second.run);
      expect(lesson).toMatchObject({ objects: 3, ids: 150, byManifest: keys.length, unclaimedKeys: [] });
      expect(await planIds(second)).toEqual([]);
      expect(await learn(second.world, second.run)).toMatchObject({ objects: 0, unclaimedKeys: [] });
    },
  );

  test("is reported once if no manifest lists it, and its ids are asked", async () => {
    const stored = await storeTitles();
    for (const key of [SECOND, MANIFEST]) rmSync(stored.metaPath(key));
    rmSync(stored.path(MANIFEST));
    const second = await openSecond(stored.world, stored.ids);
    expect(await learn(second.world, second.run)).toMatchObject({ ids: 100, unclaimedKeys: [SECOND] });
    expect(listEvents(second)).toEqual(["objects_adopted", "objects_unclaimed"]);
    expect(await planIds(second)).toEqual(stored.ids.slice(100));
    expect(await learn(second.world, second.run)).toMatchObject({ objects: 0, unclaimedKeys: [] });
  });

  test("is recognised as soon as a manifest lists it", async () => {
    const stored = await storeTitles();
    rmSync(stored.metaPath(SECOND));
    const aside = `${stored.world.folder}/manifest`;
    copyFileSync(stored.path(MANIFEST), aside);
    rmSync(stored.path(MANIFEST));
    const second = await openSecond(stored.world, stored.ids);
    await learn(second.world, second.run);
    copyFileSync(aside, stored.path(MANIFEST));
    expect(await learn(second.world, second.run)).toMatchObject({ objects: 2, ids: 50, byManifest: 1 });
  });

  test("and whose bytes differ from the manifest's is reported so and not changed", async () => {
    const stored = await storeTitles();
    rmSync(stored.metaPath(SECOND));
    writeFileSync(stored.path(SECOND), readFileSync(stored.path(SECOND), "utf8").toUpperCase());
    const second = await openSecond(stored.world, stored.ids);
    expect(await learn(second.world, second.run)).toMatchObject({
      ids: 100,
      contradictedKeys: [SECOND],
      unclaimedKeys: [],
    });
    expect(listEvents(second)).toContain("objects_contradicted");
    expect(await planIds(second)).toEqual(stored.ids.slice(100));
  });

  test("and that has the key of a sealed batch is committed if its bytes are the batch's", async () => {
    const world = await openTestWorld();
    const first = await startAsking(world, makeIds(1), await world.makeRunFacts(AT));
    await first.sink.add(record(first.ask, "tt0000001"));
    await first.sink.abandon();
    const [sealed] = await world.ports.batches.listSealed(world.lake.id, "titles");
    mkdirSync(join(world.folder, "lake", FOLDER), { recursive: true });
    writeFileSync(
      join(world.folder, "lake", FIRST),
      await world.ports.batches.readBody(sealed?.batchId ?? 0),
    );
    const second = await startAsking(world, makeIds(1), first.run);
    await second.sink.recover();
    expect((await listKeys(world)).filter((key) => !key.includes(".manifest-"))).toEqual([FIRST]);
  });
});

describe("a lake whose own files have the names of before 0.2", () => {
  test("is as recorded: nothing is missing, adopted or read", async () => {
    const stored = await storeTitles();
    renameFilesAsBefore(join(stored.world.folder, "lake/Raw"));
    renameKeysAsBefore(stored.world.database.path);
    const reads = countReads(stored.world.lake);
    expect(await learn(stored.world, stored.run)).toMatchObject({ objects: 0, missingKeys: [] });
    expect(reads()).toBe(0);
    expect(await planIds(stored)).toEqual([]);
  });

  test.each(bare)("is learned by an empty database, also without metadata (%s)", async (_name, keys) => {
    const stored = await storeTitles();
    for (const key of keys) rmSync(stored.metaPath(key));
    renameFilesAsBefore(join(stored.world.folder, "lake/Raw"));
    const second = await openSecond(stored.world, stored.ids);
    const lesson = await learn(second.world, second.run);
    expect(lesson).toMatchObject({ objects: 3, ids: 150, byManifest: keys.length, unclaimedKeys: [] });
    expect(await planIds(second)).toEqual([]);
    await runAgain(second);
    expect((await listKeys(second.world)).filter((key) => key.includes("manifest-"))).toHaveLength(1);
  });
});

describe("manifests after a restore", () => {
  test("what an existing manifest lists is listed by no other", async () => {
    const world = await openTestWorld();
    const ids = makeIds(150);
    const run = await world.makeRunFacts(AT);
    const first = await startAsking(world, ids, run);
    await addAll(
      first.sink,
      ids.slice(0, 100).map((id) => record(first.ask, id)),
    );
    // One object is committed and no manifest lists it yet.
    await first.sink.abandon();
    await expect.poll(async () => (await listKeys(world)).length).toBe(1);
    await world.database.backup(join(world.folder, "older.db"));
    await addAll(
      first.sink,
      ids.slice(100).map((id) => record(first.ask, id)),
    );
    await first.sink.finish();

    const second = await openTestWorld({
      folder: world.folder,
      databaseFile: join(world.folder, "older.db"),
    });
    const stored = { ...first, world: second, ids, path: String, metaPath: String };
    const before = await listKeys(world);
    await runAgain(stored);
    expect(await listKeys(world)).toEqual(before);
  });
});

describe("two databases on one lake", () => {
  test("double nothing if their keys collide: what the other has stored is adopted and left out", async () => {
    const ids = makeIds(230);
    const one = await storeNothing(ids);
    const other = await openSecond(one.world, ids, "other.db");
    for (const asking of [one, other]) await learn(asking.world, asking.run);
    // Both have asked for the same ids, cut into other batches, before either has put an object.
    await addAll(
      one.sink,
      ids.slice(0, 130).map((id) => record(one.ask, id)),
    );
    await one.sink.finish();
    await addAll(
      other.sink,
      ids.slice(60).map((id) => record(other.ask, id)),
    );
    await other.sink.finish();
    expect(other.sink.lessons).toBeGreaterThan(0);
    expect(await planIds(other)).toEqual([]);
    const copies = new Map<string, number>();
    for (const name of readdirSync(join(one.world.folder, "lake", FOLDER))) {
      if (!name.startsWith("titles-")) continue;
      const records = JSON.parse(readFileSync(one.path(`${FOLDER}/${name}`), "utf8")) as {
        imdb_id: string;
      }[];
      for (const { imdb_id: id } of records) copies.set(id, (copies.get(id) ?? 0) + 1);
    }
    expect([...copies.keys()].toSorted()).toEqual(ids);
    expect([...new Set(copies.values())]).toEqual([1]);
    expect(listEvents(other)).toContain("ids_left_out");
    // Batches that were given up are not among its objects.
    expect(other.sink.stats).toMatchObject({ records: 100 });
    expect(await other.world.ports.batches.reconcile(other.ask)).toMatchObject({
      stored: 100,
      alreadyStored: 130,
    });
  });

  test("that doubled ids nevertheless keep them as pairs, and each pair is reported once", async () => {
    const stored = await storeTitles();
    // As a database that began at another instant wrote it: another stamp, so that no keys collide.
    const second = await openTestWorld({ folder: `${stored.world.folder}/second` });
    const run = await second.makeRunFacts("2026-11-23T10:00:00Z");
    const asking = await startAsking(second, stored.ids, run);
    await addAll(
      asking.sink,
      stored.ids.slice(0, 30).map((id) => record(asking.ask, id)),
    );
    await asking.sink.finish();
    const theirs = join(second.folder, "lake", FOLDER);
    for (const name of readdirSync(theirs))
      copyFileSync(join(theirs, name), stored.path(`${FOLDER}/${name}`));

    expect(await learn(stored.world, stored.run)).toMatchObject({ objects: 2, ids: 0, doubledIds: 30 });
    expect(await learn(stored.world, stored.run)).toMatchObject({ doubledIds: 0 });
    expect(
      stored.world.database.all(
        sql`SELECT key, other_key, count(*) AS ids FROM v_doubles GROUP BY key, other_key`,
      ),
    ).toEqual([{ key: FIRST.replace("T09", "T10"), other_key: FIRST, ids: 30 }]);

    // The first object is deleted by hand: the ids that the second one holds stay stored.
    rmSync(stored.path(FIRST));
    expect(await learn(stored.world, stored.run)).toMatchObject({ lostIds: 70 });
    expect(await planIds(stored)).toEqual(stored.ids.slice(30, 100));
    expect(stored.world.database.all(sql`SELECT * FROM v_doubles`)).toEqual([]);
  });
});

async function storeNothing(ids: readonly string[]): Promise<Stored> {
  const world = await openTestWorld();
  const asking = await startAsking(world, ids, await world.makeRunFacts(AT));
  const path = (key: string) => join(world.folder, "lake", key);
  return { ...asking, world, ids, path, metaPath: (key) => findMeta(path(key)) };
}
