/** The pools and their slots, as configured. How many slots are taken is counted from task rows. */
import type { Query } from "./database.ts";
import { table } from "./statement.ts";

export function savePools(query: Query, pools: ReadonlyMap<string, number>): void {
  query.run(table("pools").delete());
  for (const [pool, slots] of pools) query.run(table("pools").insert({ pool, slots }));
}
