/**
 * The record of a removal in the lake: a manifest that lists no object and one removed object, so that a database that
 * knows nothing learns the removal from the lake. Its text is fixed before the object is removed.
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

/** Named like any manifest: see `manifest-name.ts`. */
export const RECORD_START = ".manifest-removed-";
const RECORD_NAME = /^\.manifest-removed-\d{8}T\d{9}Z-[0-9a-f]{16}\.lake$/;

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
  const { uid, key, kind, sha256, sizeBytes, why, requestedBy, requestedAt, answers } = removal;
  const sum = { asked: 0, stored: 0, already_stored: 0, not_found: 0, failed: 0, remaining: 0 };
  const removed = {
    removal: uid,
    key,
    kind,
    sha256,
    size_bytes: sizeBytes,
    why,
    by: requestedBy,
    at: requestedAt,
    generation: answers?.generation ?? null,
    ids: answers?.askedIds ?? [],
  };
  const manifest = {
    dataset: removal.dataset,
    logical_date: removal.logicalDate,
    question: { hash: answers?.questionHash ?? "" },
    reconciliation: sum,
    object_count: 0,
    record_count: 0,
    record_columns: ["asked_id", "fetched_at"],
    objects: [],
    removed: [removed],
  };
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

const RECORD = z.object({
  dataset: z.string(),
  logical_date: z.string(),
  question: z.object({ hash: z.string() }),
  removed: z.tuple([
    z.object({
      removal: z.string(),
      key: z.string(),
      kind: z.enum(["file", "records"]),
      sha256: z.string(),
      size_bytes: z.number(),
      why: z.string(),
      by: z.string(),
      at: z.string(),
      generation: z.string().nullable(),
      ids: z.array(z.string()),
    }),
  ]),
});

/** `undefined` for a text that is not the record of that name. */
export function parseRemovalRecord(text: string, recordKey: string): Removal | undefined {
  const { data } = RECORD.safeParse(parseJson(text));
  if (data === undefined) return undefined;
  const { key, kind, sha256, size_bytes: sizeBytes, why, by, at, generation, ids } = data.removed[0];
  if ((kind === "records") !== (generation !== null)) return undefined;
  const removal: Removal = {
    uid: makeRemovalUid(key, sha256, at),
    key,
    kind,
    dataset: data.dataset,
    sha256,
    sizeBytes,
    logicalDate: data.logical_date,
    why,
    requestedBy: by,
    requestedAt: at,
    answers: generation === null ? null : { questionHash: data.question.hash, generation, askedIds: ids },
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
