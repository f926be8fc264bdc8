/**
 * Compares the database with the store: what is gone, what differs, what is not recorded, what is stored twice. Changes
 * nothing.
 */
import { describeError, LakeError } from "../../model/errors.ts";
import type { Lake, ObjectSummary } from "../../model/ports/lake.ts";
import type { FoundAnswers } from "../../model/ports/object-store.ts";
import { hashObject, lookAt, mapAtOnce } from "./look-at.ts";
import { readRemovals } from "./read-removals.ts";

export interface BookedObject {
  readonly key: string;
  readonly sha256: string | null;
  readonly sizeBytes: number;
}

/** An object that a user removed by hand. */
export interface RemovedObject {
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly why: string;
  /** The object was gone from the store once. */
  readonly isFinished: boolean;
}

/** A table, or a page of a report, whose publishing a run has begun and not ended. */
export interface BegunTable {
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly dagId: string;
  readonly runId: string;
}

/** Ids that the database has in two objects. */
export interface DoubledIds {
  readonly key: string;
  readonly otherKey: string;
  readonly ids: number;
  readonly example: string;
}

/**
 * `missing`: recorded and not in the store. `differs`: other bytes. `unreadable`: the store refuses to return it.
 * `doubled`: ids of it are in another object too. `no_metadata`: the bytes are as recorded, but another database would
 * not recognise the object. `unknown`: in the store and not recorded. `removed`: a user removed it, and the store or the
 * database does not say so yet. `unfinished`: it is the table that a run began to publish, and the run has not recorded that. The
 * last four are not faults.
 */
export type Verdict =
  "missing" | "differs" | "unreadable" | "doubled" | "no_metadata" | "unknown" | "removed" | "unfinished";

export interface Deviation {
  readonly key: string;
  readonly verdict: Verdict;
  readonly detail: string;
}

export interface VerifyOptions {
  readonly prefix: string;
  /** Read every object and compare its SHA-256; otherwise sizes and metadata are compared. */
  readonly isDeep: boolean;
  /** Keys of foreign objects that the database knows and does not change. */
  readonly foreignKeys: ReadonlySet<string>;
  /** Removals in force, by key. */
  readonly removals: ReadonlyMap<string, RemovedObject>;
  /** By key. */
  readonly begun: ReadonlyMap<string, BegunTable>;
  readonly doubles: readonly DoubledIds[];
  /** How many of these ids are in objects other than the one at `key`. */
  readonly countStored: (key: string, answers: FoundAnswers) => number;
  readonly signal: AbortSignal;
  /** Called after each recorded object. */
  readonly compared?: () => void;
}

const REMARKS: ReadonlySet<Verdict> = new Set(["unknown", "no_metadata", "removed", "unfinished"]);

export function isFault({ verdict }: Deviation): boolean {
  return !REMARKS.has(verdict);
}

export async function verifyLake(
  lake: Lake,
  booked: readonly BookedObject[],
  options: VerifyOptions,
): Promise<readonly Deviation[]> {
  const { prefix, signal, doubles } = options;
  const standing = new Map<string, ObjectSummary>();
  for await (const summary of lake.list(prefix, signal)) standing.set(summary.key, summary);
  const known = new Set(booked.map((object) => object.key));
  const strangers = [...standing.values()].filter(
    ({ key }) => !known.has(key) && (!options.foreignKeys.has(key) || options.removals.has(key)),
  );
  const removedElsewhere = new Map(
    (await readRemovals(lake, strangers, signal)).map(({ removal }) => [removal.key, removal]),
  );
  const deviations = [
    ...(await mapAtOnce(booked, async (object) => {
      const found = await compare(lake, object, standing.get(object.key), options);
      options.compared?.();
      const removal = removedElsewhere.get(object.key);
      if (found?.verdict !== "missing" || removal?.sha256 !== object.sha256) return found;
      const detail = `${removal.requestedBy} removed it (reason: "${removal.why}"). The next run of its dataset records that`;
      return { key: object.key, verdict: "removed" as const, detail };
    })),
    ...(await mapAtOnce(strangers, (summary) => describeStranger(lake, summary, options))),
    ...doubles.filter((double) => stands(double.key) && stands(double.otherKey)).map(describeDouble),
  ].filter((deviation) => deviation !== undefined);
  return deviations.toSorted((a, b) => (a.key < b.key ? -1 : 1));

  /** Nothing outside the prefix was listed. */
  function stands(key: string): boolean {
    return standing.has(key) || !key.startsWith(prefix);
  }
}

