/** The compiled reading thread: it starts with the first request, survives what goes wrong, and ends when it is idle. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished, describe, expect, test } from "vitest";
import { startWorkerThread } from "../../../scheduler/attempts/worker-thread.ts";
import type { FromReader, ToReader } from "../../../web/reading/read-request.ts";
import { ANONYMOUS } from "../../../model/access/user.ts";
import type { Chunk, HttpReply } from "../../../web/server/exchange.ts";
import { createReadThread, type ReadThread, type ThreadHandle } from "../../../web/reading/read-thread.ts";
import { makeKeptLogger, type KeptLogger } from "../../lake/lake-tools.ts";
import { createHandClock, type HandClock } from "../../support/hand-clock.ts";
import { makeDag, makeTask } from "../../support/test-dag.ts";
import { makeTempFolder } from "../../support/test-world.ts";
import { openReadWorld } from "../../support/web/read-world.ts";

const MODULE = new URL("../../../dist/cli/process/read-thread.js", import.meta.url);
const MINUTE_MS = 60_000;

interface Started {
  readonly thread: ReadThread;
  readonly clock: HandClock;
  readonly log: KeptLogger;
  /** Every thread that was started. */
  readonly handles: readonly ThreadHandle[];
}

/** `mayStop`: a thread that is to end waits for it. */
function openThread(folder: string, mayStop: Promise<void> = Promise.resolve()): Started {
  const handles: ThreadHandle[] = [];
  const clock = createHandClock();
  const log = makeKeptLogger();
  const start = (): ThreadHandle => {
    const worker = startWorkerThread(MODULE, {
      databaseFile: join(folder, "dagmar.db"),
      lakeId: "file:///lake/",
      dagsFolder: folder,
      logsFolder: folder,
      version: "1.2.3",
      limits: { pools: new Map(), maxActiveTasks: 32 },
    });
    const handle = {
      post: (message: ToReader) => worker.post(message),
      next: async () => (await worker.next()) as FromReader,
      stop: () => mayStop.then(() => worker.stop()),
    };
    handles.push(handle);
    return handle;
  };
  const none = (): Promise<never> => Promise.reject(new Error("a request that reads orders nothing"));
  const orders = { carryOut: none, keep: none };
  const thread = createReadThread({ start, orders, clock, log });
  onTestFinished(() => thread.close());
  return { thread, clock, log, handles };
}

/** Those of this process on these files. */
function countLocks(files: readonly string[]): number {
  const inodes = new Set(files.map((file) => String(statSync(file).ino)));
  return readFileSync("/proc/locks", "utf8")
    .split("\n")
    .filter((line) => {
      const [, , , , pid, place = ""] = line.trim().split(/\s+/);
      return pid === String(process.pid) && inodes.has(place.split(":").at(-1) ?? "");
    }).length;
}

const request = (path: string, search = "") => ({
  method: "GET",
  path,
  search,
  headers: {},
  body: "",
  user: ANONYMOUS,
});

async function ask(thread: ReadThread, path: string): Promise<HttpReply> {
  const answer = await thread.answer(request(path));
  if (!("body" in answer)) throw new Error(`${path} is a stream`);
  return answer;
}

interface OpenStream {
  readonly next: () => Promise<IteratorResult<Chunk, undefined>>;
  readonly close: () => void;
}

async function openStream(thread: ReadThread): Promise<OpenStream> {
  const answer = await thread.answer(request("/api/dagmar/stream"));
  if ("body" in answer) throw new Error(`no stream: ${String(answer.body)}`);
  const gone = new AbortController();
  const chunks = answer.open(gone.signal)[Symbol.asyncIterator]();
  return { next: () => chunks.next(), close: () => gone.abort() };
}

