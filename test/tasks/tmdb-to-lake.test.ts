/** The task type whole: the real client against the simulator on loopback, a real database and a real folder lake. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Progress } from "../../model/ports/task-type.ts";
import { createTmdbToLake } from "../../tasks/tmdb-to-lake/index.ts";
import { openTmdbSource } from "../../tasks/tmdb-to-lake/tmdb-source.ts";
import { createHandClock } from "../support/hand-clock.ts";
import { runTask } from "../support/task-context.ts";
import { openTestWorld, silentLog } from "../support/test-world.ts";
import { failure, FOLDER, IDS, makeIds, makeTmdbWorld, openTmdbWorld, WRITTEN } from "./tmdb-world.ts";

const MANIFEST = `${FOLDER}/.manifest-20261123T090000000Z-test_dag-task-1.lake`;

test("a person reads of each outcome, and of the requests", () => {
  const settings = { baseUrl: "https://api.example/3", token: "t", apiKey: undefined, ratePerSecond: 1 };
  const type = createTmdbToLake(
    openTmdbSource(settings, { clock: createHandClock(), log: silentLog, random: () => 0 }),
  );
  const sums = { asked: 1237, stored: 1, already_stored: 1234, not_found: 2, failed: 0, remaining: 0 };
  expect(type.describeOutput?.({ ...sums, objects: 1, requests: 3 })).toBe(
    "1 stored, 1,234 already stored, 2 not found, 0 failed; 3 requests",
  );
});

describe("a first run", () => {
  test("stores every title once, at most 100 an object, with a manifest that accounts for all", async () => {
    const world = await openTmdbWorld();
    const ids = makeIds(130);
    const output = await world.ask(await world.makeRunFacts("2026-11-23T09:00:00Z"), { ids });
    expect(output).toEqual({
      asked: 130,
      stored: 130,
      already_stored: 0,
      not_found: 0,
      failed: 0,
      remaining: 0,
      objects: 3,
      requests: 130,
    });
    expect(await world.listKeys()).toEqual([
      MANIFEST,
      `${FOLDER}/movies-20261123T090000000Z-00001.json`,
      `${FOLDER}/movies-20261123T090000000Z-00002.json`,
    ]);
    const stored = await world.listStored();
    expect(stored.map((object) => object.length)).toEqual([100, 30]);
    expect(stored.flat().toSorted()).toEqual(ids);
    const manifest = JSON.parse(readFileSync(join(world.folder, "lake", MANIFEST), "utf8")) as unknown;
    expect(manifest).toMatchObject({
      source: { key: "Raw/CSV/movies.csv" },
      question: { base_url: world.tmdb.url, entity: "movie", language: "en-US", append: [] },
      reconciliation: { asked: 130, stored: 130, remaining: 0 },
      record_count: 130,
    });
  });

  test("writes the manifest as the first release did, byte for byte: readers of a lake rely on it", async () => {
    const world = await openTmdbWorld();
    const written = { language: "pt-BR", append: ["keywords", "credits"] };
    await world.ask(await world.makeRunFacts("2026-11-23T09:00:00Z"), { ids: IDS.slice(0, 1), written });
    const text = readFileSync(join(world.folder, "lake", MANIFEST), "utf8");
    const neutral = text
      .replace(world.tmdb.url, "ADDRESS")
      .replaceAll(/[0-9a-f]{32,64}/g, "HEX")
      .replace(/"size_bytes":\d+/, '"size_bytes":0')
      .replace(/\["tt0000002",\d+,/, '["tt0000002",1,');
    expect(neutral).toMatchInlineSnapshot(`
      "{
        "dataset": "tmdb_movies",
        "dag_id": "test_dag",
        "run_id": "manual__2026-11-23T09:00:00.000Z",
        "task_id": "task",
        "logical_date": "2026-11-23T09:00:00.000Z",
        "source": {
          "key": "Raw/CSV/movies.csv",
          "sha256": "HEXtt0000002"
        },
        "question": {
          "hash": "HEX",
          "base_url": "ADDRESS",
          "entity": "movie",
          "language": "pt-BR",
          "append": [
            "credits",
            "keywords"
          ]
        },
        "reconciliation": {
          "asked": 1,
          "stored": 1,
          "already_stored": 0,
          "not_found": 0,
          "failed": 0,
          "remaining": 0
        },
        "object_count": 1,
        "record_count": 1,
        "record_columns": [
          "asked_id",
          "provider_id",
          "endpoint",
          "fetched_at"
        ],
        "objects": [
      {"key":"Raw/TMDB/2026/11/23/movies-20261123T090000000Z-00001.json","sha256":"HEX","size_bytes":0,"record_count":1,"batch":"HEX","generation":"0","structure":"dfa2eda7cd121ce2","records":[["tt0000002",1,"/movie/{imdb_id}","2026-11-23T09:00:00.000Z"]]}
        ]
      }
      "
    `);
  });

  test("shows the ids that are done, out of all, and the ones that were not found", async () => {
    const world = await openTmdbWorld({ knownIds: IDS.slice(0, 8) });
    const steps: Progress[] = [];
    await world.ask(await world.makeRunFacts("2026-11-23T09:00:00Z"), {
      onProgress: (step) => steps.push(step),
    });
    expect(steps[0]).toMatchObject({ done: 0, total: 10, unit: "ids" });
    expect(steps.at(-1)).toMatchObject({ done: 10, total: 10 });
    expect(steps.at(-1)?.note).toMatch(/^[\d.]+\/s, 2 not found$/);
  });

  test("of series asks by way of /find and stores the series' records", async () => {
    const world = await openTmdbWorld({ kindOf: () => "tv" });
    const written = { dataset: "tmdb_series", entity: "series", append: ["external_ids"] };
    const output = await world.ask(await world.makeRunFacts("2026-11-23T09:00:00Z"), { written });
    expect(output).toMatchObject({ stored: 10, requests: 20 });
    expect((await world.listStored()).flat().toSorted()).toEqual(IDS);
  });

  test("of no ids stores nothing and succeeds", async () => {
    const world = await openTmdbWorld();
    const output = await world.ask(await world.makeRunFacts("2026-11-23T09:00:00Z"), { ids: [] });
    expect(output).toMatchObject({ asked: 0, objects: 0, requests: 0 });
    expect(await world.listKeys()).toEqual([]);
  });
});

describe("again", () => {
  test("the same run and the next day's ask nothing and write nothing", async () => {
    const world = await openTmdbWorld();
    const run = await world.makeRunFacts("2026-11-23T09:00:00Z");
    await world.ask(run);
    const keys = await world.listKeys();
    world.tmdb.reset();
    expect(await world.ask(run)).toMatchObject({ asked: 10, stored: 10, requests: 0, objects: 0 });
    const nextDay = await world.makeRunFacts("2026-11-24T09:00:00Z");
    expect(await world.ask(nextDay)).toMatchObject({ asked: 10, stored: 0, already_stored: 10, requests: 0 });
    expect(world.tmdb.requests).toBe(0);
    expect(await world.listKeys()).toEqual(keys);
  });

  test("a CSV with three new titles has exactly these asked, into an object of its own", async () => {
    const world = await openTmdbWorld();
    await world.ask(await world.makeRunFacts("2026-11-23T09:00:00Z"));
    world.tmdb.reset();
    const more = makeIds(3, 500);
    const output = await world.ask(await world.makeRunFacts("2026-11-24T09:00:00Z"), {
      ids: [...more, ...IDS],
    });
    expect(output).toMatchObject({ asked: 13, stored: 3, already_stored: 10, requests: 3 });
    expect((await world.listStored()).map((object) => object.toSorted())).toEqual([IDS, more]);
  });

  test.each([
    ["another language", { language: "pt-BR" }],
    ["one more name in append", { append: ["credits"] }],
  ])("%s is another question: all ids are asked again, into new objects", async (_, written) => {
    const world = await openTmdbWorld();
    const run = await world.makeRunFacts("2026-11-23T09:00:00Z");
    await world.ask(run);
    expect(await world.ask(run, { written })).toMatchObject({ stored: 10, already_stored: 0, requests: 10 });
    expect((await world.listStored()).map((object) => object.toSorted())).toEqual([IDS, IDS]);
  });

  test("append in another order is the same question", async () => {
    const world = await openTmdbWorld();
    const run = await world.makeRunFacts("2026-11-23T09:00:00Z");
    await world.ask(run, { written: { append: ["credits", "keywords"] } });
    expect(await world.ask(run, { written: { append: ["keywords", "credits"] } })).toMatchObject({
      requests: 0,
    });
  });

  test("a refetch asks everything in its generation, once", async () => {
    const world = await openTmdbWorld();
    await world.ask(await world.makeRunFacts("2026-11-23T09:00:00Z"));
    const refetch = await world.makeRunFacts("2026-11-24T09:00:00Z", "20261124T090000000Z");
    expect(await world.ask(refetch)).toMatchObject({
      asked: 10,
      stored: 10,
      already_stored: 0,
      requests: 10,
    });
    expect(await world.ask(refetch)).toMatchObject({ asked: 10, stored: 10, requests: 0 });
    expect((await world.listStored()).flat()).toHaveLength(20);
    const nextDay = await world.makeRunFacts("2026-11-25T09:00:00Z");
    expect(await world.ask(nextDay)).toMatchObject({ already_stored: 10, requests: 0 });
  });

  test("stored titles are asked again after refresh_after, counted between logical dates", async () => {
    const world = await openTmdbWorld();
    const written = { refresh_after: "7d" };
    await world.ask(await world.makeRunFacts("2026-11-01T09:00:00Z"), { written });
    expect(await world.ask(await world.makeRunFacts("2026-11-07T09:00:00Z"), { written })).toMatchObject({
      requests: 0,
    });
    expect(await world.ask(await world.makeRunFacts("2026-11-08T09:00:00Z"), { written })).toMatchObject({
      stored: 10,
      requests: 10,
    });
  });

  test("a database that was lost learns from the lake and asks nothing", async () => {
    const world = await openTmdbWorld();
    await world.ask(await world.makeRunFacts("2026-11-23T09:00:00Z"));
    const keys = await world.listKeys();
    const reborn = makeTmdbWorld(
      await openTestWorld({ folder: world.folder, databaseFile: join(world.folder, "new.db") }),
      world.tmdb,
    );
    const run = await reborn.makeRunFacts("2026-11-23T09:00:00Z");
    expect(await reborn.ask(run)).toMatchObject({ asked: 10, already_stored: 10, requests: 0, objects: 0 });
    expect(await reborn.listKeys()).toEqual(keys);
  });
});

describe("titles that TMDB does not have", () => {
  test("are a fact, not a failure, and are asked again after recheck_after", async () => {
    const world = await openTmdbWorld({ knownIds: IDS.slice(0, 7) });
    const written = { recheck_after: "7d" };
    const ask = async (day: string) => {
      world.tmdb.reset();
      await world.ask(await world.makeRunFacts(`2026-11-${day}T09:00:00Z`), { written });
      return IDS.filter((id) => world.tmdb.countOf(id) > 0);
    };
    expect(await ask("01")).toEqual(IDS);
    expect(world.listOutcomes()).toEqual(
      IDS.slice(7).map((asked_id) => ({ asked_id, outcome: "not_found", reason: "unknown" })),
    );
    expect(await ask("07")).toEqual([]);
    expect(await ask("08")).toEqual(IDS.slice(7));
    expect(await ask("09")).toEqual([]);
  });

  test("are in the sum", async () => {
    const world = await openTmdbWorld({ knownIds: IDS.slice(0, 7) });
    expect(await world.ask(await world.makeRunFacts("2026-11-23T09:00:00Z"))).toMatchObject({
      asked: 10,
      stored: 7,
      not_found: 3,
      failed: 0,
    });
  });
});

describe("failures", () => {
  const [first = "", second = ""] = IDS;

  test("of the moment fail the task to be tried again, and the retry asks only for these", async () => {
    const world = await openTmdbWorld();
    world.tmdb.faults.push({ when: { id: first }, play: { kind: "status", status: 503 } });
    const run = await world.makeRunFacts("2026-11-23T09:00:00Z");
    const error = await failure(world.ask(run));
    expect(error.code).toBe("IDS_FAILED");
    expect(error.retryable).toBe(true);
    expect(error.message).toContain(`1 server_error (such as ${first})`);
    expect(error.message).toContain("asked 10 = stored 9");
    expect(error.hint).toContain("9 of 10 ids are stored");
    expect((await world.listStored()).flat().toSorted()).toEqual(IDS.slice(1));

    world.tmdb.faults.clear();
    world.tmdb.reset();
    expect(await world.ask(run)).toMatchObject({ stored: 10, failed: 0, requests: 1 });
    expect(world.tmdb.countOf(first)).toBe(1);
    expect((await world.listStored()).flat().toSorted()).toEqual(IDS);
  });

  test.each([
    ["another title's record", { kind: "wrongTitle" }, "wrong_title"],
    ["a record that no object can hold", { kind: "oversized" }, "too_large"],
  ] as const)(
    "for good (%s) fail the task with no retry, and the others are stored",
    async (_, play, reason) => {
      const world = await openTmdbWorld();
      world.tmdb.faults.push({ when: { id: first }, play });
      const run = await world.makeRunFacts("2026-11-23T09:00:00Z");
      const error = await failure(world.ask(run));
      expect(error.code).toBe("IDS_FAILED");
      expect(error.retryable).toBe(false);
      expect(world.listOutcomes()).toEqual([{ asked_id: first, outcome: "failed", reason }]);
      expect((await world.listStored()).flat().toSorted()).toEqual(IDS.slice(1));

      world.tmdb.reset();
      expect((await failure(world.ask(run))).retryable).toBe(false);
      expect(world.tmdb.requests).toBe(0);
    },
  );

  test("a record that no object can hold is its own proof: it is asked for once, even where nothing else is asked", async () => {
    const world = await openTmdbWorld();
    world.tmdb.faults.push({ when: { id: first }, play: { kind: "oversized" } });
    const run = await world.makeRunFacts("2026-11-23T09:00:00Z");
    const error = await failure(world.ask(run, { ids: [first] }));
    expect(error.code).toBe("IDS_FAILED");
    expect(world.listOutcomes()).toEqual([{ asked_id: first, outcome: "failed", reason: "too_large" }]);
    expect(world.tmdb.requests).toBe(1);
  });

  test.each([
    ["a page of HTML", { kind: "html" }, "html"],
    ["JSON that breaks off", { kind: "badJson" }, "not_json"],
    ["JSON of another form", { kind: "array" }, "not_a_title"],
  ] as const)("by %s are reported with their reason and tried again", async (_, play, reason) => {
    const world = await openTmdbWorld();
    world.tmdb.faults.push({ when: { id: first }, play });
    const error = await failure(world.ask(await world.makeRunFacts("2026-11-23T09:00:00Z")));
    expect(error.retryable).toBe(true);
    expect(world.listOutcomes()).toEqual([{ asked_id: first, outcome: "failed", reason }]);
  });

  test("are permitted up to max_failed, and one more fails the task", async () => {
    const world = await openTmdbWorld();
    for (const id of [first, second]) world.tmdb.faults.push({ when: { id }, play: { kind: "wrongTitle" } });
    const ask = async (day: string, max_failed: number) =>
      world.ask(await world.makeRunFacts(`2026-11-${day}T09:00:00Z`), { written: { max_failed } });
    const error = await failure(ask("01", 1));
    expect(error.message).toContain("2 of 10 ids failed, and max_failed is 1");
    expect(await ask("08", 2)).toMatchObject({ asked: 10, already_stored: 8, failed: 2 });
  });

  test("of an earlier run do not fail a later one that does not ask for them again", async () => {
    const world = await openTmdbWorld();
    world.tmdb.faults.push({ when: { id: first }, play: { kind: "wrongTitle" } });
    await failure(world.ask(await world.makeRunFacts("2026-11-23T09:00:00Z")));
    const nextDay = await world.makeRunFacts("2026-11-24T09:00:00Z");
    expect(await world.ask(nextDay)).toMatchObject({ already_stored: 9, failed: 1, requests: 0 });
  });
});

describe("a limit", () => {
  test("asks that many ids a run, in the CSV's order, and the next run asks for the rest", async () => {
    const world = await openTmdbWorld();
    const written = { limit: 4 };
    const run = await world.makeRunFacts("2026-11-23T09:00:00Z");
    expect(await world.ask(run, { written })).toMatchObject({
      asked: 10,
      stored: 4,
      remaining: 6,
      requests: 4,
    });
    expect(await world.ask(run, { written })).toMatchObject({ stored: 4, remaining: 6, requests: 0 });
    expect((await world.listStored()).flat().toSorted()).toEqual(IDS.slice(0, 4));
    expect(await world.ask(await world.makeRunFacts("2026-11-24T09:00:00Z"), { written })).toMatchObject({
      stored: 4,
      already_stored: 4,
      remaining: 2,
    });
    expect(await world.ask(await world.makeRunFacts("2026-11-25T09:00:00Z"), { written })).toMatchObject({
      stored: 2,
      already_stored: 8,
      remaining: 0,
    });
    expect((await world.listStored()).flat().toSorted()).toEqual(IDS);
  });

  test("is used up by what failed for good, and not by what failed for the moment", async () => {
    const world = await openTmdbWorld();
    const [first = "", second = ""] = IDS;
    world.tmdb.faults.push(
      { when: { id: first }, play: { kind: "wrongTitle" } },
      { when: { id: second }, play: { kind: "status", status: 503 } },
    );
    const written = { limit: 4, max_failed: 4 };
    const run = await world.makeRunFacts("2026-11-23T09:00:00Z");
    expect(await world.ask(run, { written })).toMatchObject({ stored: 2, failed: 2, remaining: 6 });
    world.tmdb.faults.clear();
    world.tmdb.reset();
    expect(await world.ask(run, { written })).toMatchObject({
      stored: 3,
      failed: 1,
      remaining: 6,
      requests: 1,
    });
    expect(world.tmdb.countOf(second)).toBe(1);
  });
});

test("records of another structure go to objects of their own", async () => {
  const world = await openTmdbWorld();
  const odd = IDS[4] ?? "";
  world.tmdb.faults.push({ when: { id: odd }, play: { kind: "reshape", add: { softcore: false } } });
  await world.ask(await world.makeRunFacts("2026-11-23T09:00:00Z"));
  const objects = (await world.listStored()).map((object) => object.toSorted());
  expect(objects).toHaveLength(2);
  expect(objects).toContainEqual([odd]);
  expect(objects).toContainEqual(IDS.filter((id) => id !== odd));
});

describe("what must be there", () => {
  test("a token: without one the task names the variable, before it asks anything", async () => {
    const world = await openTmdbWorld();
    const run = await world.makeRunFacts("2026-11-23T09:00:00Z");
    const error: unknown = await world.ask(run, { token: undefined }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: "SECRET_MISSING",
      message: expect.stringContaining("TMDB_API_TOKEN") as unknown,
    });
    expect(world.tmdb.requests).toBe(0);
  });

  test.each([
    [{}, undefined, /none of the tasks/],
    [{ a: { ids: 3 } }, undefined, /none of the tasks/],
    [{ a: { candidate_set: 1 }, b: { candidate_set: 2 } }, undefined, /several tasks/],
    [{ a: { candidate_set: 1 } }, "b", /none of the tasks/],
  ])(
    "ids from one task: upstream outputs %j with ids_from %s are refused",
    async (outputs, ids_from, message) => {
      const world = await openTmdbWorld();
      const type = createTmdbToLake(
        openTmdbSource(
          { baseUrl: world.tmdb.url, token: "simulator", apiKey: undefined, ratePerSecond: Infinity },
          { clock: world.clock, log: silentLog, random: () => 0 },
        ),
      );
      const written = ids_from === undefined ? WRITTEN : { ...WRITTEN, ids_from };
      const run = await world.makeRunFacts("2026-11-23T09:00:00Z");
      const error = await failure(runTask(type, world, { run, written, outputs }));
      expect(error.code).toBe("OUTPUT_MISSING");
      expect(error.message).toMatch(message);
      expect(error.retryable).toBe(false);
    },
  );
});
