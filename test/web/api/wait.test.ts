/** Waiting for a run: its state line by line, and the end as soon as it has ended. */
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { sql } from "../../../state/sqlite/statement.ts";
import { LOCAL } from "../../../model/access/user.ts";
import { startHttpServer } from "../../../web/server/http-server.ts";
import { makeKeptLogger } from "../../lake/lake-tools.ts";
import { makeDag, makeTask } from "../../support/test-dag.ts";
import { createReader } from "../../../web/reading/answer-reads.ts";
import { createHandClock } from "../../support/hand-clock.ts";
import { openReadWorld, TEST_READING, type ReadWorld } from "../../support/web/read-world.ts";

const DAILY = makeDag([makeTask("one")], { dagId: "daily" });
const DATE = "2026-11-22T09:00:00.000Z";
const WAIT = `/api/v2/dags/daily/dagRuns/manual__${encodeURIComponent(DATE)}/wait`;

const RUNNING = '{"state":"running"}\n';

async function openRunning(): Promise<ReadWorld> {
  const world = await openReadWorld();
  await world.saveDag(DAILY);
  await world.addRun({ dag: DAILY, date: DATE, state: "running" });
  return world;
}

async function follow(world: ReadWorld, search: string) {
  const { headers, open } = await world.askStream(WAIT + search);
  const gone = new AbortController();
  onTestFinished(() => gone.abort());
  return { headers, gone, lines: open(gone.signal)[Symbol.asyncIterator]() };
}

describe("waiting for a run", () => {
  test("writes its state at once and at each interval", async () => {
    const { lines, headers } = await follow(await openRunning(), "?interval=0.1");
    expect(headers["Content-Type"]).toBe("application/x-ndjson");
    for (let line = 0; line < 3; line += 1) {
      expect((await lines.next()).value).toBe('{"state":"running"}\n');
    }
  });

  test.each([
    ["success", "success"],
    ["failed", "failed"],
    ["cancelled", "failed"],
  ])("ends when the run is %s, without waiting for the interval", async (state, shown) => {
    const world = await openRunning();
    const { lines } = await follow(world, "?interval=3600");
    await lines.next();
    await world.write((query) => query.run(sql`UPDATE dag_runs SET state = ${state}`));
    expect((await lines.next()).value).toBe(`{"state":"${shown}"}\n`);
    expect((await lines.next()).done).toBe(true);
  });

  test("of a run that has ended is one line", async () => {
    const world = await openRunning();
    await world.write((query) => query.run(sql`UPDATE dag_runs SET state = 'success'`));
    const { lines } = await follow(world, "");
    expect((await lines.next()).value).toBe('{"state":"success"}\n');
    expect((await lines.next()).done).toBe(true);
  });

  test("is not hung up on while nothing happens: a space comes every 15 s, before the next line", async () => {
    const world = await openRunning();
    const clock = createHandClock();
    const { folder, lake, dagsFolder, logsFolder } = world;
    const settings = { ...TEST_READING, lakeId: lake.id, dagsFolder, logsFolder, version: "1.2.3" };
    const reader = createReader({ ...settings, databaseFile: join(folder, "dagmar.db") }, clock);
    onTestFinished(() => reader.close());
    const none = (): Promise<never> => Promise.reject(new Error("waiting orders nothing"));
    const stalledMs = 500;
    const server = await startHttpServer({
      address: { host: "127.0.0.1", port: 0 },
      log: makeKeptLogger(),
      stalledMs,
      admit: (head) => Promise.resolve({ ...head, user: LOCAL }),
      answer: async (request) => (await reader.answer(request, none)).reply,
    });
    onTestFinished(() => server.close());
    const { body } = await fetch(`${server.url}${WAIT}?interval=3600`);
    const chunks = (body as ReadableStream<Uint8Array>).getReader();
    const next = async (): Promise<string> => new TextDecoder().decode((await chunks.read()).value);
    expect(await next()).toBe(RUNNING);
    const beganMs = performance.now();
    while (performance.now() - beganMs < 3 * stalledMs) {
      await clock.untilSleeping(15_000, 15_000);
      await clock.advance(15_000);
      // The hour of the interval passes too.
      expect([" ", RUNNING]).toContain(await next());
    }
    await world.write((query) => query.run(sql`UPDATE dag_runs SET state = 'success'`));
    await clock.untilSleeping(1, 250);
    await clock.advance(250);
    expect(await next()).toBe('{"state":"success"}\n');
    expect((await chunks.read()).done).toBe(true);
  });

  test("stops with its client", async () => {
    const { lines, gone } = await follow(await openRunning(), "?interval=3600");
    await lines.next();
    gone.abort();
    await expect(lines.next()).rejects.toThrow(/abort/i);
  });

  test.each([["?interval=0"], ["?interval=x"], ["?interval=1e9"], ["?result=one"]])(
    "refuses %s",
    async (search) => {
      const { ask } = await openRunning();
      expect((await ask(WAIT + search)).status).toBe(422);
    },
  );
});
