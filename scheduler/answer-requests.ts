/** Does what other processes ask for, each request alone: one that is refused gets the reason as its answer. */
import { CommandRefused, DagmarError } from "../model/errors.ts";
import type { Logger } from "../model/logger.ts";
import type { Query } from "../state/database.ts";
import { answerRequest, listOpenRequests, type Request } from "../state/requests.ts";
import { inSavepoint } from "../state/savepoint.ts";
import { isDatabaseFault } from "../state/sqlite-errors.ts";
import { applyCommand, isCommandKind, type SchedulerCommand } from "./commands/command.ts";
import { PRUNE } from "./housekeeper.ts";
import type { RunMaker } from "./new-run.ts";
import { describeRefusal } from "./refusal.ts";

/** How many there were. What takes longer than a transaction may is the housekeeper's. */
export function answerRequests(query: Query, maker: RunMaker, log: Logger, now: Date): number {
  const requests = listOpenRequests(query).filter(({ kind }) => kind !== PRUNE);
  for (const request of requests) answer(query, maker, request, log, now);
  return requests.length;
}

function answer(query: Query, maker: RunMaker, request: Request, log: Logger, now: Date): void {
  try {
    // Written by this program: a command of its own, of the same version, or one whose parts are checked where they are used.
    if (request.payload === null || !isCommandKind(request.kind)) {
      throw new CommandRefused("USAGE", "The request is none that this scheduler knows.", {
        hint: "Is the command of the same version as the scheduler?",
      });
    }
    const command = { kind: request.kind, ...request.payload } as SchedulerCommand;
    const value = inSavepoint(query, () => applyCommand(query, maker, command, now));
    answerRequest(query, request.requestId, "done", { ...value }, now);
  } catch (error) {
    if (isDatabaseFault(error)) throw error;
    if (!(error instanceof DagmarError)) {
      log.error(`Request ${request.requestId} (${request.kind}) failed`, {
        stack: error instanceof Error ? error.stack : String(error),
      });
    }
    answerRequest(query, request.requestId, "refused", { ...describeRefusal(error) }, now);
  }
}
