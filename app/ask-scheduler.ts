/** Asks the scheduler that holds the lease, by a row of the database, and waits for its answer. */
import type { JsonValue } from "../model/dag/dag.ts";
import { CommandRefused, isErrorCode, StateError, type DagmarError } from "../model/errors.ts";
import type { CommandAnswers } from "../scheduler/commands/command.ts";
import type { Refusal } from "../scheduler/commands/refusal.ts";
import type { WorkSettings } from "../scheduler/commands/work-settings.ts";
import type { PRUNE, PruneResult } from "../scheduler/housekeeper.ts";
import { identifyProcess } from "../scheduler/lease/process-identity.ts";
import { readLease } from "../state/control/lease.ts";
import { insertRequest, readAnswer, withdrawRequest } from "../state/control/requests.ts";
import type { Database } from "../state/sqlite/database.ts";
import type { App } from "./app.ts";

/** What a lease's purpose says when its holder answers requests. */
export const SCHEDULER_PURPOSE = "scheduler";

/** What a scheduler can be asked for: any command, and what takes longer than a transaction may. */
interface RequestAnswers extends CommandAnswers {
  readonly [PRUNE]: PruneResult;
}

const LOOK_EVERY_MS = 50;
const PATIENCE_MS = 30_000;

/** Raises `NO_SCHEDULER` when there is no answer in time or the scheduler goes, `INTERRUPTED` when Ctrl-C is pressed before. */
export async function askScheduler<Kind extends keyof RequestAnswers>(
  { clock }: Pick<App, "clock">,
  database: Database,
  { kind, ...payload }: { readonly kind: Kind; readonly settings?: WorkSettings },
  drain: AbortSignal,
): Promise<RequestAnswers[Kind]> {
  const { pid, host } = identifyProcess();
  const requestId = await database.write((query) =>
    insertRequest(query, { kind, payload, requestedBy: `${pid}@${host}` }, clock.now()),
  );
  const startedMs = clock.monotonicMs();
  for (;;) {
    const { state, answer } = readAnswer(database, requestId);
    // Written by a scheduler of this program's; the one place where what it answered gets its type back.
    if (state === "done") return answer as unknown as RequestAnswers[Kind];
    if (state === "refused") throw raiseRefusal(answer);
    const isGone = state === "withdrawn" || readLease(database)?.purpose !== SCHEDULER_PURPOSE;
    const isLate = state === "open" && clock.monotonicMs() - startedMs > PATIENCE_MS;
    if (drain.aborted || isGone || isLate) {
      const isTaken =
        state === "begun" || !(await database.write((query) => withdrawRequest(query, requestId)));
      // Answered meanwhile, or begun: then it cannot be taken back, and need not be waited for.
      if (!isTaken || state !== "open") throw giveUp(drain, isGone, isTaken);
    }
    await clock.sleep(LOOK_EVERY_MS);
  }
}

function giveUp(drain: AbortSignal, isGone: boolean, isBegun: boolean): DagmarError {
  if (isGone) {
    return new StateError("NO_SCHEDULER", "The scheduler has stopped meanwhile.", {
      hint: "Give the same command again: it does the work itself, or asks the scheduler that runs then.",
    });
  }
  if (drain.aborted) {
    const end = isBegun
      ? "The scheduler has begun and continues it."
      : "The request was taken back; nothing was done.";
    return new CommandRefused("INTERRUPTED", end);
  }
  return new StateError(
    "NO_SCHEDULER",
    "The scheduler did not answer within 30 s; the request was taken back.",
    {
      hint: "`curl` its /healthz, or look at its log; then give the same command again.",
    },
  );
}

function raiseRefusal(answer: JsonValue): DagmarError {
  const { code, message, hint } = answer as unknown as Refusal;
  const known = isErrorCode(code) ? code : "INTERNAL";
  return new CommandRefused(known, message, hint === null ? {} : { hint });
}
