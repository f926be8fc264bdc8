/** What whoever has just taken the lease does first: ends what a dead process left running, and puts its attempts in the books. */
import { makeAttemptCookie } from "../../model/run/attempt-cookie.ts";
import type { Clock } from "../../model/ports/clock.ts";
import type { Logger } from "../../model/ports/logger.ts";
import type { ServiceObserver } from "../../model/ports/service-observer.ts";
import { claimRuns } from "../../state/runs/dag-runs.ts";
import type { Database } from "../../state/sqlite/database.ts";
import { savePools } from "../../state/runs/pools.ts";
import { abandonRequests } from "../../state/control/requests.ts";
import { listRunningAttempts } from "../../state/runs/task-instances.ts";
import { createProcessSearch, describeProcesses, endProcesses } from "../../tasks/shell/attempt-processes.ts";
import { recoverLostAttempts } from "./recover.ts";

export interface TakeOverTools {
  readonly clock: Clock;
  readonly log: Logger;
  readonly lakeId: string;
  readonly pools: ReadonlyMap<string, number>;
  /** See `makeAttemptCookie`. */
  readonly cookieScope: string;
  readonly service: ServiceObserver;
}

/** Processes are ended before their attempts are given up: who dies between the two finds them again. */
export async function takeOver(database: Database, tools: TakeOverTools): Promise<void> {
  const { clock, lakeId, pools, cookieScope, service } = tools;
  const attempts = listRunningAttempts(database);
  await endOrphans(new Set(attempts.map((attempt) => makeAttemptCookie(attempt, cookieScope))), tools);
  await database.write((query) => {
    savePools(query, pools);
    claimRuns(query, lakeId);
    abandonRequests(query);
    recoverLostAttempts(query, clock.now());
  });
  for (const { dagId } of attempts) service.taskLost(dagId);
}

async function endOrphans(cookies: ReadonlySet<string>, { clock, log }: TakeOverTools): Promise<void> {
  const search = createProcessSearch(cookies);
  const left = await endProcesses(search, clock);
  const ended = search.foundCount - left.length;
  if (ended > 0) log.warn(`Ended ${ended} processes that a dead scheduler had left running.`);
  if (left.length > 0) {
    log.error(
      `A dead scheduler left running what SIGKILL does not end: ${describeProcesses(left)}. The next attempt of its task runs at the same time. End it by hand.`,
    );
  }
}
