/** Reads the state of Dags from the database, if it exists, for commands that run nothing. */
import { existsSync } from "node:fs";
import type { KnownDags } from "../../model/ports/dag-source.ts";
import { DagmarError } from "../../model/errors.ts";
import type { DagRow } from "../../state/runs/dags.ts";
import type { Database } from "../../state/sqlite/database.ts";
import type { Clock } from "../../model/ports/clock.ts";

/**
 * By Dag id; empty without a database. `fault` says why an existing database could not be read: the state is then unknown,
 * not empty.
 */
export interface KnownRows {
  readonly rows: ReadonlyMap<string, DagRow>;
  readonly fault: string | null;
}

interface Books {
  readonly settings: { readonly databaseFile: string };
  readonly clock: Clock;
}

/** Which Dags are paused, and the cursor of each schedule. */
export async function readDagRows(books: Books): Promise<KnownRows> {
  const { listDagRows } = await import("../../state/runs/dags.ts");
  let fault: string | null = null;
  const rows = await readIfThere(books, listDagRows, (reason) => {
    fault = reason;
  });
  return { rows: rows ?? new Map(), fault };
}

/** An unreadable database is not an error here: a command that needs it reports the cause. */
export async function readKnownDags(books: Books, dagIds: readonly string[]): Promise<KnownDags> {
  const { listDagRows } = await import("../../state/runs/dags.ts");
  const { listDagVersions, readDagVersion } = await import("../../state/runs/dag-runs.ts");
  const known = await readIfThere(books, (database) => {
    const rows = listDagRows(database);
    return new Map(
      dagIds.flatMap((dagId) => {
        const row = rows.get(dagId);
        if (row === undefined) return [];
        const current = readDagVersion(database, row.fingerprint);
        return [
          [dagId, { isActive: row.isActive, current, versions: listDagVersions(database, dagId) }] as const,
        ];
      }),
    );
  });
  return known ?? new Map();
}

async function readIfThere<Value>(
  { settings: { databaseFile }, clock }: Books,
  read: (database: Database) => Value,
  noteFault: (reason: string) => void = () => undefined,
): Promise<Value | undefined> {
  if (!existsSync(databaseFile)) return undefined;
  const { openDatabase } = await import("../../state/sqlite/database.ts");
  try {
    const database = await openDatabase(databaseFile, { clock, mode: "read" });
    try {
      return read(database);
    } finally {
      await database.close();
    }
  } catch (error) {
    if (!(error instanceof DagmarError)) throw error;
    noteFault(error.message);
    return undefined;
  }
}
