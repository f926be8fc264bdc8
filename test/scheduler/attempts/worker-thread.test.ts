/** Messages of worker threads, and threads that end without an answer. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { startWorkerThread } from "../../../scheduler/attempts/worker-thread.ts";
import { TaskFailure } from "../../../model/errors.ts";
import type { WorkerThread } from "../../../model/ports/task-type.ts";
import { makeTempFolder } from "../../support/test-world.ts";

/** The source can use `port` and `data`. */
function startThread(source: string, data: unknown = null): WorkerThread {
  const file = join(makeTempFolder(), "worker.mjs");
  const head = 'import { parentPort as port, workerData as data } from "node:worker_threads";';
  writeFileSync(file, `${head}\n${source}\n`);
  const thread = startWorkerThread(pathToFileURL(file), data);
  onTestFinished(() => thread.stop());
  return thread;
}

async function crash(promise: Promise<unknown>): Promise<TaskFailure> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof TaskFailure)) throw new Error("it did not crash", { cause: error });
  expect(error.code).toBe("WORKER_CRASHED");
  expect(error.retryable).toBe(true);
  return error;
}

describe("messages", () => {
  test("come in the order in which they were sent, with or without a waiting reader", async () => {
    const thread = startThread("port.on('message', (n) => { port.postMessage(data.base + n); });", {
      base: 100,
    });
    const early = [thread.next(), thread.next()];
    for (const n of [1, 2, 3]) thread.post(n);
    expect(await Promise.all(early)).toEqual([101, 102]);
    expect(await thread.next()).toBe(103);
  });

  test("may move a buffer there and back, without a copy", async () => {
    const thread = startThread(
      "port.on('message', (buffer) => { new Uint8Array(buffer)[0] += 1; port.postMessage(buffer, [buffer]); });",
    );
    const buffer = new Uint8Array([41, 7]).buffer;
    thread.post(buffer, [buffer]);
    expect(buffer.byteLength).toBe(0);
    expect(new Uint8Array((await thread.next()) as ArrayBuffer)).toEqual(new Uint8Array([42, 7]));
  });
});

describe("a thread that ends", () => {
  test("by an error fails the waiting read with its message", async () => {
    const thread = startThread("port.on('message', () => { throw new RangeError('no such row'); });");
    const waiting = [thread.next(), thread.next()];
    thread.post("go");
    for (const waiter of waiting) expect((await crash(waiter)).message).toContain("no such row");
  });

  test("fails later reads too, after its earlier messages", async () => {
    const thread = startThread(
      "port.on('message', () => { port.postMessage('last word'); throw new Error('then this'); });",
    );
    const first = thread.next();
    thread.post("go");
    expect(await first).toBe("last word");
    await crash(thread.next());
    expect((await crash(thread.next())).message).toContain("then this");
  });

  test("by itself, with an exit code, gives no answer either", async () => {
    const thread = startThread("process.exit(3);");
    expect((await crash(thread.next())).message).toContain("exit code 3");
  });

  test("because its memory ran out leaves the process alive", { timeout: 60_000 }, async () => {
    const thread = startThread("const kept = []; for (;;) kept.push(new Array(1e6).fill(kept.length));");
    expect((await crash(thread.next())).message).toMatch(/memory/i);
  });

  test("because it cannot be loaded says why", async () => {
    const thread = startThread("import './not-there.mjs';");
    expect((await crash(thread.next())).message).toContain("not-there.mjs");
  });

  test("because it was stopped fails a waiting read, and accepts messages without an error", async () => {
    const thread = startThread("port.on('message', () => undefined);");
    const waiting = thread.next();
    const crashed = crash(waiting);
    await thread.stop();
    expect((await crashed).message).toContain("exit code");
    expect(() => thread.post("too late")).not.toThrow();
    await thread.stop();
  });
});
