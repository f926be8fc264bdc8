/** The compiled scanning thread, fed by streams: a whole file, failures of either side, and no running ahead. */
import { Readable } from "node:stream";
import { setImmediate as turn } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { afterEach, describe, expect, it } from "vitest";
import { TaskFailure } from "../../../model/errors.ts";
import type { WorkerThread } from "../../../model/ports/task-type.ts";
import type { ScannerOptions } from "../../../tasks/csv-to-ids/scan/scanner.ts";
import { scanStream, type ScanProgress } from "../../../tasks/csv-to-ids/scan-stream.ts";

const MODULE = new URL("../../../dist/tasks/csv-to-ids/worker.js", import.meta.url);
const OPTIONS: ScannerOptions = {
  delimiter: "|",
  idColumn: "id",
  conditions: { genero: { any_of: ["Music"] } },
};

interface TestThread extends WorkerThread {
  /** Messages that were asked for and have not arrived. */
  pending(): number;
  sent(): number;
  received(): number;
}

const threads: TestThread[] = [];
afterEach(async () => {
  await Promise.all(threads.splice(0).map((thread) => thread.stop()));
});

function startThread(options: ScannerOptions = OPTIONS): TestThread {
  const worker = new Worker(MODULE, { workerData: options });
  const inbox: unknown[] = [];
  const waiting: { resolve: (message: unknown) => void; reject: (error: Error) => void }[] = [];
  let ended: Error | undefined;
  const counts = { sent: 0, received: 0 };
  const end = (error: Error): void => {
    ended ??= error;
    for (const waiter of waiting.splice(0)) waiter.reject(ended);
  };
  worker.on("message", (message) => {
    counts.received++;
    const waiter = waiting.shift();
    if (waiter === undefined) inbox.push(message);
    else waiter.resolve(message);
  });
  worker.on("error", (cause) => end(new TaskFailure("WORKER_CRASHED", "crashed", true, { cause })));
  worker.on("exit", () => end(new TaskFailure("WORKER_CRASHED", "ended", true)));
  const thread: TestThread = {
    post: (message, transfer = []) => {
      counts.sent++;
      worker.postMessage(message, transfer);
    },
    next: () => {
      if (inbox.length > 0) return Promise.resolve(inbox.shift());
      if (ended !== undefined) return Promise.reject(ended);
      return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
    },
    stop: async () => {
      await worker.terminate();
    },
    pending: () => waiting.length,
    sent: () => counts.sent,
    received: () => counts.received,
  };
  threads.push(thread);
  return thread;
}

function makeFile(rows: number): Buffer {
  const lines = Array.from({ length: rows }, (_, index) => {
    const genre = index % 10 === 0 ? "Drama,Music" : "Musical";
    return `tt${1_000_000 + Math.floor(index / 2)}|${genre}|${"ação ".repeat(10)}\n`;
  });
  return Buffer.from(`id|genero|texto\n${lines.join("")}`);
}

function* cutInto(bytes: Buffer, size: number): Generator<Buffer> {
  for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size);
}

describe("a stream pumped into the scanning thread", () => {
  it.each([1009, 65_536, 5_000_000])(
    "gives the file's result and its progress, in pieces of %i bytes",
    async (size) => {
      const file = makeFile(40_000);
      const steps: ScanProgress[] = [];
      const thread = startThread();
      const result = await scanStream(Readable.from(cutInto(file, size)), thread, (step) => {
        steps.push(step);
      });
      expect(result).toMatchObject({ rows: 40_000, bytes: file.length, matchedRows: 4000 });
      const ids = [...steps.flatMap((step) => step.ids), ...result.ids];
      expect(ids).toEqual(Array.from({ length: 4000 }, (_, index) => `tt${1_000_000 + index * 5}`));
      expect(steps).toEqual(steps.toSorted((a, b) => a.bytes - b.bytes));
      expect(steps.at(-1)).toMatchObject({ rows: 40_000, bytes: file.length });
      expect(steps.length).toBeGreaterThan(file.length / (1024 * 1024));
      expect(thread.pending()).toBe(0);
    },
  );

  it("leaves the chunks of the stream as they were", async () => {
    const file = makeFile(20_000);
    const before = Buffer.from(file);
    await scanStream(Readable.from(cutInto(file, 300_000)), startThread(), () => undefined);
    expect(file.equals(before)).toBe(true);
  });

  it("has at most four messages under way", async () => {
    const thread = startThread();
    let most = 0;
    const file = makeFile(60_000);
    function* watched(): Generator<Buffer> {
      for (const piece of cutInto(file, 100_000)) {
        most = Math.max(most, thread.sent() - thread.received());
        yield piece;
      }
    }
    await scanStream(Readable.from(watched()), thread, () => undefined);
    expect(most).toBeLessThanOrEqual(4);
    expect(thread.sent()).toBeGreaterThan(8);
  });

  it("rejects with the stream's own error, and waits for nothing then", async () => {
    const thread = startThread();
    const cause = new Error("the connection was cut");
    const file = makeFile(30_000);
    async function* failing(): AsyncGenerator<Buffer> {
      yield* cutInto(file, 200_000);
      await turn();
      throw cause;
    }
    const source = Readable.from(failing());
    await expect(scanStream(source, thread, () => undefined)).rejects.toBe(cause);
    expect(source.destroyed).toBe(true);
    expect(thread.pending()).toBe(0);
  });

  it("rejects when the stream is destroyed from outside before a byte came", async () => {
    const thread = startThread();
    const source = new Readable({ read: () => undefined });
    const scan = scanStream(source, thread, () => undefined);
    const reason = new Error("aborted");
    source.destroy(reason);
    await expect(scan).rejects.toBe(reason);
    expect(thread.pending()).toBe(0);
  });

  it("rejects with the thread's failure while the stream still waits for bytes, and destroys it", async () => {
    const thread = startThread({ ...OPTIONS, idColumn: "tconst" });
    const source = new Readable({ read: () => undefined });
    source.push(makeFile(10_000));
    await expect(scanStream(source, thread, () => undefined)).rejects.toMatchObject({
      name: "TaskFailure",
      code: "CSV_COLUMN_MISSING",
      message: 'The CSV has no column "tconst". Its columns: id, genero, texto.',
      retryable: false,
    });
    expect(source.destroyed).toBe(true);
    expect(thread.pending()).toBe(0);
  });

  it("rejects with CSV_EMPTY for a stream without bytes", async () => {
    await expect(scanStream(Readable.from([]), startThread(), () => undefined)).rejects.toMatchObject({
      code: "CSV_EMPTY",
    });
  });

  it("rejects when the thread ends under it", async () => {
    const thread = startThread();
    const source = new Readable({ read: () => undefined });
    source.push(makeFile(10_000));
    const scan = scanStream(source, thread, () => void thread.stop());
    await expect(scan).rejects.toMatchObject({ code: "WORKER_CRASHED" });
    expect(source.destroyed).toBe(true);
  });

  it("rejects when the thread cannot start with its options", async () => {
    const scan = scanStream(
      Readable.from([makeFile(10)]),
      startThread({ ...OPTIONS, delimiter: "||" }),
      () => undefined,
    );
    await expect(scan).rejects.toMatchObject({ code: "WORKER_CRASHED" });
  });
});
