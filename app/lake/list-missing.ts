/** Every id that has no stored answer, and why. */
import { countMissing, eachMissing, hasAsked } from "../../state/reports.ts";
import type { Row } from "../../state/sqlite/row.ts";
import type { App } from "../app.ts";

export interface MissingIds {
  /** The number of all matches; `limit` does not change it. */
  readonly total: number;
  /** By dataset, outcome and reason. */
  readonly counts: readonly Row[];
  /** Read while it is used: there may be millions. */
  readonly ids: Iterable<Row>;
  /** Whether any id was ever asked for in this lake. */
  readonly hasAsked: boolean;
}

/** `limit` -1: all. */
export async function listMissing(
  app: App,
  filter: { readonly dataset?: string; readonly outcome?: string; readonly limit: number },
): Promise<MissingIds> {
  const database = await app.openDatabase("read");
  const ofLake = { lakeId: app.lake.id, ...filter };
  const counts = countMissing(database, ofLake);
  return {
    total: counts.reduce((sum, row) => sum + Number(row["ids"]), 0),
    counts,
    ids: eachMissing(database, ofLake),
    hasAsked: hasAsked(database, app.lake.id),
  };
}
