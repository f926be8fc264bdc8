/** The records of manifests whose keys change: those of before 0.2 that get their present names. */
import type { Query } from "../sqlite/query.ts";
import { sql } from "../sqlite/statement.ts";

export interface KeyChange {
  readonly from: string;
  readonly to: string;
}

/** Whether a manifest with these bytes is recorded under one of the two keys. */
export function isRecordedManifest(
  query: Query,
  lakeId: string,
  { from, to }: KeyChange,
  sha256: string,
): boolean {
  const row = query.get(
    sql`SELECT 1 FROM objects WHERE lake = ${lakeId} AND key IN (${from}, ${to}) AND kind = 'manifest'
        AND is_committed = 1 AND sha256 = ${sha256} LIMIT 1`,
  );
  return row !== undefined;
}

/** Leaves one record, under the new key: a run that listed both names has recorded the manifest twice. */
export function renameManifest(query: Query, lakeId: string, { from, to }: KeyChange): void {
  const kept = query.get<{ object_id: number }>(
    sql`SELECT object_id FROM objects WHERE lake = ${lakeId} AND key IN (${from}, ${to}) AND kind = 'manifest'
        ORDER BY is_adopted, is_committed DESC, object_id LIMIT 1`,
  );
  if (kept === undefined) return;
  query.run(
    sql`DELETE FROM objects WHERE lake = ${lakeId} AND key IN (${from}, ${to}) AND kind = 'manifest'
        AND object_id <> ${kept.object_id}`,
  );
  query.run(sql`UPDATE objects SET key = ${to} WHERE object_id = ${kept.object_id}`);
  query.run(
    sql`UPDATE batches SET key = ${to} WHERE lake = ${lakeId} AND key = ${from} AND kind = 'manifest'`,
  );
  query.run(sql`UPDATE batches SET manifest_key = ${to} WHERE lake = ${lakeId} AND manifest_key = ${from}`);
}

/** How many manifests of before 0.2 are recorded. `_` stands for one character in LIKE, so it is escaped. */
export function countOldManifests(query: Query, lakeId: string): number {
  return query.one<{ n: number }>(
    sql`SELECT count(*) AS n FROM objects WHERE lake = ${lakeId} AND kind = 'manifest' AND is_committed = 1
        AND key LIKE '%\\_manifest-%.json' ESCAPE '\\'`,
  ).n;
}