function describeDouble({ key, otherKey, ids, example }: DoubledIds): Deviation {
  const detail = `${ids} ids that ${otherKey} holds too, such as ${example}`;
  return { key, verdict: "doubled", detail };
}

async function compare(
  lake: Lake,
  { key, sha256, sizeBytes }: BookedObject,
  summary: ObjectSummary | undefined,
  { isDeep, signal, begun }: VerifyOptions,
): Promise<Deviation | undefined> {
  const table = begun.get(key);
  try {
    const head = summary === undefined || !isDeep ? await lake.head(key, signal) : undefined;
    const standing = head ?? summary;
    if (standing === undefined || (head === undefined && !isDeep))
      return { key, verdict: "missing", detail: `${sizeBytes} bytes are gone` };
    const describeSize = (): Deviation => {
      return { key, verdict: "differs", detail: `${standing.sizeBytes} bytes instead of ${sizeBytes}` };
    };
    if (![sizeBytes, table?.sizeBytes].includes(standing.sizeBytes)) return describeSize();
    const told = isDeep ? undefined : head?.metadata["sha256"];
    const found = told ?? (await hashObject(lake, key, signal));
    if (found !== sha256 && found === table?.sha256) return describeBegun(key, table);
    if (standing.sizeBytes !== sizeBytes) return describeSize();
    if (found !== sha256)
      return { key, verdict: "differs", detail: `sha256 ${found} instead of ${sha256 ?? "unknown"}` };
    if (isDeep || told !== undefined) return undefined;
    return { key, verdict: "no_metadata", detail: "its bytes are as recorded, but its metadata is gone" };
  } catch (error) {
    return describeUnreadable(key, error);
  }
}

async function describeStranger(
  lake: Lake,
  summary: ObjectSummary,
  { countStored, removals, begun, signal }: VerifyOptions,
): Promise<Deviation | undefined> {
  const { key, sizeBytes } = summary;
  try {
    const object = await lookAt(lake, summary, signal);
    if (object === undefined) return undefined;
    const { kind, answers, sha256 } = object;
    const table = begun.get(key);
    if (table?.sizeBytes === sizeBytes && table.sha256 === sha256) return describeBegun(key, table);
    const removal = removals.get(key);
    if (removal?.sizeBytes === sizeBytes) {
      const found = sha256 ?? (await hashObject(lake, key, signal));
      if (found === removal.sha256) return describeRemoved(key, removal);
    }
    const doubled = answers === null ? 0 : countStored(key, answers);
    if (answers !== null && doubled > 0) {
      const detail = `no run has recorded it, and ${doubled} of its ${answers.askedIds.length} ids are in other objects too`;
      return { key, verdict: "doubled", detail };
    }
    const whose = kind === "foreign" ? "" : "; the next run of its dataset records it";
    return { key, verdict: "unknown", detail: `${sizeBytes} bytes that no run recorded${whose}` };
  } catch (error) {
    return describeUnreadable(key, error);
  }
}

function describeBegun(key: string, { dagId, runId }: BegunTable): Deviation {
  const detail = `run ${runId} of ${dagId} put it and was interrupted, or is at work; the next run of ${dagId} records it`;
  return { key, verdict: "unfinished", detail };
}

function describeRemoved(key: string, { why, isFinished }: RemovedObject): Deviation {
  const state = isFinished
    ? "it was removed, and is in the store again: it is left out"
    : "its removal has not ended: give the same command again";
  return { key, verdict: "removed", detail: `${state} (${why})` };
}

/** One object that the store refuses must not hide the others. */
function describeUnreadable(key: string, error: unknown): Deviation {
  if (!(error instanceof LakeError)) throw error;
  return { key, verdict: "unreadable", detail: describeError(error) };
}
