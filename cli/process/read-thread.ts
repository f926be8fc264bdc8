/** The thread that reads for pages and the API: requests come in, replies go out. */
import { parentPort, workerData } from "node:worker_threads";
import { createReader } from "../../web/reading/answer-reads.ts";
import type { ReadSettings, ToReader } from "../../web/reading/read-request.ts";
import { systemClock } from "./system-clock.ts";

const port = parentPort;
if (port === null) throw new Error("read-thread runs as a worker thread only");

const reader = createReader(workerData as ReadSettings, systemClock);

port.on("message", ({ id, request }: ToReader) => {
  void reader.answer(request).then((answered) => port.postMessage({ id, ...answered }));
});
