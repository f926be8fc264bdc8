/** Does what is asked of the scheduler and takes longer than a transaction may: pruning, in many small ones. */
import { describeError } from "../model/errors.ts";
import type { Clock } from "../model/ports/clock.ts";
import type { JsonValue } from "../model/dag/dag.ts";
import type { Logger } from "../model/ports/logger.ts";
import type { Database } from "../state/sqlite/database.ts";
import { pruneDatabase, type PruneReport } from "../state/upkeep/prune.ts";
import { answerRequest, beginRequest, listOpenRequests } from "../state/control/requests.ts";
import { describeRefusal } from "./commands/refusal.ts";

/** The kind of the request; its payload is a `PruneOrder`. */
export const PRUNE = "prune";

export interface PruneOrder {
  /** ISO UTC. */
  readonly before: string;
}

export interface HousekeepingTools {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Logger;
  /** Removes the log files of attempts older than that; how many folders. */
  readonly pruneLogs: (before: Date) => Promise<number>;
}

export interface Housekeeper {
  /**
   * Begins what is asked for, unless something is being done: then that comes first. What cannot be read is logged, and read
   * again at the next look.
   */
  look(): void;
  /** Resolves when nothing is being done. */
  rest(): Promise<void>;
}

/** `drain` stops it between two transactions; who asked is told so. */
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
      log.error(`Pruning has failed: ${error instanceof Error ? error.message : String(error)}`);
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
        tools.log.error(`Requests could not be looked through; that is tried again. ${describeError(error)}`);
      }
    },
    async rest() {
      await work;
    },
  };
}

export interface PruneResult extends PruneReport {
  /** Folders of log files, one a run. */
  readonly logs: number;
}

/** Rows first: a log without its run is merely of no use. */
export async function prune(
  { database, pruneLogs }: Pick<HousekeepingTools, "database" | "pruneLogs">,
  before: Date,
  signal: AbortSignal,
): Promise<PruneResult> {
  const report = await pruneDatabase(database, { before, isDryRun: false, signal });
  return { ...report, logs: await pruneLogs(before) };
}
