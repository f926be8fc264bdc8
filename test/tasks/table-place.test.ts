/** The place of a table in the lake, without an engine: what stands there, whether it stays, and what a publication may replace. */
import { createHash } from "node:crypto";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { describeFile, describeTable } from "../../lake/protocol/identity-metadata.ts";
import type { AnyTaskType, Progress, RunFacts } from "../../model/ports/task-type.ts";
import { insertInto, sql } from "../../state/sqlite/statement.ts";
import { findNewestDate } from "../../tasks/sql-to-lake/choose-inputs.ts";
import { chooseParams } from "../../tasks/sql-to-lake/choose-params.ts";
import { describeEngineFault } from "../../tasks/sql-to-lake/engine-fault.ts";
import { computeFingerprint } from "../../tasks/sql-to-lake/fingerprint.ts";
import { mayStay } from "../../tasks/sql-to-lake/may-stay.ts";
import { findSqlFile, listReadDatasets, optionsSchema } from "../../tasks/sql-to-lake/options.ts";
import { publish, type NewTable } from "../../tasks/sql-to-lake/publish.ts";
import { lookAtStanding, type PlaceContext, type Standing } from "../../tasks/sql-to-lake/standing.ts";
import { runTask } from "../support/task-context.ts";
import { openTestWorld, type TestWorld } from "../support/test-world.ts";

const [KEY, DATASET] = ["Trusted/films.parquet", "trusted_films"];
const DAY = "2026-11-23T09:00:00.000Z";
const FREE: Standing = { is: "free" };

const hash = (text: string): string => createHash("sha256").update(text).digest("hex");

let world: TestWorld;
let run: RunFacts;
async function open(): Promise<void> {
  world = await openTestWorld({ prefixes: { [DATASET]: ["Trusted/"] } });
  run = await world.makeRunFacts(DAY);
}

/** Work with the context of an attempt. */
async function attempt<T>(
  work: (context: PlaceContext) => Promise<T>,
  onProgress?: (progress: Progress) => void,
): Promise<T> {
  const results: T[] = [];
  const type = {
    options: z.object({ key: z.string(), dataset: z.string() }),
    run: async (context: PlaceContext) => {
      results.push(await work(context));
      return {};
    },
  };
  const more = onProgress === undefined ? {} : { onProgress };
  const written = { key: KEY, dataset: DATASET };
  await runTask(type as unknown as AnyTaskType, world, { run, written, ...more });
  return results[0] as T;
}

const look = (): Promise<Standing> => attempt(lookAtStanding);

/** A table that was computed: its content is its text. */
function compute(text: string, fingerprint = `made of ${text}`): NewTable {
  const path = join(world.folder, `${hash(text)}.parquet`);
  writeFileSync(path, text);
  const identity = { fingerprint, inputsDate: DAY, rowCount: 3, engine: "test 1" };
  return { ...identity, path, sha256: hash(text), sizeBytes: text.length, contentType: "text/plain" };
}

async function put(text: string, metadata: Readonly<Record<string, string>>): Promise<void> {
  const body = Buffer.from(text);
  await world.lake.putBytes({ key: KEY, body, sha256: hash(text), metadata, contentType: "text/plain" });
}

/** As another program does it. */
function removeFile(): void {
  rmSync(join(world.folder, "lake", KEY));
}

const publishFrom = (standing: Standing, table: NewTable): Promise<number> =>
  attempt((context) => publish(context, table, standing));
const readEtag = async (): Promise<string | undefined> => (await world.lake.head(KEY))?.etag;
const findStanding = () => world.ports.tables.findStanding(world.lake.id, KEY);
const listEvents = (): readonly string[] =>
  world.database.all<{ kind: string }>(sql`SELECT kind FROM events`).map(({ kind }) => kind);

async function remove(text: string, key: string): Promise<void> {
  const facts = { kind: "file", dataset: DATASET, size_bytes: 1, left_out_ids: 0, record_key: "r" };
  const who = { why: "a mistake", requested_by: "ana", requested_at: DAY, record_body: "" };
  const row = { uid: key, lake: world.lake.id, key, sha256: hash(text), ...facts, ...who };
  await world.database.write((query) => query.run(insertInto("removals", row)));
}

