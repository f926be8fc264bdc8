/** A service that is not TMDB, or does not work: its answers decide no id, whatever max_failed permits. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { sql } from "../../state/sqlite/statement.ts";
import { failure, makeIds, makeTmdbWorld, openTmdbWorld, type TmdbWorld } from "./tmdb-world.ts";

const ANOTHER = { id: 5, imdb_id: "tt9999999", title: "x" };
const WRITTEN = { max_failed: 1000, concurrency: 4 };

async function serveBody(body: string, status = 200, contentType = "application/json"): Promise<string> {
  const server = createServer((_request, response) => {
    response.writeHead(status, { "content-type": contentType }).end(body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/3`;
}

const listDecided = (world: TmdbWorld): readonly unknown[] =>
  world.database.all(sql`SELECT asked_id, outcome FROM processed_ids WHERE outcome <> 'stored'`);

describe.each([3, 60])("%i ids", (count) => {
  test.each([
    ["[]"],
    ["null"],
    ['"hello"'],
    ["42"],
    ["{}"],
    ['{"id":5,"status":"ok"}'],
    [JSON.stringify(ANOTHER)],
  ])("that are all answered with %s are a wrong address, and none is decided", async (body) => {
    const base = await openTmdbWorld();
    const world = makeTmdbWorld(base, { ...base.tmdb, url: await serveBody(body) });
    const run = await world.makeRunFacts("2026-11-23T09:00:00Z");
    const error = await failure(world.ask(run, { ids: makeIds(count), written: WRITTEN }));
    expect(error).toMatchObject({ code: "CONFIG_INVALID", retryable: false });
    expect(error.hint).toContain("TMDB_BASE_URL");
    expect(listDecided(world)).toEqual([]);
  });
});

describe("five ids, none of which gets a valid answer,", () => {
  test.each([
    ["a refused connection", undefined, 200, "", /127\.0\.0\.1:9 .*ECONNREFUSED/],
    ["a page of HTML", "<p>maintenance</p>", 200, "text/html", /a page of HTML, status 200/],
    ["a 204", "", 204, "text/html", /it answers 204, without a body/],
    ["a 500", "{}", 500, "application/json", /it answers 500, \d attempt/],
  ])(
    "because of %s are left to be asked, and the error names the cause",
    async (_case, body, status, type, told) => {
      const base = await openTmdbWorld();
      const url = body === undefined ? "http://127.0.0.1:9/3" : await serveBody(body, status, type);
      const world = makeTmdbWorld(base, { ...base.tmdb, url });
      const run = await world.makeRunFacts("2026-11-23T09:00:00Z");
      const error = await failure(world.ask(run, { ids: makeIds(5), written: WRITTEN }));
      expect(error).toMatchObject({ code: "TMDB_UNAVAILABLE", retryable: true });
      expect(error.message).toMatch(told);
      expect(listDecided(world)).toEqual([]);
    },
  );
});

test.each([["array"], ["html"], ["wrongTitle"]] as const)(
  "a service that answers with %s after good answers leaves the rest to be asked, and the next attempt stores it",
  async (kind) => {
    const world = await openTmdbWorld();
    const ids = makeIds(5);
    const run = await world.makeRunFacts("2026-11-23T09:00:00Z");
    await world.ask(run, { ids, written: WRITTEN });
    world.tmdb.faults.push({ when: {}, play: { kind } });
    const more = makeIds(4, 100);
    const later = await world.makeRunFacts("2026-11-24T09:00:00Z");
    await failure(world.ask(later, { ids: [...ids, ...more], written: WRITTEN }));
    expect(listDecided(world)).toEqual([]);
    world.tmdb.faults.clear();
    expect(await world.ask(later, { ids: [...ids, ...more], written: WRITTEN })).toMatchObject({ stored: 4 });
  },
);

test("30 wrong titles at the beginning of a CSV are failures of their ids if TMDB works", async () => {
  const world = await openTmdbWorld();
  const ids = makeIds(90);
  for (const id of ids.slice(0, 30)) world.tmdb.faults.push({ when: { id }, play: { kind: "wrongTitle" } });
  const run = await world.makeRunFacts("2026-11-23T09:00:00Z");
  expect(await world.ask(run, { ids, written: WRITTEN })).toMatchObject({ stored: 60, failed: 30 });
});
