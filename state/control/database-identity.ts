/**
 * A database's permanent id, and the file in which it was last used. The id identifies the living processes of its
 * attempts, independent of the file's path.
 */
import { randomUUID } from "node:crypto";
import { realpathSync } from "node:fs";
import { identifyFile } from "../sqlite/file-identity.ts";
import type { Database } from "../sqlite/database.ts";
import type { Query } from "../sqlite/query.ts";
import { mapRow, type Row } from "../sqlite/row.ts";
import { sql } from "../sqlite/statement.ts";

interface DatabaseIdentity {
  readonly databaseId: string;
  /** Device and inode; `null` until a process has taken the lease. */
  readonly file: string | null;
  readonly path: string | null;
}

/** Call it after `claimIdentity`. */
export function readDatabaseId(query: Query): string {
  return readIdentity(query)?.databaseId ?? "";
}

/**
 * The lease's holder calls it before it reads the id. A copy has the id of its original. If the original still exists
 * at the path that the copy has recorded, the copy gets a new id, and the original's path is returned. A database
 * that was moved, or restored from a backup in place of its original, keeps its id.
 */
export async function claimIdentity(database: Database): Promise<{ readonly copyOf: string | null }> {
  const known = readIdentity(database);
  const here = { file: identifyFile(database.path), path: realpathSync.native(database.path) };
  if (known?.file === here.file && known.path === here.path) return { copyOf: null };
  const copyOf = known === undefined ? null : findOriginal(known, here.file);
  const databaseId = known === undefined || copyOf !== null ? randomUUID() : known.databaseId;
  await database.write((query) => {
    query.run(
      sql`INSERT INTO database_identity (id, database_id, file, path)
          VALUES (1, ${databaseId}, ${here.file}, ${here.path})
          ON CONFLICT (id) DO UPDATE SET database_id = excluded.database_id, file = excluded.file, path = excluded.path`,
    );
  });
  return { copyOf };
}

function findOriginal({ file, path }: DatabaseIdentity, ownFile: string): string | null {
  if (path === null || file === ownFile) return null;
  return identifyFile(path) === file ? path : null;
}

function readIdentity(query: Query): DatabaseIdentity | undefined {
  const row = query.get<Row>(sql`SELECT database_id, file, path FROM database_identity WHERE id = 1`);
  return row === undefined ? undefined : mapRow<DatabaseIdentity>(row);
}
