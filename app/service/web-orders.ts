/**
 * How `dagmar web` has an order carried out: by the scheduler that holds the lease; without one this process takes the
 * lease for a moment, as a command of the terminal does.
 */
import type { DagFolder } from "../../config/dag-file/load-dags.ts";
import { CommandRefused, StateError } from "../../model/errors.ts";
import { answerNow } from "../../scheduler/commands/answer-requests.ts";
import type { Refusal } from "../../scheduler/commands/refusal.ts";
import { isLeaseFree, type HeldLease } from "../../scheduler/lease/lease-keeper.ts";
import { readLease } from "../../state/control/lease.ts";
import { readAnswer } from "../../state/control/requests.ts";
import type { Database } from "../../state/sqlite/database.ts";
import type { Query } from "../../state/sqlite/query.ts";
import type { App } from "../app.ts";
import { SCHEDULER_PURPOSE } from "../ask-scheduler.ts";
import { describeWork, tryLease } from "../lease-work.ts";
import {
  createOrders,
  enterOrder,
  refuseOrder,
  type GivenOrder,
  type Order,
  type OrderOutcome,
  type Orders,
} from "./orders.ts";
import { listEdited, saveEdited } from "./take-in-dags.ts";

const PURPOSE = "web";
/** Most commands hold the lease for some milliseconds: an order waits that long for it, and is refused then. */
const PATIENCE_MS = 2_000;
const LOOK_EVERY_MS = 25;

const NO_DAGS: DagFolder = { dags: new Map(), broken: new Map() };

export interface WebOrders extends Orders {
  /** Saves the edited Dag files. `false` if another process keeps the lease. */
  takeIn(folder: DagFolder): Promise<boolean>;
  /** Resolves once no order is being carried out. */
  rest(): Promise<unknown>;
}

export function createWebOrders(app: App, database: Database, drain: AbortSignal): WebOrders {
  const { clock, log } = app;
  const tools = { database, clock, log, settings: describeWork(app), wake: () => undefined, drain };
  const asked = createOrders(tools);
  let former: Promise<unknown> = Promise.resolve();

  /** One after the other: this process takes the lease once at a time. */
  function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const next = former.then(work);
    former = next.catch(() => undefined);
    return next;
  }

  function hasScheduler(): boolean {
    const lease = readLease(database);
    return lease?.purpose === SCHEDULER_PURPOSE && !isLeaseFree(lease, clock.now());
  }

  /** `null` if a scheduler holds it. Raises `DATABASE_BUSY` if another command keeps it. */
  async function takeLease(patienceMs: number): Promise<HeldLease | null> {
    const startedMs = clock.monotonicMs();
    for (;;) {
      try {
        return await tryLease(app, database, PURPOSE, drain);
      } catch (error) {
        const isLate = drain.aborted || clock.monotonicMs() - startedMs >= patienceMs;
        if (!isBusy(error) || isLate) throw error;
      }
      await clock.sleep(LOOK_EVERY_MS, drain).catch(() => undefined);
    }
  }

  async function withLease<Result>(lease: HeldLease, work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } finally {
      await lease.release();
      // A lease that was lost still fences the connection: the next order takes another one.
      database.fenceBy(null);
    }
  }

  /** `null` if a scheduler has to be asked. */
  async function carryOutHere(given: GivenOrder): Promise<OrderOutcome | null> {
    if (drain.aborted) throw new CommandRefused("INTERRUPTED", "This process is stopping; nothing was done.");
    if (hasScheduler()) return null;
    if (given.order !== null && isLogin(given.order)) {
      return database.write((query) => apply(query, given, NO_DAGS));
    }
    const folder = given.order !== null && namesDag(given.order) ? await app.loadDags() : NO_DAGS;
    const lease = await takeLease(PATIENCE_MS);
    if (lease === null) return null;
    return withLease(lease, async () => {
      // Committed also if the order is refused: the next preview shows the file as it is now.
      if (listEdited(database, folder).length > 0) {
        await database.write((query) => saveEdited(query, folder, clock.now()));
      }
      return await database.write((query) => apply(query, given, folder));
    });
  }

  /** One transaction: the request, its effect and its answer. */
  function apply(query: Query, given: GivenOrder, { dags }: DagFolder): OrderOutcome {
    const entered = enterOrder(query, given, tools);
    if ("reply" in entered) return { state: "kept", reply: entered.reply };
    const { requestId } = entered;
    const findFingerprint = (dagId: string): string | undefined => {
      const dag = dags.get(dagId);
      return dag?.enabled === true ? dag.fingerprint : undefined;
    };
    if (readAnswer(query, requestId).state === "open" && given.order !== null) {
      assertSameFile(given.order, findFingerprint);
    }
    const holder = { registry: app.registry, lakeId: app.lake.id, dags };
    const own = { settings: tools.settings, findFingerprint, hasReadSince: () => true };
    answerNow(query, requestId, holder, own, log, clock.now());
    const { state, answer } = readAnswer(query, requestId);
    if (state === "done") return { state, requestId, answer };
    return { state: "refused", refusal: answer as unknown as Refusal };
  }

  return {
    async carryOut(given) {
      try {
        return (await inTurn(() => carryOutHere(given))) ?? (await asked.carryOut(given));
      } catch (error) {
        return refuseOrder(error, log);
      }
    },
    keep: (owner, reply) => asked.keep(owner, reply),
    takeIn: (folder) =>
      inTurn(async () => {
        // A scheduler reads the folder itself.
        if (hasScheduler() || listEdited(database, folder).length === 0) return true;
        try {
          const lease = await takeLease(0);
          if (lease === null) return true;
          await withLease(lease, () => database.write((query) => saveEdited(query, folder, clock.now())));
          return true;
        } catch (error) {
          if (isBusy(error)) return false;
          throw error;
        }
      }),
    rest: () => former,
  };
}

function isBusy(error: unknown): boolean {
  return error instanceof StateError && error.code === "DATABASE_BUSY";
}

/** Taken while a command has the lease: no other work reads or writes the rows of sessions. */
function isLogin({ kind }: Order): boolean {
  return kind === "open_session" || kind === "close_session";
}

function namesDag({ kind }: Order): boolean {
  return kind === "run" || kind === "backfill" || kind === "pause";
}

/** Raises `PLAN_CHANGED`. */
function assertSameFile(order: Order, findFingerprint: (dagId: string) => string | undefined): void {
  if (order.kind !== "run" && order.kind !== "backfill") return;
  const { dagId, fingerprint } = order.request.dag;
  const found = findFingerprint(dagId);
  if (found === fingerprint) return;
  const what =
    found === undefined ? "is gone, broken or off" : "was edited since what you saw was made from it";
  throw new CommandRefused("PLAN_CHANGED", `The file of ${dagId} ${what}; nothing was done.`, {
    hint:
      found === undefined
        ? "`dagmar dags validate` shows its faults."
        : "Look again, and confirm what is there now.",
  });
}