describe("a publication", () => {
  beforeEach(open);
  test("puts the table where nothing is, and in the place of the one that stands", async () => {
    const first = await publishFrom(await look(), compute("1"));
    const standing = await look();
    expect(standing).toMatchObject({ is: "ours", table: { objectId: first, sha256: hash("1") } });
    expect(await publishFrom(standing, compute("2"))).toBe(first);
    expect((await world.lake.head(KEY))?.metadata).toMatchObject({
      sha256: hash("2"),
      "dagmar-fingerprint": "made of 2",
    });
    expect(await look()).toMatchObject({ is: "ours", table: { sha256: hash("2") }, etag: await readEtag() });
    expect(listEvents()).toEqual([]);
  });

  test("tells how much of the file is uploaded", async () => {
    const seen: Progress[] = [];
    const table = compute("x".repeat(100_000), "f");
    await attempt(
      (context) => publish(context, table, FREE),
      (progress) => seen.push(progress),
    );
    expect(seen.at(-1)).toEqual({ done: 100_000, total: 100_000, unit: "bytes", note: "uploading" });
  });

  test("is done if another process has put the same table there since", async () => {
    const table = compute("1");
    await put("1", describeTable(DATASET, DAY, table));
    await publishFrom(FREE, table);
    expect(await findStanding()).toMatchObject({ sha256: hash("1"), fingerprint: "made of 1" });
    expect(await world.ports.objects.find(world.lake.id, KEY)).toMatchObject({ etag: await readEtag() });
  });

  test.each([
    ["bytes", "2", "made of 1"],
    ["inputs", "1", "made of other films"],
  ])("is refused if another table was put there since, of other %s", async (_what, text, fingerprint) => {
    await put(text, describeTable(DATASET, DAY, compute(text, fingerprint)));
    const before = await readEtag();
    await expect(publishFrom(FREE, compute("1"))).rejects.toMatchObject({
      code: "TABLE_KEY_TAKEN",
      retryable: false,
      isForPerson: true,
    });
    expect(await readEtag()).toBe(before);
    expect(await world.ports.tables.findPlanned(world.lake.id, KEY)).toBeUndefined();
    expect(await findStanding()).toBeUndefined();
  });

  test("is refused if the standing table was replaced since", async () => {
    await publishFrom(FREE, compute("1"));
    const standing = await look();
    await publishFrom(standing, compute("2"));
    await expect(publishFrom(standing, compute("3"))).rejects.toMatchObject({ code: "TABLE_KEY_TAKEN" });
    expect(await findStanding()).toMatchObject({ sha256: hash("2") });
    expect(await world.ports.tables.findPlanned(world.lake.id, KEY)).toBeUndefined();
  });

  test("of what a user removed from that key is refused, and of what was removed from another is not", async () => {
    await remove("1", "Trusted/other.parquet");
    await publishFrom(FREE, compute("1"));
    await remove("2", KEY);
    await expect(publishFrom(await look(), compute("2"))).rejects.toMatchObject({
      code: "CONTENT_REMOVED",
      retryable: false,
      isForPerson: true,
      hint: expect.stringContaining(`dagmar lake rm ${KEY} --undo`) as string,
      message: expect.stringMatching(/ana removed from Trusted\/films.parquet .*"a mistake"/) as string,
    });
    expect(await findStanding()).toMatchObject({ sha256: hash("1") });
  });
});

