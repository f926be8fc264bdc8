/**
 * How a face of this process has the scheduler do something: an order is entered as a request, the loop is woken, and
 * the answer is read after its next turn. An order with a key is carried out once, however often it is given.
 */
import type { JsonValue } from "../../model/dag/dag.ts";
import { CommandRefused, DagmarError, StateError } from "../../model/errors.ts";
import type { RunTrigger } from "../../model/run/dag-run.ts";
import type { Clock } from "../../model/ports/clock.ts";
import type { Logger } from "../../model/ports/logger.ts";
import type { CommandAnswers, CommandKind, SchedulerCommand } from "../../scheduler/commands/command.ts";
import { describeRefusal, type Refusal } from "../../scheduler/commands/refusal.ts";
import type { WorkSettings } from "../../scheduler/commands/work-settings.ts";
import { readLease } from "../../state/control/lease.ts";
import {
  ANSWERED,
  findKeyedRequest,
  forgetOldKeys,
  insertAnswered,
  insertRequest,
  keepReply,
  releaseKey,
  type KeptReply,
  type RequestKey,
} from "../../state/control/requests.ts";
import type { Database } from "../../state/sqlite/database.ts";
import type { Query } from "../../state/sqlite/query.ts";
import { awaitAnswer, SCHEDULER_PURPOSE } from "../ask-scheduler.ts";

/** Plain JSON: it crosses threads. */
export type Order<Kind extends CommandKind = CommandKind> = SchedulerCommand<Kind>;
export type OrderKind = CommandKind;
export type OrderAnswer<Kind extends CommandKind> = CommandAnswers[Kind];

export interface GivenOrder {
  /** `null`: only the answer of the key's request is wanted. */
  readonly order: Order | null;
  readonly key: RequestKey | null;
  readonly requestedBy: string;
  /** Through what, for an order that may create a run. */
  readonly triggeredBy: RunTrigger | null;
}

export type OrderOutcome =
  | { readonly state: "done"; readonly requestId: number; readonly answer: JsonValue }
  | { readonly state: "refused"; readonly refusal: Refusal }
  /** The key was given before, and this was the reply. */
  | { readonly state: "kept"; readonly reply: KeptReply };

/** What a reply belongs to: a request with a key, or a key whose request had nothing to order. */
export type ReplyOwner =
  | { readonly kind: "request"; readonly requestId: number }
  | { readonly kind: "key"; readonly key: RequestKey; readonly requestedBy: string };

export interface Orders {
  /** Rejects never: a fault is a refusal. */
  carryOut(given: GivenOrder): Promise<OrderOutcome>;
  /** Keeps the reply for repetitions of the key; returns the one that was kept first. Raises `KEY_REUSED`. */
  keep(owner: ReplyOwner, reply: KeptReply): Promise<KeptReply>;
}

export interface OrderTools {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Logger;
  readonly settings: WorkSettings;
  /** Wakes this process's loop, if it is the scheduler. */
  readonly wake: () => void;
  readonly drain: AbortSignal;
}

/** An answer that another process's scheduler writes is found by looking. */
const LOOK_EVERY_MS = 50;
/** As long as a person waits for a page; the HTTP server would keep the connection for a minute. */
const PATIENCE_MS = 8_000;

/** `turned` is to be called after each turn of this process's loop: answers are then found at once. */
export function createOrders(tools: OrderTools): Orders & { readonly turned: () => void } {
  const { database, clock, drain } = tools;
  const waiting = new Set<() => void>();

  /** The next turn, the end of this process, or a short time. */
  async function untilNews(): Promise<void> {
    const over = new AbortController();
    const look = (): void => over.abort();
    waiting.add(look);
    drain.addEventListener("abort", look, { once: true });
    await clock.sleep(LOOK_EVERY_MS, over.signal).catch(() => undefined);
    drain.removeEventListener("abort", look);
    waiting.delete(look);
  }

  return {
    async carryOut(given) {
      try {
        assertScheduler(database, drain);
        const entered = await database.write((query) => enterOrder(query, given, tools));
        if ("reply" in entered) return { state: "kept", reply: entered.reply };
        tools.wake();
        const { requestId } = entered;
        return {
          state: "done",
          requestId,
          answer: await awaitAnswer(
            { clock, untilNews, patienceMs: PATIENCE_MS },
            database,
            requestId,
            drain,
          ),
        };
      } catch (error) {
        return refuseOrder(error, tools.log);
      }
    },
    keep: (owner, reply) =>
      database.write((query) =>
        owner.kind === "request"
          ? keepReply(query, owner.requestId, reply)
          : keepAnswer(query, { ...owner, reply }, clock.now()),
      ),
    turned() {
      for (const look of waiting) look();
    },
  };
}

/** A fault of our own is also logged. */
export function refuseOrder(error: unknown, log: Logger): OrderOutcome {
  if (!(error instanceof DagmarError)) {
    log.error(`An order could not be carried out`, {
      stack: error instanceof Error ? error.stack : String(error),
    });
  }
  return { state: "refused", refusal: describeRefusal(error) };
}

function assertScheduler(database: Database, drain: AbortSignal): void {
  if (drain.aborted) throw new CommandRefused("INTERRUPTED", "The scheduler is stopping; nothing was done.");
  if (readLease(database)?.purpose === SCHEDULER_PURPOSE) return;
  throw new StateError("NO_SCHEDULER", "No scheduler is running, so nothing was done.", {
    hint: "Start one with `dagmar scheduler`. A command of the terminal does its work itself.",
  });
}

function keepAnswer(query: Query, answered: Parameters<typeof insertAnswered>[1], now: Date): KeptReply {
  const { key, reply } = answered;
  const known = findKeyedRequest(query, key.key, now);
  if (known === undefined) {
    forgetOldKeys(query, now);
    insertAnswered(query, answered, now);
    return reply;
  }
  assertSameAsked(known.askedHash, key);
  return known.reply ?? reply;
}

/** In one transaction, so that two requests with one key become one. */
export function enterOrder(
  query: Query,
  { order, key, requestedBy, triggeredBy }: GivenOrder,
  { clock, settings }: Pick<OrderTools, "clock" | "settings">,
): { readonly requestId: number } | { readonly reply: KeptReply } {
  const now = clock.now();
  if (key !== null) {
    const known = findKeyedRequest(query, key.key, now);
    if (known !== undefined) {
      assertSameAsked(known.askedHash, key);
      if (known.reply !== null) return { reply: known.reply };
      if (known.kind !== ANSWERED) return { requestId: known.requestId };
      releaseKey(query, known.requestId);
    }
    forgetOldKeys(query, now);
  }
  if (order === null) {
    throw new StateError("INTERRUPTED", "The first request of this Idempotency-Key was refused meanwhile.");
  }
  const { kind, ...asked } = order;
  const payload = { ...asked, settings, ...(triggeredBy === null ? {} : { triggeredBy }) };
  return { requestId: insertRequest(query, { kind, payload, requestedBy, key }, now) };
}

/** Raises `KEY_REUSED`. */
export function assertSameAsked(askedHash: string, { hash }: RequestKey): void {
  if (askedHash === hash) return;
  throw new CommandRefused("KEY_REUSED", "This Idempotency-Key belongs to another request of the last day.", {
    hint: "Give each request a key of its own, and the same key only to a repetition.",
  });
}
