/** How statements are run: inside one transaction, or as reads outside of one. */
import type { Sql } from "./statement.ts";

export interface Query {
  all<Row>(statement: Sql): Row[];
  /** One row after the other, for more rows than fit into memory. Until the last one this connection writes nothing. */
  each<Row>(statement: Sql): IterableIterator<Row>;
  /** The first row. */
  get<Row>(statement: Sql): Row | undefined;
  /** The row that must be there: an insert's `RETURNING`, a count. */
  one<Row>(statement: Sql): Row;
  run(statement: Sql): { readonly changes: number; readonly lastId: number };
}
