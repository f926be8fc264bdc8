/** The spool: fetched answers that are not yet in an object; and the outcomes that store nothing. */
import type { DecidedId, FetchedRecord, SpooledRecord } from "../../model/ports/batch-store.ts";
import type { Query } from "../sqlite/query.ts";
import { mapRow, type Row } from "../sqlite/row.ts";
import { sql, type Sql } from "../sqlite/statement.ts";

/** Records share objects only if they have the same ask, generation and structure. */
function nameGroup(askId: number, generation: string, structure: string): string {
  return `${askId}/${generation}/${structure}`;
}

export function insertSpooled(query: Query, record: FetchedRecord): SpooledRecord {
  if ("asked_id" in record.facts || "fetched_at" in record.facts) {
    throw new Error("a fact has the name of a column that each manifest has");
  }
  const { lastId } = query.run(
    sql`INSERT INTO spool (ask_id, question_id, generation, asked_id, structure, size_bytes, facts, fetched_at,
          body)
        SELECT ask_id, question_id, ${record.generation}, ${record.askedId}, ${record.structure},
          ${record.body.byteLength}, ${JSON.stringify(record.facts)}, ${record.fetchedAt}, ${record.body}
          FROM asks WHERE ask_id = ${record.askId}`,
  );
  return {
    spoolId: lastId,
    askId: record.askId,
    sizeBytes: record.body.byteLength,
    group: nameGroup(record.askId, record.generation, record.structure),
  };
}

const SPOOLED = sql`SELECT s.spool_id, s.ask_id, s.generation, s.structure, s.size_bytes FROM spool s`;

/** Oldest first: records that earlier tasks of the dataset left, then this task's. */
export function listUnsealed(query: Query, lakeId: string, dataset: string): readonly SpooledRecord[] {
  return readSpooled(
    query,
    sql`${SPOOLED} JOIN questions q USING (question_id)
        WHERE s.batch_id IS NULL AND q.lake = ${lakeId} AND q.dataset = ${dataset} ORDER BY s.spool_id`,
  );
}

/** The records of a batch, in its order. */
export function listSpooled(query: Query, batchId: number): readonly SpooledRecord[] {
  return readSpooled(query, sql`${SPOOLED} WHERE s.batch_id = ${batchId} ORDER BY s.spool_id`);
}

function readSpooled(query: Query, statement: Sql): readonly SpooledRecord[] {
  return query
    .all<Row>(statement)
    .map((row) => mapRow<SpooledRecord & { generation: string; structure: string }>(row))
    .map(({ spoolId, askId, sizeBytes, generation, structure }) => ({
      spoolId,
      askId,
      sizeBytes,
      group: nameGroup(askId, generation, structure),
    }));
}

/** Replaces an older decision, but never `stored`. No manifest lists it yet. */
export function insertDecision(query: Query, decided: DecidedId, now: Date): void {
  query.run(
    sql`INSERT INTO processed_ids (question_id, asked_id, generation, outcome, reason, detail, is_permanent, ask_id,
          fetched_at, logical_date, decided_at)
        SELECT a.question_id, ${decided.askedId}, ${decided.generation}, ${decided.outcome}, ${decided.reason},
          ${decided.detail}, ${decided.isPermanent}, a.ask_id, ${decided.fetchedAt}, r.logical_date,
          ${now.toISOString()}
          FROM asks a JOIN dag_runs r USING (dag_run_id) WHERE a.ask_id = ${decided.askId}
        ON CONFLICT (question_id, asked_id, generation) DO UPDATE SET outcome = excluded.outcome,
          reason = excluded.reason, detail = excluded.detail, is_permanent = excluded.is_permanent,
          ask_id = excluded.ask_id, fetched_at = excluded.fetched_at, logical_date = excluded.logical_date,
          decided_at = excluded.decided_at, object_id = NULL, batch_id = NULL WHERE processed_ids.outcome <> 'stored'`,
  );
}
