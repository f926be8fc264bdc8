/** Does what other processes ask for, each request alone: one that is refused gets the reason as its answer. */
import { CommandRefused, DagmarError } from "../../model/errors.ts";
import type { Logger } from "../../model/ports/logger.ts";
import type { Query } from "../../state/sqlite/query.ts";
import { answerRequest, listOpenRequests, type Request } from "../../state/control/requests.ts";
import { inSavepoint } from "../../state/sqlite/savepoint.ts";
import { isDatabaseFault } from "../../state/sqlite/sqlite-errors.ts";
import { applyCommand, isCommandKind, type SchedulerCommand } from "./command.ts";
import { PRUNE } from "../housekeeper.ts";
import type { Holder, NamedDag } from "./named-dag.ts";
import { describeRefusal } from "./refusal.ts";
import { assertSameSettings, refuseVersion, type WorkSettings } from "./work-settings.ts";

/** What the scheduler works with. */
export interface OwnWork {
  readonly settings: WorkSettings;
  /** Of that Dag in the folder as it was read last; `undefined` where there is none that is sound and on. */
  findFingerprint(dagId: string): string | undefined;
  /** Whether the folder was read since that instant, ISO UTC; where it was not, it is read now. */
  hasReadSince(at: string): boolean;
}

/**
 * How many were answered. One whose Dag file is not the one that was read last waits until the folder is read anew. What
 * takes longer than a transaction may is the housekeeper's.
 */
export function answerRequests(query: Query, holder: Holder, own: OwnWork, log: Logger, now: Date): number {
  const requests = listOpenRequests(query).filter(({ kind }) => kind !== PRUNE);
  const ready = requests.filter((request) => isReady(request, own));
  for (const request of ready) answer(query, holder, request, own, log, now);
  return ready.length;
}

/** What a command that makes tasks run was given with. Others do the same to the run that they name, wherever they are carried out. */
interface AskedWork {
  readonly settings: WorkSettings;
  readonly dag: NamedDag | undefined;
}

const MAKES_WORK: ReadonlySet<string> = new Set(["run", "backfill", "clear", "mark"]);

/** Whoever can write to the database can ask: what is not of this form is left to the command itself to refuse. */
function readAskedWork({ kind, payload }: Request): AskedWork | undefined {
  const settings = readTexts(readPart(payload, "settings"), ["lake", "input", "dags"]);
  if (!MAKES_WORK.has(kind) || settings === undefined) return undefined;
  return { settings, dag: readNamedDag(payload) };
}

function readNamedDag(payload: unknown): NamedDag | undefined {
  return readTexts(readPart(readPart(payload, "request"), "dag"), ["dagId", "fingerprint"]);
}

function readPart(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;
}

function readTexts<Name extends string>(
  value: unknown,
  names: readonly Name[],
): Readonly<Record<Name, string>> | undefined {
  const texts = names.map((name) => [name, readPart(value, name)] as const);
  if (!texts.every(([, text]) => typeof text === "string")) return undefined;
  return Object.fromEntries(texts) as Readonly<Record<Name, string>>;
}

function isReady(request: Request, own: OwnWork): boolean {
  const dag = readNamedDag(request.payload);
  if (dag === undefined || own.findFingerprint(dag.dagId) === dag.fingerprint) return true;
  return own.hasReadSince(request.requestedAt);
}

function assertMeansSame(request: Request, own: OwnWork): void {
  const asked = readAskedWork(request);
  if (asked === undefined) return;
  assertSameSettings(asked.settings, own.settings);
  if (asked.dag === undefined) return;
  const found = own.findFingerprint(asked.dag.dagId);
  if (found !== asked.dag.fingerprint) throw refuseVersion(asked.dag, found, asked.settings, own.settings);
}

function answer(query: Query, holder: Holder, request: Request, own: OwnWork, log: Logger, now: Date): void {
  try {
    assertMeansSame(request, own);
    // Written by this program: a command of its own, of the same version, or one whose parts are checked where they are used.
    if (request.payload === null || !isCommandKind(request.kind)) {
      throw new CommandRefused("USAGE", "The request is none that this scheduler knows.", {
        hint: "Is the command of the same version as the scheduler?",
      });
    }
    const command = { kind: request.kind, ...request.payload } as SchedulerCommand;
    const value = inSavepoint(query, () => applyCommand(query, holder, command, now));
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
