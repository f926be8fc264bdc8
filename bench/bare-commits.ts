/** The lower bound of durable work: transactions of one small change each, on the same file with the same pragmas. */
import BetterSqlite3 from "better-sqlite3";
import { applyPragmas } from "../state/sqlite/database-checks.ts";

export interface BareCommits {
  /** Milliseconds of so many commits. */
  measure(count: number): number;
  /** As SQLite reports it: 2 is FULL. */
  readonly synchronous: unknown;
  close(): void;
}

export function openBareCommits(databaseFile: string): BareCommits {
  const connection = new BetterSqlite3(databaseFile);
  applyPragmas(connection, false);
  connection.exec("CREATE TABLE IF NOT EXISTS bench (id INTEGER PRIMARY KEY, state TEXT) STRICT");
  connection.exec("INSERT OR IGNORE INTO bench VALUES (1, 'none')");
  const begin = connection.prepare("BEGIN IMMEDIATE");
  const change = connection.prepare("UPDATE bench SET state = ? WHERE id = 1");
  const commit = connection.prepare("COMMIT");
  return {
    synchronous: connection.pragma("synchronous", { simple: true }),
    measure(count) {
      const startedMs = performance.now();
      for (let done = 0; done < count; done += 1) {
        begin.run();
        change.run(done % 2 === 0 ? "running" : "success");
        commit.run();
      }
      return performance.now() - startedMs;
    },
    close() {
      connection.close();
    },
  };
}
