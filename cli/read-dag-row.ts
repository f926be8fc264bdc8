/** What the database knows of a Dag, where there is one already: whether it is paused, and how far its schedule is decided. */
import { existsSync } from "node:fs";
import type { DagRow } from "../state/dags.ts";
import { systemClock } from "./system-clock.ts";

/** `undefined` without a database, or when no run and no scheduler has seen the Dag yet. */
export async function readDagRow(databaseFile: string, dagId: string): Promise<DagRow | undefined> {
  if (!existsSync(databaseFile)) return undefined;
  const { openDatabase } = await import("../state/database.ts");
  const { listDagRows } = await import("../state/dags.ts");
  const database = await openDatabase(databaseFile, { clock: systemClock, mode: "read" });
  try {
    return listDagRows(database).get(dagId);
  } finally {
    await database.close();
  }
}
