/** Brings a database to the newest schema, or refuses one that is newer than this program. */
import type BetterSqlite3 from "better-sqlite3";
import type { Knex } from "knex";
import { StateError } from "../model/errors.ts";
import { MIGRATIONS, type Migration } from "./migrations/list.ts";

/** "DAGM" in SQLite's header, so that a start on somebody else's database is noticed. */
export const APPLICATION_ID = 0x4441474d;

/**
 * `check` only compares. Names are recorded without a file extension, so that sources and compiled files agree.
 * Errors: `DATABASE_NEWER`; `DATABASE_MISSING` when `check` finds migrations to do.
 */
export async function migrate(
  connection: BetterSqlite3.Database,
  path: string,
  mode: "check" | "apply",
  migrations: readonly Migration[] = MIGRATIONS,
): Promise<void> {
  const done = listDone(connection);
  const known = new Set(migrations.map((migration) => migration.name));
  const unknown = done.filter((name) => !known.has(name));
  if (unknown.length > 0) {
    throw new StateError(
      "DATABASE_NEWER",
      `${path} was written by a newer Dagmar (it has ${unknown.join(", ")}).`,
      {
        hint: "Install that version, or restore a backup made by this one.",
      },
    );
  }
  if (done.length === migrations.length) return;
  if (mode === "check") {
    throw new StateError("DATABASE_MISSING", `${path} has an older schema than this Dagmar.`, {
      hint: "Run `dagmar db migrate`.",
    });
  }
  connection.pragma(`application_id = ${APPLICATION_ID}`);
  // Only where there is something to migrate: loading it takes tens of milliseconds, and some megabytes for good.
  const { default: knexFactory } = await import("knex");
  const knex = knexFactory({
    client: "better-sqlite3",
    connection: { filename: path },
    useNullAsDefault: true,
    pool: {
      min: 1,
      max: 1,
      // A table that others refer to is replaced by one with its name: https://sqlite.org/lang_altertable.html#otheralter
      afterCreate(
        created: BetterSqlite3.Database,
        give: (error: null, created: BetterSqlite3.Database) => void,
      ) {
        created.pragma("foreign_keys = OFF");
        created.pragma("legacy_alter_table = ON");
        give(null, created);
      },
    },
  });
  try {
    await knex.migrate.latest({ migrationSource: makeSource(migrations) });
  } finally {
    await knex.destroy();
  }
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

function listDone(connection: BetterSqlite3.Database): readonly string[] {
  const exists = connection.prepare("SELECT 1 FROM sqlite_master WHERE name = 'knex_migrations'").get();
  if (exists === undefined) return [];
  return connection.prepare("SELECT name FROM knex_migrations ORDER BY id").pluck().all() as string[];
}
