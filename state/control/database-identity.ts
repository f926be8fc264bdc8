/**
 * The id that a database keeps for life, and the file that it was last worked on in. By the id the living processes of its
 * attempts are recognised, whatever path leads to the file.
 */
import { randomUUID } from "node:crypto";
import { realpathSync } from "node:fs";
import { identifyFile } from "../sqlite/database-file.ts";
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

/** To be called once `claimIdentity` has run. */
export function readDatabaseId(query: Query): string {
  return readIdentity(query)?.databaseId ?? "";
}

/**
 * To be called by the holder of the lease, before it asks for the id. A copy holds the id of its original. While the original
 * still stands where the copy last knew it, the copy gets an id of its own; its path is then returned. A database
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
