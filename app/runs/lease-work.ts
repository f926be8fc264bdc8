/**
 * How a command that writes gets to write: with the lease if nobody holds it; by asking, if a scheduler does; else not now.
 * What the command means is the scheduler room's.
 */
import type { JsonValue } from "../../model/dag/dag.ts";
import {
  CommandRefused,
  ERROR_CODES,
  StateError,
  type DagmarError,
  type ErrorCode,
} from "../../model/errors.ts";
import { silentObserver } from "../../model/ports/service-observer.ts";
import type { Refusal } from "../../scheduler/commands/refusal.ts";
import {
  applyCommand,
  type CommandAnswers,
  type CommandKind,
  type SchedulerCommand,
} from "../../scheduler/commands/command.ts";
import type { PRUNE, PruneResult } from "../../scheduler/housekeeper.ts";
import { holdLease, type HeldLease } from "../../scheduler/lease/lease-keeper.ts";
import { identifyProcess } from "../../scheduler/lease/process-identity.ts";
import { takeOver } from "../../scheduler/attempts/take-over.ts";
import type { WorkPlace } from "../../scheduler/commands/work-place.ts";
import type { Database } from "../../state/sqlite/database.ts";
import { readLease } from "../../state/control/lease.ts";
import { insertRequest, readAnswer, withdrawRequest } from "../../state/control/requests.ts";
import type { App } from "../app.ts";
import { systemClock } from "../../cli/process/system-clock.ts";

/** What a lease's purpose says when it answers requests. */
export const SCHEDULER_PURPOSE = "scheduler";

/** `null` when a scheduler holds the lease and may be asked. Raises `DATABASE_BUSY` when another command does. */
export async function tryLease(app: App, database: Database, purpose: string): Promise<HeldLease | null> {
  try {
    const lease = await holdLease(database, identifyProcess(), purpose, { clock: systemClock, log: app.log });
    await takeOver(database, {
      clock: systemClock,
      log: app.log,
      lakeId: app.lake.id,
      pools: app.settings.pools,
      cookieScope: app.settings.databaseFile,
      service: silentObserver,
    });
    return lease;
  } catch (error) {
    const isBusy = error instanceof StateError && error.code === "DATABASE_BUSY";
    if (isBusy && readLease(database)?.purpose === SCHEDULER_PURPOSE) return null;
    throw error;
  }
}

/** What this process would work with: it goes with each request, and a scheduler that works with something else refuses. */
export function describePlace(app: Pick<App, "lake" | "settings">): WorkPlace {
  const { inputFolder: input, dagsFolder: dags } = app.settings;
  return { lake: app.lake.id, input, dags };
}

/** For people, where the scheduler has taken a command: then its place is this one. */
export function describeScheduler(app: Pick<App, "lake" | "settings">, fingerprint?: string): string {
  const { lake, input } = describePlace(app);
  const file = fingerprint === undefined ? "" : `, Dag file ${fingerprint.slice(0, 12)}`;
  return `The scheduler does it: lake ${lake}, input folder ${input}${file}.`;
}

export interface CommandResult<Kind extends CommandKind> {
  readonly answer: CommandAnswers[Kind];
  /** A scheduler did it, and does what follows from it. */
  readonly isScheduler: boolean;
}

/** Carries the command out, whoever does. What is refused is raised here, wherever it was decided. */
export async function carryOut<Kind extends CommandKind>(
  app: App,
  command: SchedulerCommand<Kind>,
  drain: AbortSignal,
): Promise<CommandResult<Kind>> {
  const database = await app.openDatabase("create");
  const lease = await tryLease(app, database, command.kind.replaceAll("_", " "));
  if (lease === null)
    return {
      answer: await askScheduler(database, { ...command, place: describePlace(app) }, drain),
      isScheduler: true,
    };
  try {
    const maker = { registry: app.registry, lakeId: app.lake.id };
    const answer = await database.write((query) => applyCommand(query, maker, command, systemClock.now()));
    return { answer, isScheduler: false };
  } finally {
    await lease.release();
  }
}

/** What a scheduler can be asked for: any command, and what takes longer than a transaction may. */
interface RequestAnswers extends CommandAnswers {
  readonly [PRUNE]: PruneResult;
}

const LOOK_EVERY_MS = 50;
const PATIENCE_MS = 30_000;

/** Raises `NO_SCHEDULER` when there is no answer in time or the scheduler goes, `INTERRUPTED` when Ctrl-C is pressed before. */
export async function askScheduler<Kind extends keyof RequestAnswers>(
  database: Database,
  { kind, ...payload }: { readonly kind: Kind; readonly place?: WorkPlace },
  drain: AbortSignal,
): Promise<RequestAnswers[Kind]> {
  const { pid, host } = identifyProcess();
  const requestId = await database.write((query) =>
    insertRequest(query, { kind, payload, requestedBy: `${pid}@${host}` }, systemClock.now()),
  );
  const startedMs = systemClock.monotonicMs();
  for (;;) {
    const { state, answer } = readAnswer(database, requestId);
    // Written by a scheduler of this program's; the one place where what it answered gets its type back.
    if (state === "done") return answer as unknown as RequestAnswers[Kind];
    if (state === "refused") throw raiseRefusal(answer);
    const isGone = state === "withdrawn" || readLease(database)?.purpose !== SCHEDULER_PURPOSE;
    const isLate = state === "open" && systemClock.monotonicMs() - startedMs > PATIENCE_MS;
    if (drain.aborted || isGone || isLate) {
      const isTaken =
        state === "begun" || !(await database.write((query) => withdrawRequest(query, requestId)));
      // Answered meanwhile, or begun: then nobody can take it back, but need not wait for it either.
      if (!isTaken || state !== "open") throw giveUp(drain, isGone, isTaken);
    }
    await systemClock.sleep(LOOK_EVERY_MS);
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
      ? "The scheduler has begun and goes on with it."
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
  const known = Object.hasOwn(ERROR_CODES, code) ? (code as ErrorCode) : "INTERNAL";
  return new CommandRefused(known, message, hint === null ? {} : { hint });
}
