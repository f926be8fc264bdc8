/** The objects of the lake that the database has recorded, and the removals. */
import { countObjects, countRemovals, reportObjects, reportRemovals } from "../../state/reports.ts";
import type { Row } from "../../state/sqlite/row.ts";
import type { App } from "../app.ts";

export interface ObjectList {
  /** The number of all matches; `limit` does not change it. */
  readonly total: number;
  /** Rows of `v_objects` by key. */
  readonly objects: readonly Row[];
}

/** `prefix` empty: all keys. `limit` -1: all rows. */
export async function listObjects(
  app: App,
  filter: { readonly prefix: string; readonly dataset?: string; readonly limit: number },
): Promise<ObjectList> {
  const database = await app.openDatabase("read");
  const ofLake = { lakeId: app.lake.id, ...filter };
  return { total: countObjects(database, ofLake), objects: reportObjects(database, ofLake) };
}

export interface RemovalList {
  readonly total: number;
  /** Rows of `v_removals`, newest first. */
  readonly removals: readonly Row[];
}

/** What users removed by hand, and what of that was undone. */
export async function listRemovals(
  app: App,
  filter: { readonly prefix: string; readonly dataset?: string; readonly limit: number },
): Promise<RemovalList> {
  const database = await app.openDatabase("read");
  const ofLake = { lakeId: app.lake.id, ...filter };
  return { total: countRemovals(database, ofLake), removals: reportRemovals(database, ofLake) };
}
