/**
 * Reads manifests. They are the second proof: an object whose metadata is gone is compared with them, because they name
 * the key, the bytes and the ids of every object that they list. They alone say which ids have no object. A manifest is
 * trusted if the batch names in it, and the hash of its list of ids, agree with their content.
 */
import { createHash } from "node:crypto";
import { computeBatchUid } from "../../model/records/batch-identity.ts";
import type { Lake, ObjectSummary } from "../../model/ports/lake.ts";
import type { FoundObject } from "../../model/ports/object-store.ts";
import { readDecided, type ListedDecision } from "../../model/records/decided-ids.ts";
import { hashObject, isSmall, readWhole } from "./look-at.ts";

export interface Manifest {
  readonly dataset: string;
  readonly logicalDate: string;
  readonly questionHash: string;
  readonly sha256: string;
  /** What must exist at each key. */
  readonly objects: ReadonlyMap<string, FoundObject>;
  /** Ids that have no object. */
  readonly decisions: readonly ListedDecision[];
}

/** `undefined` for content that is not a manifest, or for a manifest that does not agree with itself. */
export async function readManifest(
  lake: Lake,
  summary: ObjectSummary,
  signal: AbortSignal,
): Promise<Manifest | undefined> {
  if (!isSmall(summary)) return undefined;
  return parseManifest(await readWhole(lake, summary.key, signal));
}

function parseManifest(bytes: Buffer): Manifest | undefined {
  const parsed = parseJson(bytes.toString("utf8"));
  if (!isRecord(parsed) || !isRecord(parsed["question"]) || !Array.isArray(parsed["objects"]))
    return undefined;
  const { dataset, logical_date: logicalDate } = parsed;
  const questionHash = parsed["question"]["hash"];
  if (typeof dataset !== "string" || typeof logicalDate !== "string" || typeof questionHash !== "string")
    return undefined;
  const objects = new Map<string, FoundObject>();
  for (const listed of parsed["objects"] as readonly unknown[]) {
    const found = readListed(listed, { dataset, logicalDate, questionHash });
    if (found === undefined) return undefined;
    objects.set(found.key, found);
  }
  const decisions = readDecided(parsed["decided"], parsed["decided_sha256"]);
  if (decisions === undefined) return undefined;
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return { dataset, logicalDate, questionHash, sha256, objects, decisions };
}

function readListed(
  listed: unknown,
  about: { readonly dataset: string; readonly logicalDate: string; readonly questionHash: string },
): FoundObject | undefined {
  if (!isRecord(listed) || !Array.isArray(listed["records"])) return undefined;
  const { key, sha256, size_bytes: sizeBytes, batch, generation } = listed;
  const askedIds = (listed["records"] as readonly unknown[]).map((record) =>
    Array.isArray(record) ? (record[0] as unknown) : undefined,
  );
  if (typeof key !== "string" || typeof sha256 !== "string" || typeof sizeBytes !== "number")
    return undefined;
  if (typeof batch !== "string" || typeof generation !== "string" || !askedIds.every(isText))
    return undefined;
  const { dataset, logicalDate, questionHash } = about;
  const answers = { batchUid: batch, questionHash, generation, askedIds };
  if (computeBatchUid({ ...answers, logicalDate, sha256 }) !== batch) return undefined;
  return { key, kind: "records", dataset, sha256, sizeBytes, etag: "", logicalDate, answers };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export interface Testimony {
  readonly claimed: readonly FoundObject[];
  /** Listed with these ids, but the object holds other bytes. */
  readonly contradicted: readonly string[];
}

/** Which of the unclaimed objects the manifests list; an unclaimed manifest that can be read is claimed too. */
export async function hearManifests(
  lake: Lake,
  manifests: readonly ObjectSummary[],
  unclaimed: ReadonlyMap<string, ObjectSummary>,
  signal: AbortSignal,
): Promise<Testimony> {
  const claimed = new Map<string, FoundObject>();
  const contradicted = new Set<string>();
  for (const summary of manifests) {
    const manifest = await readManifest(lake, summary, signal);
    if (manifest === undefined) continue;
    const { dataset, logicalDate, sha256, objects } = manifest;
    if (unclaimed.has(summary.key)) {
      const { key, sizeBytes, etag } = summary;
      claimed.set(key, {
        key,
        kind: "manifest",
        dataset,
        sha256,
        sizeBytes,
        etag,
        logicalDate,
        answers: null,
      });
    }
    for (const listed of objects.values()) {
      const standing = unclaimed.get(listed.key);
      if (standing === undefined || claimed.has(listed.key)) continue;
      const isSame =
        standing.sizeBytes === listed.sizeBytes &&
        (await hashObject(lake, listed.key, signal)) === listed.sha256;
      if (isSame) claimed.set(listed.key, { ...listed, etag: standing.etag });
      else contradicted.add(listed.key);
    }
  }
  return {
    claimed: [...claimed.values()],
    contradicted: [...contradicted].filter((key) => !claimed.has(key)),
  };
}
