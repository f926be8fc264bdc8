/** Runs a part of a transaction that is undone alone if it fails. */
import type { Query } from "./query.ts";
import { sql } from "./statement.ts";

const BEGIN = sql`SAVEPOINT part`;
const RELEASE = sql`RELEASE part`;
const UNDO = sql`ROLLBACK TO part`;

/** Returns the result of `work`. If it throws, undoes its writes and throws the same error. */
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
    // On a full disk SQLite has already rolled back the transaction; the first error says more than this one.
  }
}
