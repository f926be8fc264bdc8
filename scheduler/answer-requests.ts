/** Does what other processes ask for, each request alone: one that is refused gets the reason as its answer. */
import type { JsonValue } from "../model/dag.ts";
import { DagmarError } from "../model/errors.ts";
import type { Logger } from "../model/logger.ts";
import type { Query } from "../state/database.ts";
import { answerRequest, listOpenRequests, type Request } from "../state/requests.ts";
import { inSavepoint } from "../state/savepoint.ts";
import { applyCommand, type SchedulerCommand } from "./commands/command.ts";
import type { RunMaker } from "./new-run.ts";

/** How a refusal travels: enough to raise it again where it was asked for. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
}

/** How many there were. */
export function answerRequests(query: Query, maker: RunMaker, log: Logger, now: Date): number {
  const requests = listOpenRequests(query);
  for (const request of requests) answer(query, maker, request, log, now);
  return requests.length;
}

function answer(query: Query, maker: RunMaker, request: Request, log: Logger, now: Date): void {
  try {
    // Written by this program: a command of its own, of the same version, or one whose parts are checked where they are used.
    const command = { kind: request.kind, ...request.payload } as SchedulerCommand;
    const value = inSavepoint(query, () => applyCommand(query, maker, command, now));
    answerRequest(query, request.requestId, "done", value, now);
  } catch (error) {
    if (!(error instanceof DagmarError)) {
      log.error(`Request ${request.requestId} (${request.kind}) failed`, {
        stack: error instanceof Error ? error.stack : String(error),
      });
    }
    answerRequest(query, request.requestId, "refused", { ...describeRefusal(error) }, now);
  }
}

function describeRefusal(error: unknown): Refusal & Record<string, JsonValue> {
  if (error instanceof DagmarError) {
    return { code: error.code, message: error.message, hint: error.hint ?? null };
  }
  return { code: "INTERNAL", message: error instanceof Error ? error.message : String(error), hint: null };
}
