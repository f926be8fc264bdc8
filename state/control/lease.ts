/**
 * The lease row: one process owns the database at a time. The caller judges which process is alive; the database
 * fences by the epoch.
 */
import { StateError } from "../../model/errors.ts";
import { markHeader } from "../sqlite/database-header.ts";
import type { Query } from "../sqlite/query.ts";
import type { Lease, LeaseHolder } from "./lease-holder.ts";
import { MIGRATIONS } from "../sqlite/migrations/list.ts";
import { mapRow, type Row } from "../sqlite/row.ts";
import { sql } from "../sqlite/statement.ts";

/** The present holder, expired or not; `undefined` if there is none. */
export function readLease(query: Query): Lease | undefined {
  const row = query.get<Row>(
    sql`SELECT epoch, purpose, pid, host, process_started, acquired_at, expires_at FROM lease WHERE id = 1 AND expires_at IS NOT NULL`,
  );
  return row === undefined ? undefined : mapRow<Lease>(row);
}

/**
 * Takes the lease unless `mayTake` refuses because of the present holder. The epoch grows and so fences off the old
 * holder. Raises `DATABASE_NEWER` for a standby if a newer version has changed the schema meanwhile.
 */
export function takeLease(
  query: Query,
  holder: LeaseHolder,
  times: { readonly now: string; readonly expiresAt: string },
  mayTake: (held: Lease) => boolean,
): { readonly epoch: number } | { readonly heldBy: Lease } {
  const held = readLease(query);
  if (held !== undefined && !mayTake(held)) return { heldBy: held };
  assertSchemaKept(query);
  markHeader(query);
  // If the row is gone, it is created again with an epoch above those of all attempts.
  query.run(
    sql`INSERT INTO lease (id, epoch, purpose, pid, host, process_started, acquired_at, expires_at)
        VALUES (1, (SELECT coalesce(max(lease_epoch), 0) + 1 FROM attempts), ${holder.purpose}, ${holder.pid},
          ${holder.host}, ${holder.processStarted}, ${times.now}, ${times.expiresAt})
        ON CONFLICT (id) DO UPDATE SET epoch = lease.epoch + 1, purpose = excluded.purpose, pid = excluded.pid,
          host = excluded.host, process_started = excluded.process_started, acquired_at = excluded.acquired_at,
          expires_at = excluded.expires_at`,
  );
  return { epoch: query.get<{ epoch: number }>(sql`SELECT epoch FROM lease WHERE id = 1`)?.epoch ?? 0 };
}

function assertSchemaKept(query: Query): void {
  const newest = query.get<{ name: string }>(
    sql`SELECT name FROM knex_migrations ORDER BY id DESC LIMIT 1`,
  )?.name;
  if (newest === MIGRATIONS.at(-1)?.name) return;
  throw new StateError(
    "DATABASE_NEWER",
    `A newer Dagmar has changed the schema since this process opened the database (it has ${newest}).`,
    { hint: "Start this process with that version." },
  );
}

/** Also writes the first page, so that a -wal that was started again since soon has one. */
export function renewLease(query: Query, epoch: number, expiresAt: string): void {
  markHeader(query);
  query.run(sql`UPDATE lease SET expires_at = ${expiresAt} WHERE id = 1 AND epoch = ${epoch}`);
}

export function releaseLease(query: Query, epoch: number): void {
  query.run(
    sql`UPDATE lease SET expires_at = NULL, pid = NULL, purpose = NULL WHERE id = 1 AND epoch = ${epoch}`,
  );
}