describe("what stands", () => {
  beforeEach(open);
  test("is the table of an attempt whose process ended before it could record the put", async () => {
    const { path: _, contentType: __, ...table } = compute("1");
    const plan = { ...table, lakeId: world.lake.id, dataset: DATASET, key: KEY, run, taskId: "task" };
    await world.ports.tables.plan(plan);
    await put("1", {});
    expect(await look()).toMatchObject({ is: "ours", table: { fingerprint: "made of 1" } });
  });

  test("is the recorded table, also when its metadata is lost", async () => {
    await publishFrom(FREE, compute("1"));
    removeFile();
    writeFileSync(join(world.folder, "lake", KEY), "1");
    expect(await look()).toMatchObject({ is: "ours", table: { sha256: hash("1") } });
  });

  test("is a table of this dataset that another database has made", async () => {
    await put("1", describeTable(DATASET, DAY, compute("1")));
    expect(await look()).toMatchObject({
      is: "ours",
      table: { sha256: hash("1"), fingerprint: "made of 1" },
    });
    expect(await findStanding()).toMatchObject({ sha256: hash("1") });
  });

  test.each([
    ["a table of another dataset", (table: NewTable) => describeTable("other", DAY, table)],
    ["a file of this dataset that is no table", () => describeFile(DATASET, DAY)],
    ["an object of another program", () => ({})],
  ])("is foreign: %s", async (_what, make) => {
    await put("1", make(compute("1")));
    expect(await look()).toMatchObject({ is: "foreign", head: { key: KEY } });
    expect(await findStanding()).toBeUndefined();
  });

  test("is foreign if a user removed it, and it was put back", async () => {
    await remove("1", KEY);
    await put("1", describeTable(DATASET, DAY, compute("1")));
    expect(await look()).toMatchObject({ is: "foreign" });
  });

  test("is nothing where the recorded table is gone: it counts as missing, which one event says", async () => {
    await publishFrom(FREE, compute("1"));
    removeFile();
    expect(await look()).toEqual(FREE);
    expect(await look()).toEqual(FREE);
    expect(
      world.database.all(sql`SELECT level, kind, dag_id, task_id, data ->> '$.keys' AS keys FROM events`),
    ).toEqual([
      {
        level: "error",
        kind: "objects_missing",
        dag_id: "test_dag",
        task_id: "task",
        keys: JSON.stringify([KEY]),
      },
    ]);
    expect(await findStanding()).toBeUndefined();
  });
});

test("a table stays if it is the same, newer, or kept as the first one of its key; an event says why", async () => {
  await open();
  const [EARLIER, LATER] = ["2026-11-22T09:00:00.000Z", "2026-11-24T09:00:00.000Z"];
  const same = { fingerprint: "f", inputsDate: DAY, logicalDate: DAY };
  const changed = { ...same, fingerprint: "g" };
  const next = { fingerprint: "f", inputsDate: DAY, isKept: false };
  const kept = { ...next, isKept: true };
  const cases = [
    ["the same", same, next, null, true, []],
    ["changed", changed, next, null, false, []],
    ["with newer inputs", { ...changed, inputsDate: LATER }, next, null, true, ["table_is_newer"]],
    ["by a later run", { ...changed, logicalDate: LATER }, next, null, true, ["table_is_newer"]],
    ["with older inputs", { ...changed, inputsDate: EARLIER, logicalDate: LATER }, next, null, false, []],
    ["newer, in a refetch", { ...changed, inputsDate: LATER }, next, "1", false, []],
    ["kept", changed, kept, null, true, ["table_kept"]],
    ["kept, in a refetch", changed, kept, "1", true, ["table_kept"]],
  ] as const;
  for (const [which, table, made, refetchGeneration, stays, kinds] of cases) {
    run = { ...run, refetchGeneration };
    expect(await attempt((context) => mayStay(context, made, table)), which).toBe(stays);
    const events = world.database.all(
      sql`SELECT level, kind, task_id, data ->> '$.lake' AS lake, data ->> '$.key' AS key FROM events`,
    );
    const row = { level: "warn", task_id: "task", lake: world.lake.id, key: KEY };
    expect(events, which).toEqual(kinds.map((kind) => ({ ...row, kind })));
    await world.database.write((query) => query.run(sql`DELETE FROM events`));
  }
});

