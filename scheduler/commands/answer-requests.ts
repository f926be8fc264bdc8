/** Carries out the requests of other processes, one by one. A refused request gets the reason as its answer. */
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

/** The scheduler's own settings and Dags. */
export interface OwnWork {
  readonly settings: WorkSettings;
  /** Of the Dag as the folder was last read; `undefined` if there is no valid, enabled Dag. */
  findFingerprint(dagId: string): string | undefined;
  /** Whether the folder was read after that instant, ISO UTC; if not, it is read now. */
  hasReadSince(at: string): boolean;
}

/**
 * Returns how many were answered. A request about another version of the Dag file waits until the folder is read
 * again. The housekeeper does the work that takes too long for one transaction.
 */
export function answerRequests(query: Query, holder: Holder, own: OwnWork, log: Logger, now: Date): number {
  const requests = listOpenRequests(query).filter(({ kind }) => kind !== PRUNE);
  const ready = requests.filter((request) => isReady(request, own));
  for (const request of ready) answer(query, holder, request, own, log, now);
  return ready.length;
}

/** Answers that request, if it is open, and no other one. */
export function answerNow(
  query: Query,
  requestId: number,
  holder: Holder,
  own: OwnWork,
  log: Logger,
  now: Date,
): void {
  const request = listOpenRequests(query).find((open) => open.requestId === requestId);
  if (request !== undefined) answer(query, holder, request, own, log, now);
}

/**
 * The settings and the Dag of a command that runs tasks or reads the lake. Other commands act on a named run, with the same effect in
 * every process.
 */
interface AskedWork {
  readonly settings: WorkSettings;
  readonly dag: NamedDag | undefined;
}

const MAKES_WORK: ReadonlySet<string> = new Set(["run", "backfill", "clear", "mark", "verify_lake"]);

/** Any process with write access can insert a request: the command itself refuses one in another form. */
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
    // Written by this program: the same version's command, or one whose parts are checked where they are used.
    if (request.payload === null || !isCommandKind(request.kind)) {
      throw new CommandRefused("USAGE", "This scheduler does not know that request.", {
        hint: "Use the same version of Dagmar for the command and the scheduler.",
      });
    }
    const command = { kind: request.kind, ...request.payload } as SchedulerCommand;
    const value = inSavepoint(query, () => applyCommand(query, holder, command, now, request.requestedBy));
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
