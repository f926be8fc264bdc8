/** What the database knows of the lake, as lists show it: datasets, partitions, objects and manifests. */
import type { Query } from "../sqlite/query.ts";
import { mapRow, type Row } from "../sqlite/row.ts";
import { sql } from "../sqlite/statement.ts";
import { whereAll } from "./page.ts";

export interface DatasetEntry {
  readonly dataset: string;
  readonly objects: number;
  readonly sizeBytes: number;
  readonly records: number;
  /** ISO UTC. */
  readonly newestCommit: string | null;
}

/** Committed objects without manifests, by dataset. */
export function listDatasetEntries(query: Query, lakeId: string): readonly DatasetEntry[] {
  return query
    .all<Row>(
      sql`SELECT dataset, count(*) AS objects, coalesce(sum(size_bytes), 0) AS size_bytes,
          coalesce(sum(record_count), 0) AS records, max(committed_at) AS newest_commit
        FROM objects WHERE lake = ${lakeId} AND dataset IS NOT NULL AND kind IN ('file', 'records') AND is_committed = 1
        GROUP BY dataset ORDER BY dataset`,
    )
    .map((row) => mapRow<DatasetEntry>(row));
}

export interface PartitionEntry {
  /** `yyyy/mm/dd` of the run; in UTC for objects whose run was pruned. */
  readonly partition: string;
  readonly objects: number;
  readonly sizeBytes: number;
  readonly records: number;
}

/** Newest first. */
export function listPartitionEntries(
  query: Query,
  lakeId: string,
  dataset: string,
  limit: number,
): readonly PartitionEntry[] {
  return query
    .all<Row>(
      sql`SELECT coalesce(r.partition, replace(substr(coalesce(o.logical_date, o.created_at), 1, 10), '-', '/')) AS partition,
          count(*) AS objects, coalesce(sum(o.size_bytes), 0) AS size_bytes, coalesce(sum(o.record_count), 0) AS records
        FROM objects o LEFT JOIN dag_runs r USING (dag_run_id)
        WHERE o.lake = ${lakeId} AND o.dataset = ${dataset} AND o.kind IN ('file', 'records') AND o.is_committed = 1
        GROUP BY 1 ORDER BY 1 DESC LIMIT ${limit}`,
    )
    .map((row) => mapRow<PartitionEntry>(row));
}

export const OBJECT_STATES = ["committed", "planned", "missing", "removed"] as const;

export interface ObjectEntry {
  readonly key: string;
  readonly kind: "file" | "records" | "manifest" | "foreign";
  readonly state: (typeof OBJECT_STATES)[number];
  readonly dataset: string | null;
  readonly sizeBytes: number;
  readonly records: number | null;
  readonly sha256: string | null;
  readonly dagId: string | null;
  readonly runId: string | null;
  readonly taskId: string | null;
  readonly isAdopted: number;
  readonly committedAt: string | null;
}

export interface ObjectPageFilter {
  readonly lakeId: string;
  readonly prefix?: string | undefined;
  readonly dataset?: string | undefined;
  readonly dagRunId?: number | undefined;
  readonly kind?: string | undefined;
  readonly state?: string | undefined;
  readonly isAdopted?: boolean | undefined;
}

/** By key, after that one. */
export function listObjectEntries(
  query: Query,
  { lakeId, prefix = "", dataset, dagRunId, kind, state, isAdopted }: ObjectPageFilter,
  { after, limit }: { readonly after: string; readonly limit: number },
): readonly ObjectEntry[] {
  const from = after > prefix ? after : prefix;
  const where = whereAll([
    sql`o.lake = ${lakeId}`,
    after === "" ? sql`o.key >= ${from}` : sql`o.key >= ${from} AND o.key > ${after}`,
    // Keys sort by their bytes: none that begins with the prefix is after this.
    prefix === "" ? undefined : sql`o.key < ${`${prefix}\u{10ffff}`}`,
    dataset === undefined ? undefined : sql`o.dataset = ${dataset}`,
    dagRunId === undefined ? undefined : sql`o.dag_run_id = ${dagRunId}`,
    kind === undefined ? undefined : sql`o.kind = ${kind}`,
    isAdopted === undefined ? undefined : sql`o.is_adopted = ${isAdopted}`,
  ]);
  // SQLite reads the rows in the order of the index on lake and key, and stops at the limit.
  return query
    .all<Row>(
      sql`SELECT * FROM (SELECT o.key, o.kind, CASE WHEN o.is_committed = 1 THEN 'committed'
            WHEN EXISTS (SELECT 1 FROM removals x WHERE x.lake = o.lake AND x.key = o.key AND x.sha256 = o.sha256
              AND x.undone_at IS NULL) THEN 'removed'
            WHEN o.missing_since IS NOT NULL THEN 'missing' ELSE 'planned' END AS state,
            o.dataset, o.size_bytes, o.record_count AS records, o.sha256, r.dag_id, r.run_id, o.task_id,
            o.is_adopted, o.committed_at
          FROM objects o LEFT JOIN dag_runs r USING (dag_run_id) WHERE ${where})
        WHERE ${state} IS NULL OR state = ${state} ORDER BY key LIMIT ${limit}`,
    )
    .map((row) => mapRow<ObjectEntry>(row));
}

export interface ManifestEntry {
  readonly key: string;
  readonly dataset: string | null;
  readonly committedAt: string | null;
  readonly isAdopted: number;
  /** Of the objects that it lists, where this database knows them. */
  readonly objects: number;
  readonly records: number;
}

/** By key, after that one. */
export function listManifestEntries(
  query: Query,
  lakeId: string,
  dataset: string | undefined,
  { after, limit }: { readonly after: string; readonly limit: number },
): readonly ManifestEntry[] {
  return query
    .all<Row>(
      sql`SELECT o.key, o.dataset, o.committed_at, o.is_adopted,
          (SELECT count(*) FROM batches m JOIN batches b ON b.manifest_batch_id = m.batch_id
            WHERE m.lake = o.lake AND m.key = o.key) AS objects,
          (SELECT coalesce(sum(b.record_count), 0) FROM batches m JOIN batches b ON b.manifest_batch_id = m.batch_id
            WHERE m.lake = o.lake AND m.key = o.key) AS records
        FROM objects o WHERE o.lake = ${lakeId} AND o.key > ${after} AND o.kind = 'manifest'
          AND (${dataset} IS NULL OR o.dataset = ${dataset}) ORDER BY o.key LIMIT ${limit}`,
    )
    .map((row) => mapRow<ManifestEntry>(row));
}