describe("the reading thread", () => {
  test("is not started before the first request, and answers many at once", async () => {
    const world = await openReadWorld();
    await world.saveDag(makeDag([makeTask("one")], { dagId: "daily" }));
    const { thread, handles } = openThread(world.folder);
    expect(handles.length).toBe(0);
    const paths = Array.from({ length: 50 }, (_, place) =>
      place % 2 === 0 ? "/api/v2/dags/daily" : "/api/v2/version",
    );
    const replies = await Promise.all(paths.map((path) => ask(thread, path)));
    expect(handles.length).toBe(1);
    for (const [place, { status, body }] of replies.entries()) {
      expect(status).toBe(200);
      expect(String(body)).toContain(place % 2 === 0 ? '"dag_id":"daily"' : '"version":"1.2.3"');
    }
  });

  test("ends after ten minutes without a request, and starts again with the next", async () => {
    const { folder } = await openReadWorld();
    const { thread, clock, handles } = openThread(folder);
    await ask(thread, "/api/v2/version");
    await clock.advance(9 * MINUTE_MS);
    await ask(thread, "/api/v2/version");
    await clock.advance(9 * MINUTE_MS);
    await ask(thread, "/api/v2/version");
    expect(handles.length).toBe(1);
    await clock.advance(11 * MINUTE_MS);
    await expect(handles[0]?.next()).rejects.toThrow("ended without an answer");
    expect((await ask(thread, "/api/v2/version")).status).toBe(200);
    expect(handles.length).toBe(2);
  });

  test("that has retired ends without harm to the requests of the next one", async () => {
    const { folder } = await openReadWorld();
    let stop = (): void => undefined;
    const mayStop = new Promise<void>((resolve) => {
      stop = resolve;
    });
    const { thread, clock, handles, log } = openThread(folder, mayStop);
    await ask(thread, "/api/v2/version");
    await clock.advance(11 * MINUTE_MS);
    const waiting = ask(thread, "/api/v2/dags");
    const stream = openStream(thread);
    expect(handles.length).toBe(2);
    stop();
    await expect(handles[0]?.next()).rejects.toThrow("ended without an answer");
    expect((await waiting).status).toBe(200);
    expect((await (await stream).next()).value).toContain("at work");
    expect((await ask(thread, "/api/v2/version")).status).toBe(200);
    expect(handles.length).toBe(2);
    expect(log.lines).toEqual([]);
  });

  test("answers a request that it cannot read with 500, and stays", async () => {
    const { folder } = await openReadWorld();
    const { thread, handles, log } = openThread(folder);
    // These settings name no folder of assets.
    const [broken, fine] = await Promise.all([
      ask(thread, "/assets/dagmar.css"),
      ask(thread, "/api/v2/version"),
    ]);
    expect([broken.status, fine.status]).toEqual([500, 200]);
    expect(JSON.parse(String(broken.body))).toMatchObject({ code: "INTERNAL" });
    expect((await ask(thread, "/api/v2/dags")).status).toBe(200);
    expect(handles.length).toBe(1);
    expect(log.lines.map(({ level, message }) => [level, message.split(":", 1)[0]])).toEqual([
      ["error", "A request could not be answered"],
    ]);
  });

  test("that cannot be started costs one request", async () => {
    const { folder } = await openReadWorld();
    const { clock, log } = openThread(folder);
    const none = (): Promise<never> => Promise.reject(new Error("a request that reads orders nothing"));
    let tries = 0;
    const start = (): ThreadHandle => {
      tries += 1;
      throw new Error("no memory");
    };
    const thread = createReadThread({ start, orders: { carryOut: none, keep: none }, clock, log });
    for (let round = 0; round < 300; round += 1)
      await expect(ask(thread, "/api/v2/version")).rejects.toThrow("no memory");
    expect(tries).toBe(300);
  });

  // Closing any descriptor of a file drops all POSIX locks that the process has on it, SQLite's too.
  test.runIf(existsSync("/proc/locks"))(
    "leaves the process's locks on the database when it ends",
    async () => {
      const { folder } = await openReadWorld();
      const files = ["dagmar.db", "dagmar.db-wal", "dagmar.db-shm"].map((name) => join(folder, name));
      const before = countLocks(files);
      expect(before).toBeGreaterThan(0);
      const { thread, handles } = openThread(folder);
      for (let round = 0; round < 2; round += 1) {
        expect((await ask(thread, "/api/v2/dags")).status).toBe(200);
        await handles.at(-1)?.stop();
      }
      expect(handles.length).toBe(2);
      expect(countLocks(files)).toBe(before);
    },
  );

  test("that dies answers what waited with 500, and the next request starts another", async () => {
    const { folder } = await openReadWorld();
    const { thread, handles, log } = openThread(folder);
    await ask(thread, "/api/v2/version");
    const waiting = ask(thread, "/api/v2/dags");
    await handles[0]?.stop();
    const { status } = await waiting;
    expect([200, 500]).toContain(status);
    expect(log.lines.filter(({ level }) => level === "error").length).toBe(status === 500 ? 1 : 0);
    expect((await ask(thread, "/api/v2/dags")).status).toBe(200);
    expect(handles.length).toBe(2);
  });

  test("without a database says what to do, and answers once there is one", async () => {
    const folder = makeTempFolder();
    const { thread } = openThread(folder);
    const reply = await ask(thread, "/api/v2/dags");
    expect(reply.status).toBe(503);
    expect(JSON.parse(String(reply.body))).toMatchObject({ code: "DATABASE_MISSING" });
    expect(String(reply.body)).not.toContain(folder);
    expect(reply.headers["Retry-After"]).toBe("5");
  });

  test("does not end while a stream is open, and ends ten minutes after the last one", async () => {
    const { folder } = await openReadWorld();
    const { thread, clock, handles } = openThread(folder);
    const stream = await openStream(thread);
    await stream.next();
    await clock.advance(11 * MINUTE_MS);
    await clock.advance(11 * MINUTE_MS);
    expect((await ask(thread, "/api/v2/version")).status).toBe(200);
    expect(handles.length).toBe(1);
    stream.close();
    await clock.advance(11 * MINUTE_MS);
    await expect(handles[0]?.next()).rejects.toThrow("ended without an answer");
  });

  test("that dies ends its streams early, not as if they were complete", async () => {
    const { folder } = await openReadWorld();
    const { thread, handles, log } = openThread(folder);
    const [idle, waiting] = [await openStream(thread), await openStream(thread)];
    await Promise.all([idle.next(), waiting.next(), waiting.next()]);
    const next = waiting.next();
    await handles[0]?.stop();
    await expect(next).rejects.toThrow("The reading thread has ended.");
    await expect(idle.next()).rejects.toThrow("The reading thread has ended.");
    expect(log.lines.filter(({ level }) => level === "error").length).toBe(1);
    expect((await ask(thread, "/api/v2/version")).status).toBe(200);
  });

  test("serves 64 streams at once, and another one when one is closed", async () => {
    const { folder } = await openReadWorld();
    const { thread } = openThread(folder);
    const streams = await Promise.all(Array.from({ length: 64 }, () => openStream(thread)));
    await Promise.all(streams.map((stream) => stream.next()));
    expect(await ask(thread, "/api/dagmar/stream")).toMatchObject({
      status: 503,
      headers: { "Retry-After": "1" },
    });
    expect((await ask(thread, "/api/v2/version")).status).toBe(200);
    streams[0]?.close();
    await expect(streams[0]?.next()).resolves.toMatchObject({ done: true });
    const another = await openStream(thread);
    expect((await another.next()).value).toContain("at work");
  });

  test("refuses more than 256 requests that wait at the same time", async () => {
    const { folder } = await openReadWorld();
    const { thread } = openThread(folder);
    const replies = await Promise.all(Array.from({ length: 300 }, () => ask(thread, "/api/v2/dags")));
    expect(replies.filter(({ status }) => status === 503).length).toBe(300 - 256);
  });
});