describe("the identity of a table", () => {
  const columns = { id: "varchar", title: "varchar" };
  const input = { dataset: "films", format: "json", columns };
  const written = {
    dataset: DATASET,
    key: KEY,
    inputs: { raw: input },
    sql: "select id, title from raw",
    columns,
  };
  const object = { key: "a", sha256: "1" };
  const other = { key: "b", sha256: "2" };

  function identify(
    change: object = {},
    objects: readonly object[] = [object, other],
    params: object = {},
  ): string {
    const options = optionsSchema.parse({ ...written, ...change });
    const inputs = [{ name: "raw", option: options.inputs["raw"], objects }];
    return computeFingerprint(options, inputs as never, params as never);
  }

  test("does not follow from the order of params, of objects or of an input's columns", () => {
    const turned = { title: "varchar", id: "varchar" };
    expect(identify({}, [other, object])).toBe(identify());
    expect(identify({ inputs: { raw: { ...input, columns: turned } } })).toBe(identify());
    expect(identify({}, [], { b: 1, a: 2 })).toBe(identify({}, [], { a: 2, b: 1 }));
  });

  test("follows from all that its content follows from", () => {
    const identities = [
      identify(),
      identify({ sql: "select id, title from raw limit 1" }),
      identify({ columns: { title: "varchar", id: "varchar" } }),
      identify({ columns: { ...columns, id: "bigint" } }),
      identify({ key: "Trusted/other.parquet" }),
      identify({ expect: [{ unique: ["id"] }] }),
      identify({ inputs: { raw: { ...input, columns: { id: "bigint", title: "varchar" } } } }),
      identify({ inputs: { raw: { dataset: "films", format: "csv" } } }),
      identify({ inputs: { raw: { dataset: "films", format: "csv", delimiter: ";" } } }),
      identify({ inputs: { raw: { dataset: "films", format: "csv", nulls: ["-"] } } }),
      identify({}, [object]),
      identify({}, [object, { ...other, key: "c" }]),
      identify({}, [object, { ...other, sha256: "3" }]),
      identify({}, [object, other], { a: 1 }),
      identify({}, [object, other], { a: 2 }),
    ];
    expect(new Set(identities).size).toBe(identities.length);
  });
});

test("the SQL gets the params that it names, and the run's day in the Dag's time zone", () => {
  const params = { least: 8, most: 9, ds: "given", Case: "c" };
  const facts = { params, logicalDate: "2026-11-24T02:00:00.000Z", timezone: "America/Sao_Paulo" };
  const choose = (...texts: readonly string[]) => chooseParams({ run: facts as never }, texts);
  expect(choose("select $least", "where note < $ds")).toEqual({ least: 8, ds: "2026-11-23" });
  expect(choose("select $Case, $leastly, $8")).toEqual({ Case: "c" });
  expect(choose("select 1")).toEqual({});
});

test("the date of a table's inputs is that of the newest object of any of them", () => {
  const input = (...dates: readonly string[]) => ({ objects: dates.map((logicalDate) => ({ logicalDate })) });
  const find = (...inputs: readonly object[]) => findNewestDate(inputs as never);
  expect(find(input("2026-11-22", "2026-11-24"), input("2026-11-23", ""))).toBe("2026-11-24");
  expect(find(input(), input(""))).toBe("");
});

test("an engine's fault names the task, the SQL's line, and objects instead of files", () => {
  const inputs = [{ files: ["/tmp/a/000001.csv", "/tmp/a/000002.csv"], keys: ["Raw/1.csv", "Raw/2.csv"] }];
  const place = { taskId: "films", sqlName: "sql/films.sql", inputs: inputs as never };
  const describeFault = (fault: object) =>
    describeEngineFault({ kind: "failure", line: null, hint: null, ...fault } as never, place);
  const message = "Line 5 of /tmp/a/000002.csv has too many fields.";
  expect(describeFault({ code: "SQL_FAILED", line: 7, message })).toMatchObject({
    code: "SQL_FAILED",
    retryable: false,
    message: "films: sql/films.sql: line 7: Line 5 of Raw/2.csv has too many fields. Nothing was published.",
    hint: undefined,
  });
  expect(describeFault({ code: "EXPECTATION_BROKEN", message: "No.", hint: "Look." })).toMatchObject({
    message: "films: No. Nothing was published.",
    hint: "Look.",
  });
  expect(describeFault({ code: "ENGINE_MISSING", message: "No.", hint: "Look." }).hint).toContain(
    "npm install @duckdb/node-api@",
  );
});

test("options with any fault name the datasets that are read, and the file with the SQL", () => {
  const films = { dataset: "films", format: "csv" };
  const list = (inputs: unknown) => listReadDatasets({ inputs: inputs as never });
  expect(list({ a: films, b: { ...films, dataset: "people" }, c: films })).toEqual(["films", "people"]);
  expect(list({ a: null, b: "films", c: [films], d: films })).toEqual(["films"]);
  expect([null, undefined, "films", [films]].map(list)).toEqual([[], [], [], []]);
  const find = (text: unknown) => findSqlFile({ sql: text as never });
  expect(["sql/films.sql", "SQL/FILMS.SQL"].map(find)).toEqual(["sql/films.sql", "SQL/FILMS.SQL"]);
  expect(["select 1", "a b.sql", "films.sqlite", ".sql", undefined, 7].map(find)).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});
