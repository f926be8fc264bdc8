/** Part of a transaction that is undone alone when it fails. */
import type { Query } from "./query.ts";
import { sql } from "./statement.ts";

const BEGIN = sql`SAVEPOINT part`;
const RELEASE = sql`RELEASE part`;
const UNDO = sql`ROLLBACK TO part`;

/** What `work` gives; what it throws is thrown on, once its writes are undone. */
export function inSavepoint<T>(query: Query, work: () => T): T {
  query.run(BEGIN);
  let value;
  try {
    value = work();
  } catch (error) {
    undo(query);
    throw error;
  }
  query.run(RELEASE);
  return value;
}

function undo(query: Query): void {
  try {
    query.run(UNDO);
    query.run(RELEASE);
  } catch {
    // On a full disk SQLite has ended the whole transaction; what failed first says more than this does.
  }
}
