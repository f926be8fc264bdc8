/** Sealed and committed batches: key, body and sha256 are fixed at SEAL; COMMIT turns a batch into an object with its ids. */
import { createHash } from "node:crypto";
import { computeBatchUid } from "../../model/records/batch-identity.ts";
import type { SealedBatch, SpooledRecord } from "../../model/ports/batch-store.ts";
import { findManifestTemplate, nameManifestAsBefore } from "../../model/records/manifest-name.ts";
import { formatLocal } from "../../model/time/local-time.ts";
import { frameRecords } from "../../model/records/record-batch.ts";
import type { Query } from "../sqlite/query.ts";
import { dropStored } from "./left-out.ts";
import { mapRow, type Row } from "../sqlite/row.ts";
import { insertInto, sql, upsertInto, type Sql } from "../sqlite/statement.ts";

/** `lost`: its object is gone from the lake. */
export const BATCH_STATES = ["sealed", "committed", "lost"] as const;

/** What a batch inherits from its ask. */
interface AskFacts {
  readonly askId: number;
  readonly lake: string;
  readonly dataset: string;
  readonly questionHash: string;
  readonly keyTemplate: string;
  readonly logicalDate: string;
}

const SEALED = sql`b.batch_id, b.kind, b.key, b.sha256, b.size_bytes, b.record_count, b.batch_uid, b.dataset,
  b.generation, b.asked_ids, q.hash AS question_hash, r.logical_date
  FROM batches b JOIN asks a ON a.ask_id = b.ask_id JOIN questions q USING (question_id)
  JOIN dag_runs r USING (dag_run_id)`;

/** `undefined` if other objects hold all of the records by now. */
export function sealBatch(
  query: Query,
  records: readonly SpooledRecord[],
  now: Date,
): SealedBatch | undefined {
  const askId = records[0]?.askId ?? 0;
  const ask = readAskFacts(query, askId);
  const spoolIds = JSON.stringify(records.map((record) => record.spoolId));
  const leftOut = dropStored(query, spoolIds);
  if (leftOut > 0 && leftOut === records.length) return undefined;
  const rows = query.all<{ asked_id: string; generation: string; structure: string; body: Buffer }>(
    sql`SELECT asked_id, generation, structure, body FROM spool
        WHERE batch_id IS NULL AND ask_id = ${askId} AND spool_id IN (SELECT value FROM json_each(${spoolIds}))
          ORDER BY spool_id`,
  );
  const first = rows[0];
  if (first === undefined || rows.length + leftOut !== records.length) {
    throw new Error(
      `of ${records.length} spooled records to seal ${rows.length} are there, ${leftOut} left out`,
    );
  }
  const body = frameRecords(rows.map((row) => row.body));
  const sha256 = createHash("sha256").update(body).digest("hex");
  const askedIds = rows.map((row) => row.asked_id);
  const content = {
    questionHash: ask.questionHash,
    generation: first.generation,
    logicalDate: ask.logicalDate,
    askedIds,
  };
  const { seq, key } = nextKey(query, ask, 0);
  const { lastId } = query.run(
    insertInto("batches", {
      ask_id: askId,
      kind: "records",
      state: "sealed",
      lake: ask.lake,
      dataset: ask.dataset,
      batch_uid: computeBatchUid({ ...content, sha256 }),
      generation: first.generation,
      structure: first.structure,
      key,
      seq,
      sha256,
      size_bytes: body.byteLength,
      record_count: rows.length,
      asked_ids: JSON.stringify(askedIds),
      sealed_at: now.toISOString(),
    }),
  );
  query.run(
    sql`UPDATE spool SET batch_id = ${lastId} WHERE spool_id IN (SELECT value FROM json_each(${spoolIds}))`,
  );
  return readSealed(query, lastId);
}

/** Reads the end of an index for each ask: a join would read every batch, and a large ingestion seals thousands. */
export const findLastNumber = ({ lake, keyTemplate }: Pick<AskFacts, "lake" | "keyTemplate">): Sql =>
  sql`SELECT max((SELECT max(b.seq) FROM batches b WHERE b.ask_id = a.ask_id AND b.kind = 'records'
          AND b.lake = ${lake})) AS seq FROM asks a WHERE a.key_template = ${keyTemplate}`;

/** A key that the database does not have for any object or batch. */
function nextKey(query: Query, ask: AskFacts, after: number): { readonly seq: number; readonly key: string } {
  const used = query.get<{ seq: number | null }>(findLastNumber(ask))?.seq;
  for (let seq = Math.max(used ?? 0, after) + 1; ; seq += 1) {
    const key = ask.keyTemplate.replaceAll("${seq}", String(seq).padStart(5, "0"));
    if (!isKeyTaken(query, ask.lake, key)) return { seq, key };
  }
}

