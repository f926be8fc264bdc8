/**
 * Manifests: which objects an ask stored, where each record came from, which ids have no object, and the ask's sum.
 * Created here, put like any batch.
 */
import { createHash } from "node:crypto";
import type { SealedBatch } from "../../model/ports/batch-store.ts";
import type { ListedDecision } from "../../model/records/decided-ids.ts";
import { templateManifestKey } from "../../model/records/manifest-name.ts";
import type { Reconciliation } from "../../model/records/reconciliation.ts";
import { reconcile } from "./asks.ts";
import { nextManifestKey, readSealed } from "./batches.ts";
import { writeManifest, type AskLineage, type ListedBatch, type ListedRecord } from "./manifest-text.ts";
import type { Query } from "../sqlite/query.ts";
import { flag, json, mapRow, type Row } from "../sqlite/row.ts";
import { insertInto, sql } from "../sqlite/statement.ts";

/** Keeps a manifest well under 10 MB: 100 records per object, about 100 bytes per record. */
const OBJECTS_PER_MANIFEST = 500;
/** About 130 bytes each. */
const DECISIONS_PER_MANIFEST = 10_000;

/**
 * Decisions of a service that no manifest lists. What the lake itself says of an id needs no list. By name, because SQLite
 * would choose the index by batch, in which each adopted id has none.
 */
export const UNLISTED_IDS = sql`processed_ids INDEXED BY processed_ids_unlisted
  WHERE outcome <> 'stored' AND batch_id IS NULL AND reason NOT IN ('object_missing', 'object_removed')`;

interface Unlisted {
  readonly batches: readonly ListedBatch[];
  readonly decisions: readonly ListedDecision[];
}

/** Asks of the dataset that have committed batches or decided ids which no manifest lists, and nothing open. */
export function listAsksToManifest(query: Query, lakeId: string, dataset: string): readonly number[] {
  return query
    .all<{ ask_id: number }>(
      sql`SELECT ask_id FROM batches WHERE lake = ${lakeId} AND dataset = ${dataset} AND kind = 'records'
          AND manifest_batch_id IS NULL AND manifest_key IS NULL AND state = 'committed'
        UNION SELECT a.ask_id FROM (SELECT DISTINCT ask_id FROM ${UNLISTED_IDS}) p
          CROSS JOIN asks a USING (ask_id) CROSS JOIN questions q USING (question_id)
          WHERE q.lake = ${lakeId} AND q.dataset = ${dataset}
        ORDER BY ask_id`,
    )
    .map((row) => row.ask_id);
}

/**
 * Seals manifests for what the ask has that no manifest lists, unless one of its batches or records is still on its way.
 */
export function fixManifest(query: Query, askId: number, now: Date): readonly SealedBatch[] {
  const isOpen = query.get(
    sql`SELECT 1 FROM batches WHERE ask_id = ${askId} AND kind = 'records' AND state = 'sealed'
        UNION ALL SELECT 1 FROM spool WHERE ask_id = ${askId} LIMIT 1`,
  );
  if (isOpen !== undefined) return [];
  const sealed: SealedBatch[] = [];
  const sum = reconcile(query, askId);
  for (;;) {
    const unlisted = readUnlisted(query, askId);
    if (unlisted.batches.length === 0 && unlisted.decisions.length === 0) return sealed;
    sealed.push(sealManifest(query, { ...readLineage(query, askId), askId }, sum, unlisted, now));
  }
}

/** As much as one manifest lists. */
function readUnlisted(query: Query, askId: number): Unlisted {
  const batches = query.all<Row>(
    sql`SELECT batch_id, batch_uid, key, sha256, size_bytes, record_count, generation, structure FROM batches
        WHERE ask_id = ${askId} AND kind = 'records' AND manifest_batch_id IS NULL AND manifest_key IS NULL
          AND state = 'committed' ORDER BY batch_id LIMIT ${OBJECTS_PER_MANIFEST}`,
  );
  const decisions = query.all<Row>(
    sql`SELECT asked_id, outcome, reason, is_permanent, generation, logical_date, coalesce(fetched_at, decided_at) AS fetched_at
        FROM ${UNLISTED_IDS} AND ask_id = ${askId}
        ORDER BY question_id, asked_id, generation LIMIT ${DECISIONS_PER_MANIFEST}`,
  );
  return {
    batches: batches.map((row) => mapRow<ListedBatch>(row)),
    decisions: decisions.map((row) => mapRow<ListedDecision>(row, { isPermanent: flag })),
  };
}

function sealManifest(
  query: Query,
  ask: AskLineage & { readonly askId: number },
  sum: Reconciliation,
  { batches, decisions }: Unlisted,
  now: Date,
): SealedBatch {
  const template = templateManifestKey(ask.keyTemplate, ask);
  const { seq, key } = nextManifestKey(query, ask.lake, template, 0);
  const listed = batches.map((batch) => ({ ...batch, records: listRecords(query, batch.batchId) }));
  const body = Buffer.from(writeManifest(ask, sum, { batches: listed, decisions }));
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
  const decided = JSON.stringify(decisions.map(({ askedId, generation }) => [askedId, generation]));
  query.run(
    sql`UPDATE processed_ids SET batch_id = ${lastId}
        WHERE question_id = (SELECT question_id FROM asks WHERE ask_id = ${ask.askId})
          AND (asked_id, generation) IN (SELECT value ->> 0, value ->> 1 FROM json_each(${decided}))`,
  );
  return readSealed(query, lastId);
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
