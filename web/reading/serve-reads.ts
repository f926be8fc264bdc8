/** The reading thread's side of the messages: each message in, what it is answered with out. */
import type { GivenOrder, OrderOutcome } from "../../app/service/orders.ts";
import { describeError } from "../../model/errors.ts";
import { BUG, replyProblem } from "../api/problem.ts";
import type { HttpRequest } from "../server/exchange.ts";
import type { Reader } from "./answer-reads.ts";
import type { FromReader, MessageOf, ToReader } from "./read-request.ts";
import { createServedStreams } from "./served-streams.ts";

/** Returns what takes a message. */
export function serveReads(reader: Reader, post: (message: FromReader) => void): (message: ToReader) => void {
  /** By request: the orders whose outcome is awaited. */
  const ordered = new Map<number, (outcome: OrderOutcome) => void>();
  const streams = createServedStreams(post);

  async function answer(id: number, request: HttpRequest): Promise<void> {
    const give = (given: GivenOrder): Promise<OrderOutcome> =>
      new Promise((resolve) => {
        ordered.set(id, resolve);
        post({ kind: "order", id, given });
      });
    const { reply, ...rest } = await reader.answer(request, give);
    if ("body" in reply) post({ kind: "reply", id, reply, ...rest });
    else streams.add(id, reply);
  }

  async function identify({ id, credential }: MessageOf<ToReader, "credential">): Promise<void> {
    const found = await reader.identify(credential);
    if ("user" in found) post({ kind: "user", id, user: found.user });
    else if ("body" in found.reply) post({ kind: "reply", id, ...found, reply: found.reply });
  }

  /** What fails here costs one request, and not the thread with all the others. */
  function carryOn(id: number, work: Promise<void>): void {
    work.catch((error: unknown) => {
      const fault = error instanceof Error ? (error.stack ?? error.message) : describeError(error);
      post({ kind: "reply", id, reply: FAILED, fault, keepFor: null });
    });
  }

  return (message) => {
    switch (message.kind) {
      case "outcome":
        ordered.get(message.id)?.(message.outcome);
        ordered.delete(message.id);
        return;
      case "credential":
        return carryOn(message.id, identify(message));
      case "request":
        return carryOn(message.id, answer(message.id, message.request));
      case "pull":
        return void streams.pull(message.id);
      case "cancel":
        return streams.cancel(message.id);
    }
  };
}

const FAILED = replyProblem(BUG);
