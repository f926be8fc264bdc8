/**
 * Deletes old history in small steps, so that other writers never wait for long. prune-rules.ts decides what is
 * history; the caller holds the lease.
 */
import type { Database } from "../sqlite/database.ts";
import type { Query } from "../sqlite/query.ts";
import {
  isPastEvent,
  KEEP_REASONS,
  LEFTOVERS,
  listDagsWithRuns,
  listOldRuns,
  recheckRuns,
  RUN_ROWS,
  type KeepReason,
  type OldRun,
} from "./prune-rules.ts";
import { nameOf, sql, type Sql } from "../sqlite/statement.ts";

/** In one transaction: tens of milliseconds. */
const RUNS_AT_ONCE = 500;
const IDS_AT_ONCE = 5_000;
const EVENTS_AT_ONCE = 5_000;

export interface PruneRequest {
  /** Deletes rows that ended or happened before this. */
  readonly before: Date;
  /** Only counts what would be deleted; writes nothing and needs no lease. */
  readonly isDryRun: boolean;
  /** Stops it between two transactions; a later call continues. */
  readonly signal?: AbortSignal;
}

export type PrunedTable = (typeof RUN_ROWS)[number]["table"] | (typeof LEFTOVERS)[number]["table"] | "events";

export interface PruneReport {
  /** Rows, by table. Ids of a candidate set are deleted with it and not counted. */
  readonly removed: Readonly<Record<PrunedTable, number>>;
  /** Old runs that stay, by reason. */
  readonly kept: Readonly<Record<KeepReason, number>>;
}

type Counts = Record<PrunedTable, number>;

/** Raises `LEASE_LOST` if another process takes over the lease; rows deleted by then stay deleted. */
export async function pruneDatabase(database: Database, request: PruneRequest): Promise<PruneReport> {
  const { isDryRun, signal } = request;
  const before = request.before.toISOString();
  const kept = Object.fromEntries(KEEP_REASONS.map((reason) => [reason, 0])) as Record<KeepReason, number>;
  const removed = noCounts();
  const going: (readonly OldRun[])[] = [];
  for (const dagId of listDagsWithRuns(database)) {
    const old = listOldRuns(database, dagId, before);
    for (const { keptAs } of old) if (keptAs !== null) kept[keptAs] += 1;
    const goingOfDag = old.filter((run) => run.keptAs === null);
    if (isDryRun) going.push(goingOfDag);
    else await removeRuns(database, before, goingOfDag, removed, signal);
  }
  if (isDryRun) return { removed: countRows(database, before, going.flat()), kept };
  await removeLeftovers(database, before, removed, signal);
  await removeEvents(database, before, removed, signal);
  return { removed, kept };
}

function countRows(query: Query, before: string, going: readonly OldRun[]): Counts {
  const gone = JSON.stringify(going.map((run) => run.dagRunId));
  const counts = noCounts();
  for (const { table, where } of RUN_ROWS) counts[table] = count(query, table, where(gone));
  for (const { table, where } of LEFTOVERS) counts[table] = count(query, table, where(before, gone));
  counts.events = count(query, "events", isPastEvent(before, gone));
  return counts;
}

function count(query: Query, table: PrunedTable, where: Sql): number {
  return query.one<{ count: number }>(sql`SELECT count(*) AS count FROM ${nameOf(table)} WHERE ${where}`)
    .count;
}

async function removeRuns(
  database: Database,
  before: string,
  going: readonly OldRun[],
  counts: Counts,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (const group of groupRuns(going)) {
    signal?.throwIfAborted();
    const removed = await removeGroup(
      database,
      before,
      group.map((run) => run.dagRunId),
    );
    for (const { table } of RUN_ROWS) counts[table] += removed[table] ?? 0;
  }
}

/** First detaches the processed ids of a run with very many, in separate steps. */
async function removeGroup(
  database: Database,
  before: string,
  dagRunIds: readonly number[],
): Promise<Partial<Counts>> {
  for (;;) {
    const removed = await database.write((query) => {
      const gone = JSON.stringify(recheckRuns(query, before, dagRunIds));
      if (letIdsGo(query, gone) === IDS_AT_ONCE) return undefined;
      return Object.fromEntries(
        RUN_ROWS.map(({ table, where }) => [
          table,
          query.run(sql`DELETE FROM ${nameOf(table)} WHERE ${where(gone)}`).changes,
        ]),
      );
    });
    if (removed !== undefined) return removed;
  }
}

async function removeLeftovers(
  database: Database,
  before: string,
  counts: Counts,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (const { table, key, pageRows, where, remove } of LEFTOVERS) {
    const [from, column] = [nameOf(table), nameOf(key)];
    const chosen = sql`SELECT ${column} AS key FROM ${from} WHERE ${where(before, "[]")}`;
    if (remove !== undefined) {
      for (const row of database.all<{ key: number }>(chosen)) {
        signal?.throwIfAborted();
        await remove(database, row.key);
        counts[table] += 1;
      }
      continue;
    }
    const page = sql`DELETE FROM ${from} WHERE ${column} IN (${chosen} LIMIT ${pageRows})`;
    for (let changes = pageRows; changes === pageRows; counts[table] += changes) {
      signal?.throwIfAborted();
      changes = await removeSome(database, page);
    }
  }
}

/** The ids keep their outcome and object; the manifest says which ask and batch they came from. */
function letIdsGo(query: Query, goneRuns: string): number {
  return query.run(
    sql`UPDATE processed_ids SET ask_id = NULL, batch_id = NULL WHERE (question_id, asked_id, generation) IN (
        SELECT question_id, asked_id, generation FROM processed_ids WHERE ask_id IN (
          SELECT ask_id FROM asks WHERE dag_run_id IN (SELECT value FROM json_each(${goneRuns})))
            LIMIT ${IDS_AT_ONCE})`,
  ).changes;
}

function groupRuns(going: readonly OldRun[]): readonly (readonly OldRun[])[] {
  const groups: OldRun[][] = [];
  let idCount = Infinity;
  for (const run of going) {
    const last = groups.at(-1);
    idCount += run.idCount;
    if (last === undefined || last.length === RUNS_AT_ONCE || idCount > IDS_AT_ONCE) {
      groups.push([run]);
      idCount = run.idCount;
    } else {
      last.push(run);
    }
  }
  return groups;
}

/** Steps by event numbers, so that remaining events are not scanned again in each step. */
async function removeEvents(
  database: Database,
  before: string,
  counts: Counts,
  signal: AbortSignal | undefined,
): Promise<void> {
  const condition = isPastEvent(before, "[]");
  const bounds = database.get<{ first: number | null; last: number | null }>(
    sql`SELECT min(event_id) AS first, max(event_id) AS last FROM events`,
  );
  const last = bounds?.last ?? 0;
  for (let first = bounds?.first ?? 1; first <= last; first += EVENTS_AT_ONCE) {
    signal?.throwIfAborted();
    counts.events += await removeSome(
      database,
      sql`DELETE FROM events WHERE event_id BETWEEN ${first} AND ${first + EVENTS_AT_ONCE - 1} AND ${condition}`,
    );
  }
}

function removeSome(database: Database, statement: Sql): Promise<number> {
  return database.write((query) => query.run(statement).changes);
}

function noCounts(): Counts {
  const tables = [...RUN_ROWS, ...LEFTOVERS].map(({ table }) => [table, 0] as const);
  return { ...Object.fromEntries(tables), events: 0 } as Counts;
}
