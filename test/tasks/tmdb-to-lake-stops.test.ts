/** `tmdb-to-lake` when it cannot continue: what was fetched is kept, and the next attempt asks for none of it. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { LakeError } from "../../model/errors.ts";
import type { Lake } from "../../model/ports/lake.ts";
import type { Progress } from "../../model/ports/task-type.ts";
import { sql } from "../../state/sqlite/statement.ts";
import type { TestWorld } from "../support/test-world.ts";
import { failure, FOLDER, IDS, makeIds, makeTmdbWorld, openTmdbWorld } from "./tmdb-world.ts";

describe("a task that stops early", () => {
  /** One after the other, so that the order before the stop is known. */
  const ONE_BY_ONE = { concurrency: 1 };
  const countUnfinished = (world: TestWorld) =>
    world.database.get(
      sql`SELECT (SELECT count(*) FROM spool WHERE batch_id IS NULL) AS spooled,
          (SELECT count(*) FROM batches WHERE state = 'sealed') AS sealed`,
    );

  const countDecided = (world: TestWorld) =>
    world.database.get(sql`SELECT count(*) AS decided FROM processed_ids`);

  test.each([
    [401, "TMDB_UNAUTHORIZED", "TMDB_API_TOKEN"],
    [403, "TMDB_UNAUTHORIZED", "TMDB_API_TOKEN"],
    [302, "TMDB_REFUSED", "TMDB_BASE_URL"],
    [400, "TMDB_REFUSED", "language"],
    [402, "TMDB_REFUSED", "TMDB_BASE_URL"],
    [407, "TMDB_REFUSED", "HTTPS_PROXY"],
    [410, "TMDB_REFUSED", "TMDB_BASE_URL"],
    [451, "TMDB_REFUSED", "TMDB_BASE_URL"],
  ])(
    "because of %i names the setting to change, is not tried again, keeps what it has and decides no id by it",
    async (status, code, setting) => {
      const world = await openTmdbWorld();
      world.tmdb.faults.push({ when: { id: IDS[4] ?? "" }, play: { kind: "status", status } });
      const run = await world.makeRunFacts("2026-11-23T09:00:00Z");
      const error = await failure(world.ask(run, { written: ONE_BY_ONE }));
      expect(error.code).toBe(code);
      expect(error.retryable).toBe(false);
      expect(`${error.message} ${error.hint ?? ""}`).toContain(setting);
      expect(world.tmdb.requests).toBe(5);
      expect(countDecided(world)).toEqual({ decided: 0 });
      expect(countUnfinished(world)).toEqual({ spooled: 0, sealed: 1 });

      world.tmdb.faults.clear();
      world.tmdb.reset();
      expect(await world.ask(run)).toMatchObject({ stored: 10, requests: 6 });
      expect((await world.listStored()).flat().toSorted()).toEqual(IDS);
    },
  );

  test("because the address is not the API's decides no id, and asks for all of them when it is", async () => {
    const world = await openTmdbWorld();
    const run = await world.makeRunFacts("2026-11-23T09:00:00Z");
    const { origin } = new URL(world.tmdb.url);
    for (const url of [origin, `${origin}/4`]) {
      const lost = makeTmdbWorld(world, { ...world.tmdb, url });
      const error = await failure(lost.ask(run, { written: ONE_BY_ONE }));
      expect(error).toMatchObject({ code: "CONFIG_INVALID", retryable: false });
      expect(error.message).toContain(`${url} is not TMDB's API`);
    }
    expect(world.listOutcomes()).toEqual([]);
    expect(await world.ask(run)).toMatchObject({ stored: 10, not_found: 0, requests: 10 });
  });

  test("because nothing answers says so in one sentence, and decides no id", async () => {
    const world = await openTmdbWorld();
    const run = await world.makeRunFacts("2026-11-23T09:00:00Z");
    const lost = makeTmdbWorld(world, { ...world.tmdb, url: "http://127.0.0.1:9/3" });
    const error = await failure(lost.ask(run, { ids: IDS.slice(0, 2) }));
    expect(error).toMatchObject({ code: "TMDB_UNAVAILABLE", retryable: true });
    expect(error.message).toBe("127.0.0.1:9 cannot be reached: the connection was refused (ECONNREFUSED).");
    expect(countDecided(world)).toEqual({ decided: 0 });
  });

  test("because the token is wrong asks once per connection at most, and stores nothing", async () => {
    const world = await openTmdbWorld({ token: "another" });
    const error = await failure(
      world.ask(await world.makeRunFacts("2026-11-23T09:00:00Z"), { written: ONE_BY_ONE }),
    );
    expect(error.code).toBe("TMDB_UNAUTHORIZED");
    expect(error.message).not.toContain("simulator");
    expect(world.tmdb.requests).toBe(1);
    expect(await world.listKeys()).toEqual([]);
  });

  test("because TMDB asks for a long pause hands that on, and keeps what it has", async () => {
    const world = await openTmdbWorld();
    world.tmdb.faults.push({
      when: { id: IDS[4] ?? "" },
      play: { kind: "status", status: 429, retryAfter: "600" },
    });
    const run = await world.makeRunFacts("2026-11-23T09:00:00Z");
    const error = await failure(world.ask(run, { written: ONE_BY_ONE }));
    expect(error).toMatchObject({ code: "TMDB_RATE_LIMITED", retryable: true, retryAfterSeconds: 600 });
    expect(countUnfinished(world)).toEqual({ spooled: 0, sealed: 1 });
  });

  test("because it was asked to raises the reason, seals what it has, and resumes without asking for it again", async () => {
    const world = await openTmdbWorld();
    // More than may be on their way into the database when the stop comes.
    const ids = makeIds(400);
    const run = await world.makeRunFacts("2026-11-23T09:00:00Z");
    const stop = new AbortController();
    const reason = new Error("the process is stopping");
    const onProgress = ({ done }: Progress) => {
      if (done >= 20) stop.abort(reason);
    };
    await expect(world.ask(run, { ids, signal: stop.signal, onProgress })).rejects.toBe(reason);
    const row = world.database.get<{ count: number }>(sql`SELECT count(*) AS count FROM spool`);
    const kept = row?.count ?? 0;
    expect(kept).toBeGreaterThanOrEqual(20);
    expect(kept).toBeLessThan(400);
    expect(countUnfinished(world)).toMatchObject({ spooled: 0 });

    expect(await world.ask(run, { ids })).toMatchObject({ stored: 400, requests: 400 - kept });
    expect((await world.listStored()).flat().toSorted()).toEqual(ids);
  });

  test("because the lake refuses keeps every answer, and the next attempt asks for none of them", async () => {
    const world = await openTmdbWorld();
    const ids = makeIds(250);
    const run = await world.makeRunFacts("2026-11-23T09:00:00Z");
    // A file instead of the partition's folder: no object can be put.
    const obstacle = join(world.folder, "lake", FOLDER);
    mkdirSync(dirname(obstacle), { recursive: true });
    writeFileSync(obstacle, "in the way");
    const error = await failure(world.ask(run, { ids, written: ONE_BY_ONE }));
    expect(error).toBeInstanceOf(LakeError);
    const kept = world.database.get<{ count: number }>(sql`SELECT count(*) AS count FROM spool`)?.count ?? 0;
    expect(kept).toBeGreaterThanOrEqual(100);
    expect(countUnfinished(world)).toMatchObject({ spooled: 0 });

    rmSync(obstacle);
    expect(await world.ask(run, { ids })).toMatchObject({ stored: 250, requests: 250 - kept });
    expect((await world.listStored()).flat().toSorted()).toEqual(ids);
  });

  test("after some objects were put has the rest sealed, and each record is in one object in the end", async () => {
    const world = await openTmdbWorld();
    const ids = makeIds(250);
    const run = await world.makeRunFacts("2026-11-23T09:00:00Z");
    const refusing = makeTmdbWorld({ ...world, lake: refuseAfter(world.lake, 1) }, world.tmdb);
    expect((await failure(refusing.ask(run, { ids, written: ONE_BY_ONE }))).code).toBe("LAKE_DENIED");
    expect(await world.listStored()).toHaveLength(1);
    const spooled =
      world.database.get<{ count: number }>(sql`SELECT count(*) AS count FROM spool`)?.count ?? 0;
    expect(countUnfinished(world)).toMatchObject({ spooled: 0 });

    world.tmdb.reset();
    expect(await world.ask(run, { ids })).toMatchObject({ stored: 250, requests: 150 - spooled });
    expect((await world.listStored()).flat().toSorted()).toEqual(ids);
  });
});

/** The lake itself, whose permission to write ends after that many objects. */
function refuseAfter(lake: Lake, puts: number): Lake {
  let left = puts;
  return {
    id: lake.id,
    capabilities: (signal) => lake.capabilities(signal),
    putFile: (request) => lake.putFile(request),
    replaceFile: (request) => lake.replaceFile(request),
    head: (key, signal) => lake.head(key, signal),
    get: (key, signal) => lake.get(key, signal),
    getFile: (request) => lake.getFile(request),
    list: (prefix, signal) => lake.list(prefix, signal),
    close: () => lake.close(),
    putBytes: (request) => {
      left -= 1;
      if (left >= 0) return lake.putBytes(request);
      return Promise.reject(new LakeError("LAKE_DENIED", "s3:PutObject is not granted any more.", false));
    },
  };
}
