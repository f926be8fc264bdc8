/** What a derived table's key holds: planned, standing, replaced, and what the lake tells of it. */
import { expect, test } from "vitest";
import type { PlannedTable } from "../../../model/ports/table-store.ts";
import type { FoundObject } from "../../../model/ports/object-store.ts";
import { isNewer } from "../../../model/records/table-identity.ts";
import { sql } from "../../../state/sqlite/statement.ts";
import { openTestWorld, type TestWorld } from "../../support/test-world.ts";

const KEY = "Trusted/movies.parquet";

type Planner = (version: string) => PlannedTable;

async function openPlanner(world: TestWorld): Promise<Planner> {
  const run = await world.makeRunFacts("2026-11-23T09:00:00Z");
  return (version) => ({
    lakeId: world.lake.id,
    dataset: "trusted_movies",
    key: KEY,
    sha256: version.repeat(64),
    sizeBytes: 100,
    rowCount: 10,
    fingerprint: `fingerprint ${version}`,
    inputsDate: "2026-11-23T09:00:00.000Z",
    engine: "test 1",
    run,
    taskId: "movies",
  });
}

function findTable(version: string): FoundObject {
  return {
    key: KEY,
    kind: "file",
    dataset: "trusted_movies",
    sha256: version.repeat(64),
    sizeBytes: 100,
    etag: `etag ${version}`,
    logicalDate: "2026-11-24T09:00:00.000Z",
    answers: null,
    table: {
      fingerprint: `fingerprint ${version}`,
      inputsDate: "2026-11-24T00:00:00.000Z",
      rowCount: 7,
      engine: "e",
    },
  };
}

function listStates({ database }: TestWorld): readonly unknown[] {
  return database
    .all<{ state: string; sha256: string }>(sql`SELECT state, sha256 FROM table_contents ORDER BY content_id`)
    .map(({ state, sha256 }) => `${state} ${sha256[0] ?? ""}`);
}

test("a table is planned, stands, and is replaced; its object is the same row with other content", async () => {
  const world = await openTestWorld();
  const { tables, objects } = world.ports;
  const planTable = await openPlanner(world);
  const first = await tables.plan(planTable("a"));
  expect(await tables.findStanding(world.lake.id, KEY)).toBeUndefined();
  const objectId = await tables.commit(first, "etag a");
  expect(await tables.findStanding(world.lake.id, KEY)).toMatchObject({
    objectId,
    sha256: "a".repeat(64),
    rowCount: 10,
    fingerprint: "fingerprint a",
    logicalDate: "2026-11-23T09:00:00.000Z",
  });

  const second = await tables.plan(planTable("b"));
  expect((await objects.find(world.lake.id, KEY))?.sha256, "what stands stays recorded").toBe("a".repeat(64));
  expect(await tables.findPlanned(world.lake.id, KEY)).toMatchObject({ contentId: second });
  expect(await tables.commit(second, "etag b")).toBe(objectId);
  expect(await objects.find(world.lake.id, KEY)).toMatchObject({
    kind: "file",
    sha256: "b".repeat(64),
    etag: "etag b",
    isCommitted: true,
    isAdopted: false,
  });
  expect(listStates(world)).toEqual(["replaced a", "standing b"]);
});

test("a plan that is dropped leaves no trace, and a later plan takes an earlier one's place", async () => {
  const world = await openTestWorld();
  const { tables, objects } = world.ports;
  const planTable = await openPlanner(world);
  await tables.plan(planTable("a"));
  await tables.drop(await tables.plan(planTable("b")));
  expect(listStates(world)).toEqual([]);
  expect(await objects.find(world.lake.id, KEY)).toBeUndefined();
  await tables.commit(await tables.plan(planTable("c")), "etag");
  await tables.drop(await tables.plan(planTable("d")));
  expect(await objects.find(world.lake.id, KEY)).toMatchObject({ sha256: "c".repeat(64), isCommitted: true });
});

