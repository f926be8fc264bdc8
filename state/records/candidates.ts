/**
 * The ids of a CSV's content under given conditions: stored in batches during the read, and visible when all are
 * there.
 */
import { createHash, randomUUID } from "node:crypto";
import type {
  CandidateKey,
  CandidateSet,
  CandidateStage,
  CandidateStore,
} from "../../model/ports/candidate-store.ts";
import type { Clock } from "../../model/ports/clock.ts";
import type { Database } from "../sqlite/database.ts";
import type { Query } from "../sqlite/query.ts";
import { json, mapRow, type Row } from "../sqlite/row.ts";
import { insertInto, sql } from "../sqlite/statement.ts";

/** Ids in one transaction: it takes about 20 ms. */
const BATCH_IDS = 10_000;

/**
 * An incomplete set has this and its process's token in place of its conditions' hash, so that no query finds it.
 * Only one process writes at a time: sets with another token were left by a dead process.
 */
const STAGED = "staged";

export function createCandidateStore(database: Database, clock: Clock): CandidateStore {
  const token = `${STAGED} ${randomUUID()}`;
  return {
    find: async (key) => findSet(database, key),
    stage: async (key, dataset) => stageSet({ database, clock, token }, key, dataset),
  };
}

interface Store {
  readonly database: Database;
  readonly clock: Clock;
  readonly token: string;
}

function stageSet({ database, clock, token }: Store, key: CandidateKey, dataset: string): CandidateStage {
  let waiting: string[] = [];
  let written = 0;
  let stagedId: number | undefined;

  function insertStaged(query: Query): number {
    return query.run(
      insertInto("candidate_sets", {
        lake: key.lakeId,
        sha256: key.sha256,
        conditions_hash: `${token} ${randomUUID()}`,
        conditions: JSON.stringify(key.conditions),
        dataset,
        id_count: 0,
        rows: 0,
        matched_rows: 0,
        faulty_rows: "{}",
        created_at: clock.now().toISOString(),
      }),
    ).lastId;
  }

  return {
    get idCount() {
      return written + waiting.length;
    },
    async add(ids) {
      for (const id of ids) waiting.push(id);
      if (waiting.length < BATCH_IDS) return;
      // Changes outside the database count only after the commit: the work may run twice.
      stagedId = await database.write((query) => {
        const setId = stagedId ?? insertStaged(query);
        insertIds(query, setId, written, waiting);
        return setId;
      });
      written += waiting.length;
      waiting = [];
    },
    async complete(counts) {
      await removeLeftBehind(database, token);
      const { rows, matchedRows, faultyRows, remarks = null } = counts;
      const idCount = written + waiting.length;
      const { set, isOurs } = await database.write((query) => {
        const existing = findSet(query, key);
        if (existing !== undefined) return { set: existing, isOurs: false };
        const setId = stagedId ?? insertStaged(query);
        insertIds(query, setId, written, waiting);
        query.run(
          sql`UPDATE candidate_sets SET conditions_hash = ${hashConditions(key)}, id_count = ${idCount},
              rows = ${rows}, matched_rows = ${matchedRows}, faulty_rows = ${JSON.stringify(faultyRows)},
              remarks = ${remarks === null ? null : JSON.stringify(remarks)},
              created_at = ${clock.now().toISOString()} WHERE candidate_set_id = ${setId}`,
        );
        return { set: { candidateSetId: setId, idCount, ...counts, remarks }, isOurs: true };
      });
      if (isOurs) stagedId = undefined;
      return set;
    },
    async discard() {
      if (stagedId === undefined) return;
      await removeSet(database, stagedId);
      stagedId = undefined;
    },
  };
}

function insertIds(query: Query, setId: number, from: number, ids: readonly string[]): void {
  query.run(
    sql`INSERT INTO candidate_ids (candidate_set_id, position, asked_id)
        SELECT ${setId}, ${from} + key, value FROM json_each(${JSON.stringify(ids)})`,
  );
}

async function removeLeftBehind(database: Database, token: string): Promise<void> {
  const left = database.all<{ candidate_set_id: number }>(
    sql`SELECT candidate_set_id FROM candidate_sets WHERE ${IS_STAGED}
        AND conditions_hash NOT LIKE ${`${token} %`}`,
  );
  for (const { candidate_set_id: setId } of left) await removeSet(database, setId);
}

/** An incomplete set. */
export const IS_STAGED = sql`conditions_hash LIKE ${`${STAGED} %`}`;

/** One batch at a time: a million rows in one transaction would block everything else. */
export async function removeSet(database: Database, setId: number): Promise<void> {
  let removed: number;
  do {
    removed = await database.write(
      (query) =>
        query.run(
          sql`DELETE FROM candidate_ids WHERE candidate_set_id = ${setId} AND position <
              (SELECT min(position) FROM candidate_ids WHERE candidate_set_id = ${setId}) + ${BATCH_IDS}`,
        ).changes,
    );
  } while (removed > 0);
  await database.write((query) =>
    query.run(sql`DELETE FROM candidate_sets WHERE candidate_set_id = ${setId}`),
  );
}

function findSet(query: Query, key: CandidateKey): CandidateSet | undefined {
  const row = query.get<Row>(
    sql`SELECT candidate_set_id, id_count, rows, matched_rows, faulty_rows, remarks FROM candidate_sets
        WHERE lake = ${key.lakeId} AND sha256 = ${key.sha256} AND conditions_hash = ${hashConditions(key)}`,
  );
  return row === undefined ? undefined : mapRow<CandidateSet>(row, { faultyRows: json, remarks: json });
}

function hashConditions(key: CandidateKey): string {
  return createHash("sha256").update(JSON.stringify(key.conditions)).digest("hex");
}
