/**
 * The thread that scans a CSV: receives bytes, sends progress and one answer (see messages). It never touches state or
 * lake, and lives until its owner stops it.
 */
import { parentPort, workerData } from "node:worker_threads";
import { TaskFailure } from "../../model/errors.ts";
import type { FromScanWorker, ToScanWorker } from "./messages.ts";
import { createScanner, type ScannerOptions } from "./scan/scanner.ts";

const port = parentPort;
if (port === null) throw new Error("csv-to-ids/worker runs as a worker thread only");

const scanner = createScanner(workerData as ScannerOptions);
let isAnswered = false;

function reply(message: FromScanWorker, transfer: readonly ArrayBuffer[] = []): void {
  isAnswered = message.kind !== "progress";
  port?.postMessage(message, transfer);
}

function handle(message: ToScanWorker): void {
  if (message.kind === "end") return reply({ kind: "result", result: scanner.finish() });
  scanner.push(new Uint8Array(message.bytes, 0, message.length));
  reply({ kind: "progress", ...scanner.progress(), ids: scanner.takeIds(), buffer: message.bytes }, [
    message.bytes,
  ]);
}

port.on("message", (message: ToScanWorker) => {
  if (isAnswered) return;
  try {
    handle(message);
  } catch (error) {
    // Any other error is our own fault: it ends the thread, which reports it to the thread's owner.
    if (!(error instanceof TaskFailure)) throw error;
    const { code, message: text, hint, retryable } = error;
    reply({ kind: "failure", code, message: text, hint, retryable });
  }
});
