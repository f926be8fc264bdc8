/** The thread that reads for pages and the API: requests come in, replies go out. */
import { setPriority } from "node:os";
import { parentPort, workerData } from "node:worker_threads";
import { createReader } from "../../web/reading/answer-reads.ts";
import type { ReadSettings, ToReader } from "../../web/reading/read-request.ts";
import { serveReads } from "../../web/reading/serve-reads.ts";
import { systemClock } from "./system-clock.ts";

const port = parentPort;
if (port === null) throw new Error("read-thread runs as a worker thread only");

/** Linux counts for each thread of its own, setpriority(2): where processors are few, the scheduler's thread comes first. */
const NICE = 5;
if (process.platform === "linux") setPriority(NICE);

const take = serveReads(createReader(workerData as ReadSettings, systemClock), (message) =>
  port.postMessage(message),
);

port.on("message", (message: ToReader) => take(message));
