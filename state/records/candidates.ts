/** The ids that a CSV's content holds under given conditions. */
import { createHash } from "node:crypto";
import type { CandidateKey, CandidateSet, CandidateStore } from "../../model/ports/candidate-store.ts";
import type { Clock } from "../../model/ports/clock.ts";
import type { Database } from "../sqlite/database.ts";
import type { Query } from "../sqlite/query.ts";
import { json, mapRow, type Row } from "../sqlite/row.ts";
import { insertInto, sql } from "../sqlite/statement.ts";

export function createCandidateStore(database: Database, clock: Clock): CandidateStore {
  return {
    find: async (key) => findSet(database, key),
    save: (key, dataset, ids, counts) =>
      database.write((query) => {
        const existing = findSet(query, key);
        if (existing !== undefined) return existing;
        const { lastId } = query.run(
          insertInto("candidate_sets", {
            lake: key.lakeId,
            sha256: key.sha256,
            conditions_hash: hashConditions(key),
            conditions: JSON.stringify(key.conditions),
            dataset,
            id_count: ids.length,
            rows: counts.rows,
            matched_rows: counts.matchedRows,
            faulty_rows: JSON.stringify(counts.faultyRows),
            created_at: clock.now().toISOString(),
          }),
        );
        query.run(
          sql`INSERT INTO candidate_ids (candidate_set_id, position, asked_id)
              SELECT ${lastId}, key, value FROM json_each(${JSON.stringify(ids)})`,
        );
        return { candidateSetId: lastId, idCount: ids.length, ...counts };
      }),
  };
}

function findSet(query: Query, key: CandidateKey): CandidateSet | undefined {
  const row = query.get<Row>(
    sql`SELECT candidate_set_id, id_count, rows, matched_rows, faulty_rows FROM candidate_sets
        WHERE lake = ${key.lakeId} AND sha256 = ${key.sha256} AND conditions_hash = ${hashConditions(key)}`,
  );
  return row === undefined ? undefined : mapRow<CandidateSet>(row, { faultyRows: json });
}

function hashConditions(key: CandidateKey): string {
  return createHash("sha256").update(JSON.stringify(key.conditions)).digest("hex");
}
