/** Starts worker threads for tasks and turns their messages into promises. */
import { Worker } from "node:worker_threads";
import { TaskFailure } from "../../model/errors.ts";
import type { WorkerThread } from "../../model/ports/task-type.ts";

/** A thread that needs more old-generation memory ends and its task fails; the process keeps running. */
const MAX_THREAD_MEGABYTES = 512;
/** Most objects live for one chunk only. The default would take up to 48 MB more. */
const YOUNG_MEGABYTES = 8;

/** `youngMegabytes`: memory for new objects; less of it costs processor time in a thread that makes many. */
export function startWorkerThread(
  module: URL,
  data: unknown,
  youngMegabytes = YOUNG_MEGABYTES,
): WorkerThread {
  const worker = new Worker(module, {
    workerData: data,
    resourceLimits: {
      maxOldGenerationSizeMb: MAX_THREAD_MEGABYTES,
      maxYoungGenerationSizeMb: youngMegabytes,
    },
  });
  const messages: unknown[] = [];
  const waiting: { resolve: (message: unknown) => void; reject: (error: unknown) => void }[] = [];
  let end: TaskFailure | undefined;

  function fail(cause: unknown): void {
    const why = cause instanceof Error ? cause.message : String(cause);
    end ??= new TaskFailure("WORKER_CRASHED", `The worker thread ended without an answer: ${why}`, true, {
      cause,
    });
    for (const waiter of waiting.splice(0)) waiter.reject(end);
  }

  worker.on("message", (message: unknown) => {
    const waiter = waiting.shift();
    if (waiter === undefined) messages.push(message);
    else waiter.resolve(message);
  });
  // Wait for the exit, which follows every error: messages that the thread sent before its error may arrive after the
  // error, but not after the exit.
  let fault: unknown;
  worker.on("error", (error) => {
    fault ??= error;
  });
  worker.on("exit", (code) => {
    fail(fault ?? `exit code ${code}`);
  });

  return {
    post(message, transfer) {
      worker.postMessage(message, [...(transfer ?? [])]);
    },
    next() {
      if (messages.length > 0) return Promise.resolve(messages.shift());
      if (end !== undefined) return Promise.reject(end);
      return new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
      });
    },
    async stop() {
      await worker.terminate();
    },
  };
}
