/**
 * What an object's metadata says about the object, so that a database that lost its records can restore them from the
 * lake.
 */
import { computeBatchUid } from "../../model/records/batch-identity.ts";
import type { TableIdentity } from "../../model/records/table-identity.ts";
import type { SealedBatch } from "../../model/ports/batch-store.ts";
import type { ObjectHead, ObjectMetadata } from "../../model/ports/lake.ts";
import type { FoundObject } from "../../model/ports/object-store.ts";

/** With 100 ids of 12 characters this is about 1.7 kB of the 2 kB that S3 allows. */
export function describeBatch(batch: SealedBatch): ObjectMetadata {
  const { identity } = batch;
  const common = {
    "dagmar-kind": batch.kind,
    "dagmar-dataset": identity.dataset,
    "dagmar-logical-date": identity.logicalDate,
    "dagmar-batch": identity.batchUid,
  };
  if (batch.kind === "manifest") return common;
  return {
    ...common,
    "dagmar-question": identity.questionHash,
    "dagmar-generation": identity.generation,
    "dagmar-ids": identity.askedIds.join(","),
  };
}

export function describeFile(dataset: string, logicalDate: string): ObjectMetadata {
  return { "dagmar-kind": "file", "dagmar-dataset": dataset, "dagmar-logical-date": logicalDate };
}

export function describeTable(dataset: string, logicalDate: string, table: TableIdentity): ObjectMetadata {
  return {
    ...describeFile(dataset, logicalDate),
    "dagmar-fingerprint": table.fingerprint,
    "dagmar-inputs-date": table.inputsDate,
    "dagmar-rows": String(table.rowCount),
    "dagmar-engine": table.engine,
  };
}

function readTable(metadata: ObjectMetadata): { readonly table?: TableIdentity } {
  const fingerprint = metadata["dagmar-fingerprint"];
  const inputsDate = metadata["dagmar-inputs-date"];
  const engine = metadata["dagmar-engine"];
  const rowCount = Number(metadata["dagmar-rows"]);
  if (fingerprint === undefined || inputsDate === undefined || engine === undefined) return {};
  return Number.isInteger(rowCount) ? { table: { fingerprint, inputsDate, rowCount, engine } } : {};
}

/** Whether the metadata claims that Dagmar wrote the object; the claim must still be checked against the bytes. */
export function claimsToBeOurs(metadata: ObjectMetadata): boolean {
  return metadata["dagmar-kind"] !== undefined && metadata["sha256"] !== undefined;
}

/**
 * The identity of an object, given the hash of its bytes (`null`: not read, the metadata is trusted). Metadata that
 * does not agree with the bytes, or with itself, makes the object foreign.
 */
export function interpretFound(head: ObjectHead, bytesSha256: string | null): FoundObject {
  const { key, sizeBytes, etag, metadata } = head;
  const foreign: FoundObject = {
    key,
    kind: "foreign",
    dataset: null,
    sha256: bytesSha256,
    sizeBytes,
    etag,
    logicalDate: null,
    answers: null,
  };
  const kind = metadata["dagmar-kind"];
  const sha256 = metadata["sha256"];
  const dataset = metadata["dagmar-dataset"];
  const logicalDate = metadata["dagmar-logical-date"];
  if (sha256 === undefined || dataset === undefined || logicalDate === undefined) return foreign;
  if (bytesSha256 !== null && bytesSha256 !== sha256) return foreign;
  const ours = { key, dataset, sha256, sizeBytes, etag, logicalDate, answers: null };
  if (kind === "file") return { ...ours, kind, ...readTable(metadata) };
  if (kind === "manifest") return { ...ours, kind };
  const questionHash = metadata["dagmar-question"];
  const generation = metadata["dagmar-generation"];
  const batchUid = metadata["dagmar-batch"];
  const askedIds = metadata["dagmar-ids"]?.split(",") ?? [];
  if (
    kind !== "records" ||
    questionHash === undefined ||
    generation === undefined ||
    batchUid === undefined
  ) {
    return foreign;
  }
  if (computeBatchUid({ questionHash, generation, logicalDate, askedIds, sha256 }) !== batchUid)
    return foreign;
  return { ...ours, kind, answers: { batchUid, questionHash, generation, askedIds } };
}
