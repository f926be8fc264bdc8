/** The TMDB client with slow, broken and oversized answers: what is retried, and when it gives up. */
import { getEventListeners, once } from "node:events";
import { gzipSync } from "node:zlib";
import { afterEach, expect, test } from "vitest";
import { createHandClock } from "../../support/hand-clock.ts";
import {
  HANG,
  json,
  MOVIE,
  NEVER,
  openClient,
  RECORD,
  recordLog,
  startProvider,
  text,
  type Answer,
  type Provider,
} from "./provider.ts";

let provider: Provider | undefined;
afterEach(async () => {
  await provider?.close();
  provider = undefined;
});

/** Answers in turn; repeats the last one. */
async function serveInTurn(...answers: readonly Answer[]): Promise<Provider> {
  provider = await startProvider((_path, nth) => answers[Math.min(nth, answers.length) - 1] ?? HANG);
  return provider;
}

const WHOLE = Buffer.from(JSON.stringify({ ...RECORD, overview: "x".repeat(5000) }));
const GOOD = text(WHOLE);

const DRIP: Answer = (response) => {
  response.writeHead(200, { "content-length": WHOLE.length });
  let sent = 0;
  const timer = setInterval(() => {
    response.write(WHOLE.subarray(sent, sent + 1));
    sent += 1;
  }, 10);
  response.on("close", () => {
    clearInterval(timer);
  });
};

const CUT_BY_LENGTH: Answer = (response) => {
  response.writeHead(200, { "content-length": WHOLE.length });
  response.write(WHOLE.subarray(0, 2000), () => response.socket?.destroy());
};

const CUT_IN_CHUNKS: Answer = (response) => {
  response.write(WHOLE.subarray(0, 2000), () => response.socket?.destroy());
};

const RESET: Answer = (response) => response.socket?.resetAndDestroy();

test.each([
  ["a body cut short of its length", CUT_BY_LENGTH, "truncated"],
  ["a chunked body without its end", CUT_IN_CHUNKS, "truncated"],
  ["a reset", RESET, "connection_lost"],
  ["a 500", json({}, 500), "server_error"],
  ["a 503", json({}, 503), "server_error"],
  ["a gzip body that is none", text("not gzip", { "content-encoding": "gzip" }), "truncated"],
])("%s is asked again; when it stays so the id fails for the moment", async (_case, fault, reason) => {
  const recovering = await serveInTurn(fault, GOOD);
  const client = openClient(recovering);
  const found = await client.fetchTitle(MOVIE, NEVER);
  expect(found.outcome === "found" && Buffer.from(found.body).equals(WHOLE)).toBe(true);
  expect([client.requests, client.retries]).toEqual([2, 1]);
  await recovering.close();

  const failing = await serveInTurn(fault);
  const answer = await openClient(failing).fetchTitle(MOVIE, NEVER);
  expect(answer).toMatchObject({ outcome: "failed", reason, isPermanent: false });
  expect(failing.asked).toHaveLength(4);
});

test("an answer that never comes ends at the attempt's deadline, by the clock, and is asked again", async () => {
  const clock = createHandClock();
  const server = await serveInTurn(HANG, GOOD);
  const client = openClient(server, { rules: { firstBackoffMs: 0, attemptTimeoutMs: 15_000 } }, clock);
  const fetched = client.fetchTitle(MOVIE, NEVER);
  await clock.untilSleeping(15_000, 15_000);
  await clock.advance(14_999);
  expect(client.requests).toBe(1);
  await clock.advance(1);
  expect((await fetched).outcome).toBe("found");
  expect(clock.sleepers).toBe(0);
});

test("an answer that drips ends at the attempt's deadline although it is never idle", async () => {
  const server = await serveInTurn(DRIP);
  const startedMs = performance.now();
  const client = openClient(server, { rules: { attemptTimeoutMs: 60, maxRetries: 1 } });
  const answer = await client.fetchTitle(MOVIE, NEVER);
  expect(answer).toMatchObject({ outcome: "failed", reason: "timed_out", isPermanent: false });
  // On a busy machine the server may see none of them in that time.
  expect(client.requests).toBe(2);
  expect(performance.now() - startedMs).toBeLessThan(2000);
});

test("all attempts together end at the total deadline", async () => {
  const clock = createHandClock();
  const server = await serveInTurn(HANG);
  const rules = { attemptTimeoutMs: 15_000, totalTimeoutMs: 20_000, firstBackoffMs: 0 };
  const fetched = openClient(server, { rules }, clock).fetchTitle(MOVIE, NEVER);
  for (const limitMs of [15_000, 5000]) {
    await clock.untilSleeping(limitMs, limitMs);
    await clock.advance(limitMs);
  }
  expect(await fetched).toMatchObject({ outcome: "failed", reason: "timed_out" });
});

test("a refused connection is a failure for the moment", async () => {
  // Port 9, where nothing listens: another server could get a port that was closed.
  const client = openClient({ ...(await serveInTurn(GOOD)), url: "http://127.0.0.1:9/3" });
  const answer = await client.fetchTitle(MOVIE, NEVER);
  expect(answer).toMatchObject({ outcome: "failed", reason: "unreachable", isPermanent: false });
  expect(answer.outcome === "failed" && answer.detail).toContain("ECONNREFUSED");
});