test("a put whose process died is recorded when the lake is learnt: nothing is gone, nothing adopted", async () => {
  const world = await openTestWorld();
  const { tables, objects } = world.ports;
  const planTable = await openPlanner(world);
  await tables.commit(await tables.plan(planTable("a")), "etag a");
  await tables.plan(planTable("b"));
  const adopted = await objects.adopt(world.lake.id, [findTable("b")]);
  expect(adopted).toMatchObject({ objects: 0, replaced: { keys: [] } });
  expect(listStates(world)).toEqual(["replaced a", "standing b"]);
  expect(await tables.findStanding(world.lake.id, KEY)).toMatchObject({
    sha256: "b".repeat(64),
    rowCount: 10,
  });
});

test("a table that another database has made again is adopted, and the old one counts as replaced", async () => {
  const world = await openTestWorld();
  const { tables, objects } = world.ports;
  const planTable = await openPlanner(world);
  await tables.commit(await tables.plan(planTable("a")), "etag a");
  const adopted = await objects.adopt(world.lake.id, [findTable("b")]);
  expect(adopted).toMatchObject({ objects: 1, replaced: { keys: [] } });
  expect(await tables.findStanding(world.lake.id, KEY)).toMatchObject({
    sha256: "b".repeat(64),
    rowCount: 7,
    inputsDate: "2026-11-24T00:00:00.000Z",
  });
  expect(listStates(world)).toEqual(["replaced a", "standing b"]);
});

test("other bytes without a table's metadata are no replacement: the table is gone", async () => {
  const world = await openTestWorld();
  const { tables, objects } = world.ports;
  const planTable = await openPlanner(world);
  await tables.commit(await tables.plan(planTable("a")), "etag a");
  const { table: _, ...foreign } = findTable("b");
  const adopted = await objects.adopt(world.lake.id, [{ ...foreign, kind: "foreign", dataset: null }]);
  expect(adopted.replaced.keys).toEqual([KEY]);
  expect(await tables.findStanding(world.lake.id, KEY)).toBeUndefined();
});

test("the newer of two tables has newer inputs, or the later run", () => {
  const age = (inputsDate: string, logicalDate: string) => ({ inputsDate, logicalDate });
  expect(isNewer(age("2", "1"), age("1", "2"))).toBe(true);
  expect(isNewer(age("1", "2"), age("1", "1"))).toBe(true);
  expect(isNewer(age("1", "1"), age("1", "1"))).toBe(false);
  expect(isNewer(age("1", "9"), age("2", "1"))).toBe(false);
});

test("objects that are read together are resolved once, until the task is cleared", async () => {
  const world = await openTestWorld();
  const run = await world.makeRunFacts("2026-11-23T09:00:00Z");
  await world.database.write((query) =>
    query.run(
      sql`INSERT INTO task_instances (dag_run_id, task_id, type, state, pool)
          VALUES (${run.dagRunId}, 'read', 'noop', 'running', 'default')`,
    ),
  );
  const put = (key: string, logicalDate: string): FoundObject => {
    const { table: _, ...file } = findTable("a");
    return { ...file, key, dataset: "days", logicalDate };
  };
  const need = { lakeId: world.lake.id, run, taskId: "read", dataset: "days" };
  const resolve = async (take: "newest_day" | "run_date" | "all") =>
    (await world.ports.inputs.resolveMany(need, take)).map(({ key }) => key);
  expect(await resolve("all")).toEqual([]);
  await world.ports.objects.adopt(world.lake.id, [
    put("d/2", "2026-11-23T23:00:00.000Z"),
    put("d/1", "2026-11-23T09:00:00.000Z"),
    put("d/3", "2026-11-25T09:00:00.000Z"),
  ]);
  expect(await resolve("all")).toEqual(["d/1", "d/2", "d/3"]);
  expect(await resolve("run_date"), "the day is that of the Dag's zone").toEqual(["d/1", "d/2"]);
  expect(await resolve("newest_day")).toEqual(["d/3"]);
  await world.ports.objects.adopt(world.lake.id, [put("d/4", "2026-11-25T10:00:00.000Z")]);
  expect(await resolve("newest_day")).toEqual(["d/3"]);
  expect(
    world.database.all(sql`SELECT source, key FROM v_inputs WHERE source = 'run_date' ORDER BY key`),
  ).toEqual([
    { source: "run_date", key: "d/1" },
    { source: "run_date", key: "d/2" },
  ]);
});