function isKeyTaken(query: Query, lake: string, key: string): boolean {
  const taken = query.get(
    sql`SELECT 1 FROM objects WHERE lake = ${lake} AND key = ${key} UNION ALL SELECT 1 FROM batches
        WHERE lake = ${lake} AND key = ${key}
        LIMIT 1`,
  );
  return taken !== undefined;
}

/** The same batch under the next number. Manifests are also numbered by their `seq`. */
export function rekeyBatch(query: Query, batchId: number): SealedBatch {
  const row = query.get<{ ask_id: number; seq: number; kind: string; key: string }>(
    sql`SELECT ask_id, seq, kind, key FROM batches WHERE batch_id = ${batchId} AND state = 'sealed'`,
  );
  if (row === undefined) throw new Error(`batch ${batchId} is not sealed`);
  const ask = readAskFacts(query, row.ask_id);
  const template = row.kind === "manifest" ? findManifestTemplate(row.key) : ask.keyTemplate;
  const { seq, key } =
    row.kind === "manifest"
      ? nextManifestKey(query, ask.lake, template, row.seq)
      : nextKey(query, ask, row.seq);
  query.run(sql`UPDATE batches SET seq = ${seq}, key = ${key} WHERE batch_id = ${batchId}`);
  return readSealed(query, batchId);
}

/** Manifests are numbered from 1, without padding. A number that one of before 0.2 has is taken: it may get the present name. */
export function nextManifestKey(
  query: Query,
  lake: string,
  template: string,
  after: number,
): { readonly seq: number; readonly key: string } {
  for (let seq = after + 1; ; seq += 1) {
    const key = template.replaceAll("${seq}", String(seq));
    if (!isKeyTaken(query, lake, key) && !isKeyTaken(query, lake, nameManifestAsBefore(key)))
      return { seq, key };
  }
}

export function listSealed(query: Query, lakeId: string, dataset: string): readonly SealedBatch[] {
  return query
    .all<Row>(
      sql`SELECT ${SEALED} WHERE b.state = 'sealed' AND b.lake = ${lakeId} AND b.dataset = ${dataset}
          ORDER BY b.batch_id`,
    )
    .map(mapSealed);
}

export function readSealed(query: Query, batchId: number): SealedBatch {
  const row = query.get<Row>(sql`SELECT ${SEALED} WHERE b.batch_id = ${batchId}`);
  if (row === undefined) throw new Error(`batch ${batchId} is missing`);
  return mapSealed(row);
}

/** A records batch is framed from the spool's rows each time; its sha256 tells whether they are unchanged. */
export function readBody(query: Query, batchId: number): Uint8Array {
  const manifest = query.get<{ body: Buffer | null }>(
    sql`SELECT body FROM batches WHERE batch_id = ${batchId} AND kind = 'manifest'`,
  );
  if (manifest?.body) return manifest.body;
  const rows = query.all<{ body: Buffer }>(
    sql`SELECT body FROM spool WHERE batch_id = ${batchId} ORDER BY spool_id`,
  );
  return frameRecords(rows.map((row) => row.body));
}

/** Returns the id of the batch's ask. */
export function commitBatch(query: Query, batch: SealedBatch, etag: string, now: Date): number {
  const at = now.toISOString();
  const changed = query.run(
    sql`UPDATE batches SET state = 'committed', committed_at = ${at}, body = NULL
        WHERE batch_id = ${batch.batchId} AND state = 'sealed'`,
  );
  if (changed.changes !== 1) throw new Error(`batch ${batch.batchId} is no longer sealed`);
  const owner = query.get<{
    ask_id: number;
    lake: string;
    dag_run_id: number;
    task_id: string;
    timezone: string;
  }>(
    sql`SELECT b.ask_id, b.lake, a.dag_run_id, a.task_id, r.timezone FROM batches b JOIN asks a USING (ask_id)
        JOIN dag_runs r USING (dag_run_id) WHERE b.batch_id = ${batch.batchId}`,
  );
  if (owner === undefined) throw new Error(`batch ${batch.batchId} has no ask`);
  query.run(
    upsertInto("objects", ["lake", "key"], {
      lake: owner.lake,
      key: batch.key,
      kind: batch.kind,
      dataset: batch.identity.dataset,
      sha256: batch.sha256,
      size_bytes: batch.sizeBytes,
      etag,
      record_count: batch.recordCount,
      is_committed: 1,
      is_adopted: 0,
      commit_order: query.get<{ next: number }>(
        sql`SELECT coalesce(max(commit_order), 0) + 1 AS next FROM objects`,
      )?.next,
      batch_uid: batch.identity.batchUid,
      logical_date: batch.identity.logicalDate,
      dag_run_id: owner.dag_run_id,
      task_id: owner.task_id,
      created_at: at,
      created_at_local: formatLocal(now, owner.timezone),
      committed_at: at,
      missing_since: null,
    }),
  );
  if (batch.kind === "records") moveIdsOutOfSpool(query, batch, owner.lake, at);
  return owner.ask_id;
}

