/** Sends a request to the scheduler that holds the lease, as a row in the database, and waits for its answer. */
import type { JsonValue } from "../model/dag/dag.ts";
import { CommandRefused, StateError, type DagmarError } from "../model/errors.ts";
import type { Clock } from "../model/ports/clock.ts";
import type { CommandAnswers } from "../scheduler/commands/command.ts";
import type { Refusal } from "../scheduler/commands/refusal.ts";
import type { WorkSettings } from "../scheduler/commands/work-settings.ts";
import type { PRUNE, PruneResult } from "../scheduler/housekeeper.ts";
import { readLease } from "../state/control/lease.ts";
import { insertRequest, readAnswer, withdrawRequest } from "../state/control/requests.ts";
import type { Database } from "../state/sqlite/database.ts";
import type { App } from "./app.ts";
import { raiseRefusal } from "./raise-refusal.ts";

/** The lease purpose of a process that answers requests. */
export const SCHEDULER_PURPOSE = "scheduler";

/** The requests that a scheduler answers: every command, and work that takes longer than a transaction may. */
interface RequestAnswers extends CommandAnswers {
  readonly [PRUNE]: PruneResult;
}

const LOOK_EVERY_MS = 50;
const PATIENCE_MS = 30_000;

/** How a process waits for the answer to a request. */
export interface AnswerWait {
  readonly clock: Clock;
  /** Resolves when there may be an answer; by default after 50 ms. */
  readonly untilNews?: () => Promise<void>;
  /** By default 30 s. */
  readonly patienceMs?: number;
}

/** Raises `NO_SCHEDULER` if no answer comes in time or the scheduler stops, `INTERRUPTED` if Ctrl-C is pressed first. */
export async function askScheduler<Kind extends keyof RequestAnswers>(
  { clock, user }: Pick<App, "clock" | "user">,
  database: Database,
  { kind, ...payload }: { readonly kind: Kind; readonly settings?: WorkSettings },
  drain: AbortSignal,
): Promise<RequestAnswers[Kind]> {
  const requestId = await database.write((query) =>
    insertRequest(query, { kind, payload, requestedBy: user }, clock.now()),
  );
  // A scheduler of this program wrote the answer; only here it gets its type back.
  return (await awaitAnswer({ clock }, database, requestId, drain)) as unknown as RequestAnswers[Kind];
}

/** The answer of a request that was entered. Raises what `askScheduler` raises. */
export async function awaitAnswer(
  { clock, untilNews = () => clock.sleep(LOOK_EVERY_MS), patienceMs = PATIENCE_MS }: AnswerWait,
  database: Database,
  requestId: number,
  drain: AbortSignal,
): Promise<JsonValue> {
  const startedMs = clock.monotonicMs();
  for (;;) {
    const { state, answer } = readAnswer(database, requestId);
    if (state === "done") return answer;
    if (state === "refused") throw raiseRefusal(answer as unknown as Refusal);
    const isGone = state === "withdrawn" || readLease(database)?.purpose !== SCHEDULER_PURPOSE;
    const isLate = state === "open" && clock.monotonicMs() - startedMs > patienceMs;
    if (drain.aborted || isGone || isLate) {
      const isTaken =
        state === "begun" || !(await database.write((query) => withdrawRequest(query, requestId)));
      // A request that was answered or begun meanwhile cannot be withdrawn, and needs no further wait.
      if (!isTaken || state !== "open") throw giveUp(drain, isGone, isTaken, patienceMs);
    }
    await untilNews();
  }
}

function giveUp(drain: AbortSignal, isGone: boolean, isBegun: boolean, patienceMs: number): DagmarError {
  if (isGone) {
    return new StateError("NO_SCHEDULER", "The scheduler stopped before it answered.", {
      hint: "Give the same command again: it does the work itself, or asks the next scheduler.",
    });
  }
  if (drain.aborted) {
    const end = isBegun
      ? "The scheduler has begun and continues it."
      : "The request was withdrawn; nothing was done.";
    return new CommandRefused("INTERRUPTED", end);
  }
  return new StateError(
    "NO_SCHEDULER",
    `The scheduler did not answer within ${patienceMs / 1000} s; the request was withdrawn.`,
    {
      hint: "Check its /healthz or its log, then give the same command again.",
    },
  );
}
