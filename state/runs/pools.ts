/** The pools and their slots, as configured. How many slots are taken is counted from task rows. */
import type { Query } from "../sqlite/query.ts";
import { insertInto, sql } from "../sqlite/statement.ts";

export function savePools(query: Query, pools: ReadonlyMap<string, number>): void {
  query.run(sql`DELETE FROM pools`);
  for (const [pool, slots] of pools) query.run(insertInto("pools", { pool, slots }));
}
