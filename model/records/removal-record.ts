/**
 * The record of a removal in the lake, next to the removed object: from it a database that knows nothing learns the removal.
 * Its text is fixed before the object is removed.
 */
import { createHash } from "node:crypto";
import { z } from "zod";

export interface Removal {
  readonly uid: string;
  readonly key: string;
  readonly kind: "file" | "records";
  readonly dataset: string;
  /** Lower-case hex. */
  readonly sha256: string;
  readonly sizeBytes: number;
  /** ISO UTC. */
  readonly logicalDate: string;
  readonly why: string;
  readonly requestedBy: string;
  /** ISO UTC. */
  readonly requestedAt: string;
  /** Of records: what they answered. */
  readonly answers: RemovedAnswers | null;
}

export interface RemovedAnswers {
  readonly questionHash: string;
  readonly generation: string;
  readonly askedIds: readonly string[];
}

/** As of everything in a lake that is not data, its name begins with a dot and ends in `.lake`: see `manifest-name.ts`. */
export const RECORD_START = ".removed-";
const RECORD_NAME = /^\.removed-\d{8}T\d{9}Z-[0-9a-f]{16}\.lake$/;

export function makeRemovalUid(key: string, sha256: string, requestedAt: string): string {
  return createHash("sha256").update(`${key}\n${sha256}\n${requestedAt}`).digest("hex").slice(0, 16);
}

/** Next to the removed object. */
export function nameRemovalRecord({
  key,
  requestedAt,
  uid,
}: Pick<Removal, "key" | "requestedAt" | "uid">): string {
  return `${folderOf(key)}${RECORD_START}${requestedAt.replaceAll(/[-:.]/g, "")}-${uid}.lake`;
}

export function isRemovalRecord(key: string): boolean {
  return RECORD_NAME.test(key.slice(folderOf(key).length));
}

/** With its slash; empty for a key without one. */
export function folderOf(key: string): string {
  return key.slice(0, key.lastIndexOf("/") + 1);
}

/** The same removal always gives the same text. */
export function writeRemovalRecord(removal: Removal): string {
  const { uid, key, kind, dataset, sha256, sizeBytes, logicalDate, why, requestedBy, requestedAt } = removal;
  const { answers } = removal;
  const record = {
    removal: uid,
    key,
    kind,
    dataset,
    sha256,
    size_bytes: sizeBytes,
    logical_date: logicalDate,
    why,
    by: requestedBy,
    at: requestedAt,
    answers:
      answers === null
        ? null
        : { question: answers.questionHash, generation: answers.generation, ids: answers.askedIds },
  };
  return `${JSON.stringify(record, null, 2)}\n`;
}

const RECORD = z.object({
  key: z.string(),
  kind: z.enum(["file", "records"]),
  dataset: z.string(),
  sha256: z.string(),
  size_bytes: z.number(),
  logical_date: z.string(),
  why: z.string(),
  by: z.string(),
  at: z.string(),
  answers: z.object({ question: z.string(), generation: z.string(), ids: z.array(z.string()) }).nullable(),
});

/** `undefined` for a text that is not the record of that name. */
export function parseRemovalRecord(text: string, recordKey: string): Removal | undefined {
  const { data } = RECORD.safeParse(parseJson(text));
  if (data === undefined || (data.kind === "records") !== (data.answers !== null)) return undefined;
  const { key, kind, dataset, sha256, why, answers } = data;
  const removal: Removal = {
    uid: makeRemovalUid(key, sha256, data.at),
    key,
    kind,
    dataset,
    sha256,
    sizeBytes: data.size_bytes,
    logicalDate: data.logical_date,
    why,
    requestedBy: data.by,
    requestedAt: data.at,
    answers:
      answers === null
        ? null
        : { questionHash: answers.question, generation: answers.generation, askedIds: answers.ids },
  };
  return nameRemovalRecord(removal) === recordKey ? removal : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
