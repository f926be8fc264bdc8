/** Which SQLite the program brings. */
import BetterSqlite3 from "better-sqlite3";

/** `undefined` where the native package cannot be loaded. */
export function readSqliteVersion(): string | undefined {
  try {
    const connection = new BetterSqlite3(":memory:");
    try {
      return String(connection.prepare("SELECT sqlite_version()").pluck().get());
    } finally {
      connection.close();
    }
  } catch {
    return undefined;
  }
}