function moveIdsOutOfSpool(query: Query, batch: SealedBatch, lake: string, at: string): void {
  keepDoubles(query, batch, at);
  const moved = query.run(
    sql`INSERT INTO processed_ids (question_id, asked_id, generation, outcome, is_permanent, ask_id, object_id,
        batch_id, facts, fetched_at, logical_date, decided_at)
        SELECT question_id, asked_id, generation, 'stored', 1, ask_id,
          (SELECT object_id FROM objects WHERE lake = ${lake} AND key = ${batch.key}), batch_id, facts,
          fetched_at, ${batch.identity.logicalDate}, ${at}
          FROM spool WHERE batch_id = ${batch.batchId}
        ON CONFLICT (question_id, asked_id, generation) DO UPDATE SET outcome = 'stored', reason = NULL,
          detail = NULL,
          is_permanent = 1, ask_id = excluded.ask_id, object_id = excluded.object_id, batch_id = excluded.batch_id,
          facts = excluded.facts, fetched_at = excluded.fetched_at,
          logical_date = excluded.logical_date, decided_at = excluded.decided_at`,
  );
  if (moved.changes !== batch.recordCount) enterSealedIds(query, batch, lake, at);
  query.run(sql`DELETE FROM spool WHERE batch_id = ${batch.batchId}`);
}

/** For a batch that is in the lake, but whose rows are damaged or gone: its ids are known since it was sealed. */
function enterSealedIds(
  query: Query,
  { batchId, key, identity }: SealedBatch,
  lake: string,
  at: string,
): void {
  query.run(
    sql`INSERT INTO processed_ids (question_id, asked_id, generation, outcome, is_permanent, ask_id, object_id,
        batch_id, facts, logical_date, decided_at)
        SELECT a.question_id, j.value, ${identity.generation}, 'stored', 1, a.ask_id,
          (SELECT object_id FROM objects WHERE lake = ${lake} AND key = ${key}), b.batch_id, '{}',
          ${identity.logicalDate}, ${at}
          FROM batches b JOIN asks a USING (ask_id), json_each(${JSON.stringify(identity.askedIds)}) j
          WHERE b.batch_id = ${batchId}
        ON CONFLICT (question_id, asked_id, generation) DO UPDATE SET outcome = 'stored', reason = NULL,
          detail = NULL, is_permanent = 1, ask_id = excluded.ask_id, object_id = excluded.object_id,
          batch_id = excluded.batch_id, logical_date = excluded.logical_date, decided_at = excluded.decided_at
          WHERE processed_ids.outcome <> 'stored'`,
  );
}

/** For a batch that was in the lake before its commit, next to another object with the same ids. */
function keepDoubles(query: Query, batch: SealedBatch, at: string): void {
  query.run(
    sql`INSERT INTO doubled_ids (question_id, asked_id, generation, object_id, noticed_at)
        SELECT p.question_id, p.asked_id, p.generation, p.object_id, ${at} FROM spool s JOIN processed_ids p
            ON p.question_id = s.question_id AND p.asked_id = s.asked_id AND p.generation = s.generation
          WHERE s.batch_id = ${batch.batchId} AND p.outcome = 'stored' AND p.object_id IS NOT NULL
        ON CONFLICT DO NOTHING`,
  );
}

function readAskFacts(query: Query, askId: number): AskFacts {
  const row = query.get<Row>(
    sql`SELECT a.ask_id, q.lake, q.dataset, q.hash AS question_hash, a.key_template, r.logical_date
        FROM asks a JOIN questions q USING (question_id) JOIN dag_runs r USING (dag_run_id)
        WHERE a.ask_id = ${askId}`,
  );
  if (row === undefined) throw new Error(`ask ${askId} is missing`);
  return mapRow<AskFacts>(row);
}

function mapSealed(row: Row): SealedBatch {
  const flat = mapRow<Omit<SealedBatch, "identity"> & SealedBatch["identity"]>(row, {
    askedIds: (value) => JSON.parse(String(value)) as unknown,
  });
  const { batchId, kind, key, sha256, sizeBytes, recordCount, ...identity } = flat;
  return { batchId, kind, key, sha256, sizeBytes, recordCount, identity };
}