test.each([
  ["HTML by its type", text("<p>maintenance</p>", { "content-type": "text/html; charset=utf-8" }), "html"],
  [
    "HTML by its look",
    text("\n <!DOCTYPE html><html></html>", { "content-type": "application/json" }),
    "html",
  ],
  ["broken JSON", text('{"id": 11, "imdb_id"', { "content-type": "application/json" }), "not_json"],
  ["an empty body", text(""), "not_json"],
  ["invalid UTF-8", text(Buffer.from([0x7b, 0x22, 0xe9, 0x22, 0x3a, 0x31, 0x7d])), "not_json"],
  ["a byte order mark", text(`\uFEFF${JSON.stringify(RECORD)}`), "not_json"],
  ["gzip cut off inside", text(gzipSync(WHOLE).subarray(0, 40), { "content-encoding": "gzip" }), "not_json"],
])("%s with status 200 is asked once more and then fails for the moment", async (_case, fault, reason) => {
  const failing = await serveInTurn(fault);
  const answer = await openClient(failing).fetchTitle(MOVIE, NEVER);
  expect(answer).toMatchObject({ outcome: "failed", reason, isPermanent: false });
  expect(failing.asked).toHaveLength(2);
  await failing.close();
  const recovering = await serveInTurn(fault, GOOD);
  expect((await openClient(recovering).fetchTitle(MOVIE, NEVER)).outcome).toBe("found");
});

test("a gzip answer is kept decompressed", async () => {
  const server = await serveInTurn(text(gzipSync(WHOLE), { "content-encoding": "gzip" }));
  const found = await openClient(server).fetchTitle(MOVIE, NEVER);
  expect(found.outcome === "found" && Buffer.from(found.body).equals(WHOLE)).toBe(true);
});

test("a gzip bomb is cut off in bounded memory, fails for good and is not asked for again", async () => {
  const bomb = gzipSync(Buffer.alloc(200_000_000, " "));
  const server = await serveInTurn(text(bomb, { "content-encoding": "gzip" }));
  const client = openClient(server, { maxContentBytes: 4_000_000 });
  const before = process.memoryUsage();
  let mostBytes = 0;
  const timer = setInterval(() => {
    const { external, heapUsed } = process.memoryUsage();
    mostBytes = Math.max(mostBytes, external + heapUsed - before.external - before.heapUsed);
  }, 1);
  const answer = await client.fetchTitle(MOVIE, NEVER);
  const { external, heapUsed } = process.memoryUsage();
  mostBytes = Math.max(mostBytes, external + heapUsed - before.external - before.heapUsed);
  clearInterval(timer);
  expect(answer).toMatchObject({ outcome: "failed", reason: "too_large", isPermanent: true });
  expect(server.asked).toHaveLength(1);
  expect(mostBytes).toBeLessThan(40_000_000);
});

test("after a reset of a kept-alive connection the request is repeated at once, at no cost, and does not count against the provider", async () => {
  const server = await serveInTurn(GOOD, RESET, GOOD, RESET, GOOD);
  // Back-off would last for ever: only a free retry gets through.
  const { log, lines } = recordLog();
  const client = openClient(server, { log, rules: { firstBackoffMs: 1e9, maxBackoffMs: 1e9 } });
  for (let title = 0; title < 3; title += 1)
    expect((await client.fetchTitle(MOVIE, NEVER)).outcome).toBe("found");
  expect(server.asked).toHaveLength(5);
  expect(lines.filter((line) => line.includes("connection_lost"))).toHaveLength(2);
});

test("an abort ends a request under way at once, with the caller's reason", async () => {
  const server = await serveInTurn(HANG);
  const client = openClient(server);
  const stop = new AbortController();
  const reason = new Error("drained");
  const fetched = client.fetchTitle(MOVIE, stop.signal);
  while (server.asked.length === 0) await new Promise(setImmediate);
  const [socket] = server.sockets;
  stop.abort(reason);
  await expect(fetched).rejects.toBe(reason);
  if (socket !== undefined && !socket.closed) await once(socket, "close");
  expect(server.asked).toHaveLength(1);
  await expect(client.fetchTitle(MOVIE, stop.signal)).rejects.toBe(reason);
});

test("an abort ends the wait for a retry and leaves no timer", async () => {
  const clock = createHandClock();
  const server = await serveInTurn(json({}, 500));
  const client = openClient(server, { rules: { firstBackoffMs: 8000 } }, clock);
  const stop = new AbortController();
  const fetched = client.fetchTitle(MOVIE, stop.signal);
  await clock.untilSleeping(4000, 4000);
  stop.abort(new Error("drained"));
  await expect(fetched).rejects.toThrow("drained");
  expect(clock.sleepers).toBe(0);
});

test("the reason of an abort is left as it was, however many requests it ended", async () => {
  const server = await serveInTurn(HANG);
  const client = openClient(server);
  const stop = new AbortController();
  const reason = new Error("drained");
  const stack = reason.stack;
  const fetched = Array.from({ length: 5 }, () => client.fetchTitle(MOVIE, stop.signal));
  stop.abort(reason);
  await Promise.allSettled(fetched);
  expect(reason.stack).toBe(stack);
});

test("a thousand requests on one signal use one listener at a time, warn of nothing and leave none", async () => {
  const server = await serveInTurn(json(RECORD));
  const client = openClient(server, { ratePerSecond: 100_000 });
  const stop = new AbortController();
  const warnings: Error[] = [];
  const listen = (warning: Error): number => warnings.push(warning);
  process.on("warning", listen);
  let most = 0;
  let asked = 0;
  const work = async (): Promise<void> => {
    while (asked < 1000) {
      asked += 1;
      const fetched = client.fetchTitle(MOVIE, stop.signal);
      most = Math.max(most, getEventListeners(stop.signal, "abort").length);
      expect((await fetched).outcome).toBe("found");
    }
  };
  await Promise.all(Array.from({ length: 32 }, work));
  await new Promise(setImmediate);
  process.off("warning", listen);
  expect(most).toBe(1);
  expect(getEventListeners(stop.signal, "abort")).toHaveLength(0);
  expect(warnings.map(String)).toEqual([]);
  expect(server.sockets.size).toBeLessThanOrEqual(32);
});
