/** Carries out requests that take too long for one transaction: pruning, in many small transactions. */
import { describeError } from "../model/errors.ts";
import type { Clock } from "../model/ports/clock.ts";
import type { JsonValue } from "../model/dag/dag.ts";
import type { Logger } from "../model/ports/logger.ts";
import type { Database } from "../state/sqlite/database.ts";
import { pruneDatabase, type PruneReport } from "../state/upkeep/prune.ts";
import { answerRequest, beginRequest, listOpenRequests } from "../state/control/requests.ts";
import { describeRefusal } from "./commands/refusal.ts";

/** The request's kind; its payload is a `PruneOrder`. */
export const PRUNE = "prune";

export interface PruneOrder {
  /** ISO UTC. */
  readonly before: string;
}

export interface HousekeepingTools {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Logger;
  /** Removes log files of attempts that are older; returns the number of folders. */
  readonly pruneLogs: (before: Date) => Promise<number>;
}

export interface Housekeeper {
  /** Starts the next request unless one is in progress. A failed read is logged and repeated at the next look. */
  look(): void;
  /** Resolves when no request is in progress. */
  rest(): Promise<void>;
}

/** `drain` stops it between two transactions; the request is then answered with what was done. */
export function createHousekeeper(tools: HousekeepingTools, drain: AbortSignal): Housekeeper {
  let work: Promise<void> | undefined;

  async function answer(requestId: number, order: PruneOrder): Promise<void> {
    const { database, clock, log } = tools;
    let state: "done" | "refused" = "done";
    let value: JsonValue;
    try {
      await database.write((query) => beginRequest(query, requestId));
      value = { ...(await prune(tools, new Date(order.before), drain)) };
    } catch (error) {
      log.error(`Pruning failed: ${error instanceof Error ? error.message : String(error)}`);
      state = "refused";
      value = { ...describeRefusal(error) };
    }
    await database.write((query) => answerRequest(query, requestId, state, value, clock.now()));
  }

  function begin(): void {
    const request = listOpenRequests(tools.database).find(({ kind }) => kind === PRUNE);
    if (request === undefined) return;
    work = answer(request.requestId, (request.payload ?? {}) as PruneOrder)
      .catch(() => undefined)
      .finally(() => {
        work = undefined;
      });
  }

  return {
    look() {
      if (work !== undefined || drain.aborted) return;
      try {
        begin();
      } catch (error) {
        tools.log.error(`The requests could not be read; trying again. ${describeError(error)}`);
      }
    },
    async rest() {
      await work;
    },
  };
}

export interface PruneResult extends PruneReport {
  /** Folders of log files, one per run. */
  readonly logs: number;
}

/** Rows first: a log without its run does no harm. */
export async function prune(
  { database, pruneLogs }: Pick<HousekeepingTools, "database" | "pruneLogs">,
  before: Date,
  signal: AbortSignal,
): Promise<PruneResult> {
  const report = await pruneDatabase(database, { before, isDryRun: false, signal });
  return { ...report, logs: await pruneLogs(before) };
}
