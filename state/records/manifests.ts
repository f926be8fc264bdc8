/**
 * Manifests: which objects an ask stored, where each record came from, and the ask's sum. Created here, put like any
 * batch.
 */
import { createHash } from "node:crypto";
import type { RecordFacts, SealedBatch } from "../../model/ports/batch-store.ts";
import { templateManifestKey } from "../../model/records/manifest-name.ts";
import type { Facets } from "../../model/records/question.ts";
import type { Reconciliation } from "../../model/records/reconciliation.ts";
import { reconcile } from "./asks.ts";
import { nextManifestKey, readSealed } from "./batches.ts";
import type { Query } from "../sqlite/query.ts";
import { json, mapRow, type Row } from "../sqlite/row.ts";
import { insertInto, sql } from "../sqlite/statement.ts";

/** Keeps a manifest well under 10 MB: 100 records per object, about 100 bytes per record. */
const OBJECTS_PER_MANIFEST = 500;

interface AskLineage {
  readonly lake: string;
  readonly dataset: string;
  readonly questionHash: string;
  /** JSON, like the next two. */
  readonly askedOf: string;
  readonly facets: string;
  readonly dagId: string;
  readonly runId: string;
  readonly taskId: string;
  readonly logicalDate: string;
  readonly runStamp: string;
  readonly keyTemplate: string;
  readonly source: string;
}

interface ListedRecord {
  readonly askedId: string;
  readonly facts: RecordFacts;
  readonly fetchedAt: string;
}

interface ListedBatch {
  readonly batchId: number;
  readonly batchUid: string;
  readonly key: string;
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly recordCount: number;
  readonly generation: string;
  readonly structure: string;
}

/** Asks of the dataset that have committed batches which no manifest lists, and nothing open. */
export function listAsksToManifest(query: Query, lakeId: string, dataset: string): readonly number[] {
  return query
    .all<{ ask_id: number }>(
      sql`SELECT DISTINCT ask_id FROM batches WHERE lake = ${lakeId} AND dataset = ${dataset} AND kind = 'records'
          AND manifest_batch_id IS NULL AND manifest_key IS NULL AND state = 'committed' ORDER BY ask_id`,
    )
    .map((row) => row.ask_id);
}

/** Seals manifests for the ask's unlisted batches, unless one of its batches or records is still on its way. */
export function fixManifest(query: Query, askId: number, now: Date): readonly SealedBatch[] {
  const isOpen = query.get(
    sql`SELECT 1 FROM batches WHERE ask_id = ${askId} AND kind = 'records' AND state = 'sealed'
        UNION ALL SELECT 1 FROM spool WHERE ask_id = ${askId} LIMIT 1`,
  );
  if (isOpen !== undefined) return [];
  const unlisted = query
    .all<Row>(
      sql`SELECT batch_id, batch_uid, key, sha256, size_bytes, record_count, generation, structure FROM batches
          WHERE ask_id = ${askId} AND kind = 'records' AND manifest_batch_id IS NULL AND manifest_key IS NULL
            AND state = 'committed' ORDER BY batch_id`,
    )
    .map((row) => mapRow<ListedBatch>(row));
  if (unlisted.length === 0) return [];
  const ask = readLineage(query, askId);
  const sum = reconcile(query, askId);
  const sealed: SealedBatch[] = [];
  for (let start = 0; start < unlisted.length; start += OBJECTS_PER_MANIFEST) {
    sealed.push(
      sealManifest(query, { ...ask, askId }, sum, unlisted.slice(start, start + OBJECTS_PER_MANIFEST), now),
    );
  }
  return sealed;
}

