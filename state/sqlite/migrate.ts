/**
 * Migrates a database to the newest schema, or refuses one that is newer than this program or used by another
 * process.
 */
import type BetterSqlite3 from "better-sqlite3";
import type { Knex } from "knex";
import { StateError } from "../../model/errors.ts";
import type { Lease } from "../control/lease-holder.ts";
import { makeMark } from "./database-header.ts";
import { MIGRATIONS, type Migration } from "./migrations/list.ts";
import { mapRow, type Row } from "./row.ts";

/** "DAGM" in SQLite's header, to recognise other programs' databases. */
export const APPLICATION_ID = 0x4441474d;

export interface MigrateOptions {
  /** `check` only compares. */
  readonly mode: "check" | "apply";
  /** Sets up a connection like this program's own. */
  readonly prepare: (connection: BetterSqlite3.Database) => void;
  /** Whether this holder's lease no longer counts; a schema is not changed while another process uses it. */
  readonly isFree: (held: Lease) => boolean;
  readonly migrations?: readonly Migration[];
}

/**
 * One transaction from the first check to the last statement: of several processes at once, one migrates and the
 * others find it done. Names are recorded without a file extension, so that sources and compiled files agree. Errors:
 * `DATABASE_NEWER`; `DATABASE_MISSING` if `check` finds pending migrations; `DATABASE_BUSY` if there are pending
 * migrations and another process holds the lease; SQLite's own if another process writes.
 */
export async function migrate(
  connection: BetterSqlite3.Database,
  path: string,
  options: MigrateOptions,
): Promise<void> {
  const { mode, prepare, isFree, migrations = MIGRATIONS } = options;
  const done = assertKnown(connection, path, migrations);
  if (done === migrations.length) return;
  if (mode === "check") throw done === 0 ? refuseEmpty(path) : refuseOlder(path);
  // Loaded only if there are pending migrations: it takes tens of milliseconds and some megabytes of memory.
  const { default: knexFactory } = await import("knex");
  const knex = knexFactory({
    client: "better-sqlite3",
    connection: { filename: path },
    useNullAsDefault: true,
    // Errors are raised; knex's own output would mix with the command's.
    log: { debug: ignore, deprecate: ignore, error: ignore, warn: ignore },
    pool: {
      min: 1,
      max: 1,
      afterCreate(raw: BetterSqlite3.Database, created: (error: unknown, raw: unknown) => void) {
        try {
          prepare(raw);
          // Needed to replace a table that others refer to: https://sqlite.org/lang_altertable.html#otheralter
          raw.pragma("foreign_keys = OFF");
          raw.pragma("legacy_alter_table = ON");
          created(null, raw);
        } catch (error) {
          created(error, raw);
        }
      },
    },
  });
  try {
    await knex.transaction(async (transaction) => {
      // Write first, to take the lock: knex's deferred BEGIN does not.
      await transaction.raw(`PRAGMA application_id = ${APPLICATION_ID}`);
      if (assertKnown(connection, path, migrations) === migrations.length) return;
      const held = readHolder(connection);
      if (held !== undefined && !isFree(held)) throw refuseHeld(path, held);
      await transaction.migrate.latest({ migrationSource: makeSource(migrations) });
      if (done === 0) await transaction.raw(`PRAGMA user_version = ${makeMark()}`);
    });
  } finally {
    await knex.destroy();
  }
}

function ignore(): void {
  // Prints nothing.
}

function makeSource(migrations: readonly Migration[]): Knex.MigrationSource<Migration> {
  return {
    getMigrations: () => Promise.resolve([...migrations]),
    getMigrationName: (migration) => migration.name,
    getMigration: (migration) =>
      Promise.resolve({
        async up(knex: Knex) {
          for (const statement of migration.up) await knex.raw(statement);
        },
        down: () => Promise.reject(new Error("migrations are never undone; restore a backup")),
      }),
  };
}

/** Returns how many are applied. Raises `DATABASE_NEWER` if this program does not have one of them. */
function assertKnown(
  connection: BetterSqlite3.Database,
  path: string,
  migrations: readonly Migration[],
): number {
  const done = hasTable(connection, "knex_migrations")
    ? (connection.prepare("SELECT name FROM knex_migrations ORDER BY id").pluck().all() as string[])
    : [];
  const known = new Set(migrations.map((migration) => migration.name));
  const unknown = done.filter((name) => !known.has(name));
  if (unknown.length === 0) return done.length;
  throw new StateError(
    "DATABASE_NEWER",
    `${path} was written by a newer Dagmar (it has ${unknown.join(", ")}).`,
    { hint: "Install that version, or restore a backup made by this one." },
  );
}

function readHolder(connection: BetterSqlite3.Database): Lease | undefined {
  if (!hasTable(connection, "lease")) return undefined;
  const row = connection
    .prepare(
      "SELECT epoch, purpose, pid, host, process_started, acquired_at, expires_at FROM lease WHERE id = 1 AND expires_at IS NOT NULL",
    )
    .get();
  return row === undefined ? undefined : mapRow<Lease>(row as Row);
}

function hasTable(connection: BetterSqlite3.Database, name: string): boolean {
  return (
    connection.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?").get(name) !==
    undefined
  );
}

function refuseEmpty(path: string): StateError {
  return new StateError("DATABASE_MISSING", `There is no database at ${path} yet, only an empty file.`, {
    hint: "The first `dagmar run` creates it, or `dagmar db migrate`.",
  });
}

function refuseOlder(path: string): StateError {
  return new StateError("DATABASE_MISSING", `${path} has an older schema than this Dagmar.`, {
    hint: "Run `dagmar db migrate`.",
  });
}

function refuseHeld(path: string, held: Lease): StateError {
  return new StateError(
    "DATABASE_BUSY",
    `${path} has an older schema than this Dagmar, and another process is using it: ${held.purpose} (pid ${held.pid} on ${held.host}).`,
    {
      hint: "Stop that process, then run the same command again: it migrates the database.",
    },
  );
}
