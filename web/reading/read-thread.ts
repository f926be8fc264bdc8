/** Starts the reading thread at its first request, and ends it when nothing was asked for ten minutes and no stream is open. */
import type { Orders, ReplyOwner } from "../../app/service/orders.ts";
import { CommandRefused, describeError } from "../../model/errors.ts";
import type { Credential } from "../../model/access/credential.ts";
import type { User } from "../../model/access/user.ts";
import type { Clock } from "../../model/ports/clock.ts";
import type { Logger } from "../../model/ports/logger.ts";
import { BUG, judgeError, replyProblem, replyRefusal } from "../api/problem.ts";
import type { HttpAnswer, HttpReply, HttpRequest, HttpStream } from "../server/exchange.ts";
import { createPulledStreams } from "./pulled-streams.ts";
import type { FromReader, MessageOf, Replied, ToReader } from "./read-request.ts";

/** A thread, as the composition root starts it. */
export interface ThreadHandle {
  post(message: ToReader): void;
  /** Rejects when the thread has ended. */
  next(): Promise<FromReader>;
  stop(): Promise<void>;
}

export interface ReadThread {
  answer(request: HttpRequest): Promise<HttpAnswer>;
  /** `null`: it is not valid. A reply if that cannot be found out now. */
  identify(credential: Credential): Promise<Identified | HttpReply>;
  close(): Promise<void>;
}

interface Identified {
  readonly user: User | null;
}

interface Waiting {
  readonly reply: (reply: HttpReply) => void;
  readonly stream: (stream: HttpStream) => void;
  readonly user: (user: User | null) => void;
}

const IDLE_MS = 10 * 60_000;
/** Further requests are refused: a client that never waits must not fill the memory. */
const MOST_WAITING = 256;

export interface ReadThreadTools {
  readonly start: () => ThreadHandle;
  readonly orders: Orders;
  readonly clock: Clock;
  readonly log: Logger;
}

export function createReadThread({ start, orders, clock, log }: ReadThreadTools): ReadThread {
  const waiting = new Map<number, Waiting>();
  const streams = createPulledStreams();
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
      for (;;) take(await from.next(), from);
    } catch (error) {
      // One that has retired: what waits now waits for its successor.
      if (thread !== from) return;
      thread = undefined;
      if (waiting.size === 0 && streams.size === 0) return;
      log.error(`The thread that reads for pages and the API has ended: ${String(error)}`);
      failAll();
    }
  }

  function failAll(): void {
    for (const one of waiting.values()) one.reply(ENDED);
    waiting.clear();
    streams.fail("The reading thread has ended.");
  }

  /** What fails here costs the request `id`. */
  function carryOn(id: number, work: Promise<void>): void {
    work.catch((error: unknown) => {
      log.error(`A request could not be answered: ${describeError(error)}`);
      waiting.get(id)?.reply(ENDED);
      waiting.delete(id);
    });
  }

  function take(message: FromReader, from: ThreadHandle): void {
    switch (message.kind) {
      case "reply":
        return carryOn(message.id, finish(message.id, message));
      case "user":
        return tell(message.id, message.user);
      case "order":
        return carryOn(message.id, carryOut(from, message));
      case "stream":
        return begin(message, from);
      case "chunk":
      case "end":
        usedMs = clock.monotonicMs();
        streams.take(message);
    }
  }

  function begin(message: MessageOf<FromReader, "stream">, from: ThreadHandle): void {
    const one = waiting.get(message.id);
    waiting.delete(message.id);
    const stream = streams.add(message, (to) => from.post(to));
    if (stream === undefined) one?.reply(TOO_MANY_STREAMS);
    else one?.stream(stream);
  }

  async function finish(id: number, { reply, fault, keepFor }: Replied): Promise<void> {
    if (fault !== null) log.error(`A request could not be answered: ${fault}`);
    const one = waiting.get(id);
    if (one === undefined) return;
    one.reply(keepFor === null ? reply : await keep(keepFor, reply));
    waiting.delete(id);
  }

  function tell(id: number, user: User | null): void {
    waiting.get(id)?.user(user);
    waiting.delete(id);
  }

  async function keep(owner: ReplyOwner, reply: HttpReply): Promise<HttpReply> {
    if (typeof reply.body !== "string") return reply;
    try {
      return await orders.keep(owner, { ...reply, body: reply.body });
    } catch (error) {
      // Another request with the same key was faster.
      if (error instanceof CommandRefused) return replyRefusal(judgeError(error) ?? BUG);
      // An order is carried out and its key kept: a repetition gets the reply as it is then.
      log.warn(`A reply could not be kept for its Idempotency-Key: ${describeError(error)}`);
      return reply;
    }
  }

  async function carryOut(from: ThreadHandle, { id, given }: MessageOf<FromReader, "order">): Promise<void> {
    from.post({ kind: "outcome", id, outcome: await orders.carryOut(given) });
  }

  /** Rejects if no thread can be started. */
  async function ask<Answer>(
    write: (id: number) => ToReader,
    wait: (resolve: (answer: Answer | HttpReply) => void) => Waiting,
  ): Promise<Answer | HttpReply> {
    if (waiting.size >= MOST_WAITING) return BUSY;
    usedMs = clock.monotonicMs();
    lastId += 1;
    const id = lastId;
    wake().post(write(id));
    return new Promise((resolve) => {
      waiting.set(id, wait(resolve));
    });
  }

  async function retire(from: ThreadHandle): Promise<void> {
    while (thread === from && !closing.signal.aborted) {
      const leftMs = usedMs + IDLE_MS - clock.monotonicMs();
      if (leftMs <= 0 && waiting.size === 0 && streams.size === 0) {
        thread = undefined;
        await from.stop();
        return;
      }
      await clock.sleep(Math.max(leftMs, 1_000), closing.signal).catch(() => undefined);
    }
  }

  return {
    answer: (request) =>
      ask<HttpAnswer>(
        (id) => ({ kind: "request", id, request }),
        (resolve) => ({ reply: resolve, stream: resolve, user: () => undefined }),
      ),
    identify: (credential) =>
      ask<Identified | HttpReply>(
        (id) => ({ kind: "credential", id, credential }),
        (resolve) => ({ reply: resolve, stream: () => undefined, user: (user) => resolve({ user }) }),
      ),
    async close() {
      closing.abort();
      const last = thread;
      thread = undefined;
      await last?.stop();
      failAll();
    },
  };
}

function refuseBusy(detail: string): HttpReply {
  return replyProblem({ status: 503, code: "MACHINE_SHORT", detail }, { "Retry-After": "1" });
}

const BUSY = refuseBusy(`${MOST_WAITING} requests are waiting already.`);
const TOO_MANY_STREAMS = refuseBusy("As many streams are open as this server allows. Close a page, or poll.");
const ENDED = replyProblem({
  status: 500,
  code: "INTERNAL",
  detail: "Internal error; the log has the reason.",
});