function sealManifest(
  query: Query,
  ask: AskLineage & { readonly askId: number },
  sum: Reconciliation,
  batches: readonly ListedBatch[],
  now: Date,
): SealedBatch {
  const template = templateManifestKey(ask.keyTemplate, ask);
  const { seq, key } = nextManifestKey(query, ask.lake, template, 0);
  const body = Buffer.from(writeManifest(query, ask, sum, batches));
  const sha256 = createHash("sha256").update(body).digest("hex");
  const { lastId } = query.run(
    insertInto("batches", {
      ask_id: ask.askId,
      kind: "manifest",
      state: "sealed",
      lake: ask.lake,
      dataset: ask.dataset,
      batch_uid: sha256.slice(0, 32),
      generation: "",
      structure: "",
      key,
      seq,
      sha256,
      size_bytes: body.byteLength,
      record_count: 0,
      asked_ids: "[]",
      body,
      sealed_at: now.toISOString(),
    }),
  );
  const ids = JSON.stringify(batches.map((batch) => batch.batchId));
  query.run(
    sql`UPDATE batches SET manifest_batch_id = ${lastId} WHERE batch_id IN (SELECT value FROM json_each(${ids}))`,
  );
  return readSealed(query, lastId);
}

/** One object per line, so that `less` and `diff` can handle a manifest of many thousand records. */
function writeManifest(
  query: Query,
  ask: AskLineage,
  sum: Reconciliation,
  batches: readonly ListedBatch[],
): string {
  const records = batches.map((batch) => listRecords(query, batch.batchId));
  const names = [...new Set(records.flat().flatMap(({ facts }) => Object.keys(facts)))];
  const head = {
    dataset: ask.dataset,
    dag_id: ask.dagId,
    run_id: ask.runId,
    task_id: ask.taskId,
    logical_date: ask.logicalDate,
    source: JSON.parse(ask.source) as unknown,
    question: {
      hash: ask.questionHash,
      ...(JSON.parse(ask.askedOf) as Facets),
      ...(JSON.parse(ask.facets) as Facets),
    },
    reconciliation: {
      asked: sum.asked,
      stored: sum.stored,
      already_stored: sum.alreadyStored,
      not_found: sum.notFound,
      failed: sum.failed,
      remaining: sum.remaining,
    },
    object_count: batches.length,
    record_count: batches.reduce((count, batch) => count + batch.recordCount, 0),
    record_columns: ["asked_id", ...names, "fetched_at"],
  };
  const objects = batches.map((batch, index) =>
    JSON.stringify({
      key: batch.key,
      sha256: batch.sha256,
      size_bytes: batch.sizeBytes,
      record_count: batch.recordCount,
      batch: batch.batchUid,
      generation: batch.generation,
      structure: batch.structure,
      records: (records[index] ?? []).map(({ askedId, facts, fetchedAt }) => [
        askedId,
        ...names.map((name) => facts[name] ?? null),
        fetchedAt,
      ]),
    }),
  );
  const opening = JSON.stringify(head, null, 2).replace(/\n\}$/, "");
  return `${opening},\n  "objects": [\n${objects.join(",\n")}\n  ]\n}\n`;
}

/** In their order in the object, which is the order of their spooling. */
function listRecords(query: Query, batchId: number): readonly ListedRecord[] {
  const rows = query.all<Row>(
    sql`SELECT asked_id, facts, fetched_at FROM processed_ids WHERE batch_id = ${batchId}`,
  );
  const byId = new Map(
    rows.map((row) => [row["asked_id"], mapRow<ListedRecord>(row, { facts: (text) => json(text) ?? {} })]),
  );
  const order = query.get<{ asked_ids: string }>(
    sql`SELECT asked_ids FROM batches WHERE batch_id = ${batchId}`,
  );
  return (JSON.parse(order?.asked_ids ?? "[]") as string[]).flatMap((askedId) => {
    const row = byId.get(askedId);
    return row === undefined ? [] : [row];
  });
}

function readLineage(query: Query, askId: number): AskLineage {
  const row = query.get<Row>(
    sql`SELECT q.lake, q.dataset, q.hash AS question_hash, q.source AS asked_of, q.facets, r.dag_id,
          r.run_id, a.task_id, r.logical_date, r.run_stamp, a.key_template, a.source
        FROM asks a JOIN questions q USING (question_id) JOIN dag_runs r USING (dag_run_id)
        WHERE a.ask_id = ${askId}`,
  );
  if (row === undefined) throw new Error(`ask ${askId} is missing`);
  return mapRow<AskLineage>(row);
}
