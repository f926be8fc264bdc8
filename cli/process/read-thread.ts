/** The thread that reads for pages and the API: requests come in, replies go out. */
import { constants, setPriority } from "node:os";
import { parentPort, workerData } from "node:worker_threads";
import { createReader } from "../../web/reading/answer-reads.ts";
import type { ReadSettings, ToReader } from "../../web/reading/read-request.ts";
import { serveReads } from "../../web/reading/serve-reads.ts";
import { systemClock } from "./system-clock.ts";

const port = parentPort;
if (port === null) throw new Error("read-thread runs as a worker thread only");

// Linux counts for each thread of its own, setpriority(2): the scheduler's thread never waits for a processor that reads for a page.
if (process.platform === "linux") setPriority(constants.priority.PRIORITY_LOW);

const take = serveReads(createReader(workerData as ReadSettings, systemClock), (message) =>
  port.postMessage(message),
);

port.on("message", (message: ToReader) => take(message));
