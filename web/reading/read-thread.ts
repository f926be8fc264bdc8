/** Starts the reading thread at its first request, and ends it when nothing was asked for ten minutes. */
import type { Clock } from "../../model/ports/clock.ts";
import type { Logger } from "../../model/ports/logger.ts";
import { replyProblem } from "../api/problem.ts";
import type { HttpReply, HttpRequest } from "../server/exchange.ts";
import type { FromReader, ToReader } from "./read-request.ts";

/** A thread, as the composition root starts it. */
export interface ThreadHandle {
  post(message: ToReader): void;
  /** Rejects when the thread has ended. */
  next(): Promise<FromReader>;
  stop(): Promise<void>;
}

export interface ReadThread {
  answer(request: HttpRequest): Promise<HttpReply>;
  close(): Promise<void>;
}

const IDLE_MS = 10 * 60_000;
/** Further requests are refused: a client that never waits must not fill the memory. */
const MOST_WAITING = 256;

export function createReadThread(start: () => ThreadHandle, clock: Clock, log: Logger): ReadThread {
  const waiting = new Map<number, (reply: HttpReply) => void>();
  let thread: ThreadHandle | undefined;
  let lastId = 0;
  let usedMs = clock.monotonicMs();
  const closing = new AbortController();

  function wake(): ThreadHandle {
    if (thread !== undefined) return thread;
    const started = start();
    thread = started;
    void receive(started);
    void retire(started);
    return started;
  }

  async function receive(from: ThreadHandle): Promise<void> {
    try {
      for (;;) {
        const { id, reply, fault } = await from.next();
        if (fault !== null) log.error(`A request could not be answered: ${fault}`);
        waiting.get(id)?.(reply);
        waiting.delete(id);
      }
    } catch (error) {
      if (thread === from) thread = undefined;
      if (waiting.size === 0) return;
      log.error(`The thread that reads for pages and the API has ended: ${String(error)}`);
      for (const answer of waiting.values()) answer(ENDED);
      waiting.clear();
    }
  }

  async function retire(from: ThreadHandle): Promise<void> {
    while (thread === from && !closing.signal.aborted) {
      const leftMs = usedMs + IDLE_MS - clock.monotonicMs();
      if (leftMs <= 0 && waiting.size === 0) {
        thread = undefined;
        await from.stop();
        return;
      }
      await clock.sleep(Math.max(leftMs, 1_000), closing.signal).catch(() => undefined);
    }
  }

  return {
    answer(request) {
      if (waiting.size >= MOST_WAITING) return Promise.resolve(BUSY);
      usedMs = clock.monotonicMs();
      lastId += 1;
      const id = lastId;
      return new Promise((resolve) => {
        waiting.set(id, resolve);
        wake().post({ id, request });
      });
    },
    async close() {
      closing.abort();
      await thread?.stop();
      thread = undefined;
    },
  };
}

const BUSY = replyProblem(
  { status: 503, code: "MACHINE_SHORT", detail: `${MOST_WAITING} requests are waiting already.` },
  { "Retry-After": "1" },
);
const ENDED = replyProblem({
  status: 500,
  code: "INTERNAL",
  detail: "Internal error; the log has the reason.",
});
