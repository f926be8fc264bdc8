/** The thread that reads for pages and the API: requests come in, replies go out. */
import { parentPort, workerData } from "node:worker_threads";
import type { GivenOrder, OrderOutcome } from "../../app/service/orders.ts";
import { createReader } from "../../web/reading/answer-reads.ts";
import type { FromReader, ReadSettings, ToReader } from "../../web/reading/read-request.ts";
import { systemClock } from "./system-clock.ts";

const port = parentPort;
if (port === null) throw new Error("read-thread runs as a worker thread only");

const reader = createReader(workerData as ReadSettings, systemClock);
/** By request: the orders whose outcome is awaited. */
const ordered = new Map<number, (outcome: OrderOutcome) => void>();

port.on("message", (message: ToReader) => {
  if (message.kind === "outcome") {
    ordered.get(message.id)?.(message.outcome);
    ordered.delete(message.id);
    return;
  }
  const { id } = message;
  if (message.kind === "credential") {
    void reader
      .identify(message.credential)
      .then((found) =>
        port.postMessage(
          ("user" in found
            ? { kind: "user", id, ...found }
            : { kind: "reply", id, ...found }) satisfies FromReader,
        ),
      );
    return;
  }
  const { request } = message;
  const give = (given: GivenOrder): Promise<OrderOutcome> =>
    new Promise((resolve) => {
      ordered.set(id, resolve);
      port.postMessage({ kind: "order", id, given } satisfies FromReader);
    });
  void reader
    .answer(request, give)
    .then((answered) => port.postMessage({ kind: "reply", id, ...answered } satisfies FromReader));
});
