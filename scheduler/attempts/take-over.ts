/**
 * The first steps after taking the lease: stops the programs that a dead process left running, and records its
 * attempts as lost.
 */
import { describeError } from "../../model/errors.ts";
import { makeAttemptCookie } from "../../model/run/attempt-cookie.ts";
import type { Clock } from "../../model/ports/clock.ts";
import type { Logger } from "../../model/ports/logger.ts";
import type { ServiceObserver } from "../../model/ports/service-observer.ts";
import { claimRuns } from "../../state/runs/dag-runs.ts";
import type { Database } from "../../state/sqlite/database.ts";
import { savePools } from "../../state/runs/pools.ts";
import { claimIdentity, readDatabaseId } from "../../state/control/database-identity.ts";
import { insertEvent } from "../../state/control/events.ts";
import { abandonRequests } from "../../state/control/requests.ts";
import { cancelLostVerifications } from "../../state/records/verifications.ts";
import { listRunningAttempts } from "../../state/runs/task-instances.ts";
import { createProcessSearch, describeProcesses, endProcesses } from "../../tasks/shell/attempt-processes.ts";
import { removeLeftFolders } from "../../tasks/sql-to-lake/temp-folder.ts";
import { clearUnknownStates } from "../runs/unknown-states.ts";
import { recoverLostAttempts } from "./recover.ts";

export interface TakeOverTools {
  readonly clock: Clock;
  readonly log: Logger;
  readonly lakeId: string;
  readonly pools: ReadonlyMap<string, number>;
  /** Of events that belong to no run. */
  readonly timezone: string;
  readonly service: ServiceObserver;
}

/**
 * Stops processes before it marks their attempts as lost: if this process dies in between, the next one finds them
 * again.
 */
export async function takeOver(database: Database, tools: TakeOverTools): Promise<void> {
  const { clock, lakeId, pools, service } = tools;
  const { copyOf } = await claimIdentity(database);
  if (copyOf !== null) await tellCopied(database, copyOf, tools);
  const attempts = listRunningAttempts(database);
  // Processes that version 0.1 started carry the database's path.
  const scopes = [readDatabaseId(database), database.path];
  const cookies = attempts.flatMap((attempt) => scopes.map((scope) => makeAttemptCookie(attempt, scope)));
  await endOrphans(new Set(cookies), tools);
  await removeFolders(readDatabaseId(database), tools);
  await database.write((query) => {
    savePools(query, pools);
    claimRuns(query, lakeId);
    abandonRequests(query);
    cancelLostVerifications(query, clock.now());
    clearUnknownStates(query, clock.now(), tools.timezone);
    recoverLostAttempts(query, clock.now());
  });
  for (const { dagId } of attempts) service.taskLost(dagId);
}

async function tellCopied(database: Database, original: string, tools: TakeOverTools): Promise<void> {
  const { clock, log, timezone } = tools;
  const message = `${database.path} is a copy of ${original}, which still exists. The copy gets its own id; programs that ${original} started are not stopped.`;
  log.warn(message);
  const event = { level: "warn", kind: "database_copied", message } as const;
  await database.write((query) => insertEvent(query, event, clock.now(), timezone));
}

/** Of attempts whose processes have just ended. They only take place: a fault must keep no scheduler from starting. */
async function removeFolders(databaseId: string, { log }: TakeOverTools): Promise<void> {
  try {
    await removeLeftFolders(databaseId);
  } catch (error) {
    log.warn("The temporary files of a dead scheduler's tasks could not be removed.", {
      error: describeError(error),
    });
  }
}

async function endOrphans(cookies: ReadonlySet<string>, { clock, log }: TakeOverTools): Promise<void> {
  const search = createProcessSearch(cookies);
  const left = await endProcesses(search, clock);
  const ended = search.foundCount - left.length;
  const what = ended === 1 ? "a process" : `${ended} processes`;
  if (ended > 0) log.warn(`Stopped ${what} that a dead scheduler had left running.`);
  if (left.length > 0) {
    log.error(
      `SIGKILL does not stop what a dead scheduler left running: ${describeProcesses(left)}. The next attempt of the task runs at the same time. Stop the old process by hand.`,
    );
  }
}
