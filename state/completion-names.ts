/** Names that a shell completes, read from the database file alone: no migration, no check, a few rows. */
import BetterSqlite3 from "better-sqlite3";

const MOST_RUNS = 50;

export interface KnownNames {
  /** `dag/run id`, newest first. */
  readonly runs: readonly string[];
  /** Ids of API tokens that are not revoked. */
  readonly tokens: readonly string[];
  /** Of the newest run of a Dag, or of the run of that name. */
  listTasks(name: string): readonly string[];
}

/** Raises SQLite's error where there is no database or it cannot be read. */
export function readKnownNames<Result>(file: string, use: (names: KnownNames) => Result): Result {
  const connection = new BetterSqlite3(file, { readonly: true, fileMustExist: true, timeout: 50 });
  try {
    return use({
      get runs() {
        return connection
          .prepare("SELECT dag_id || '/' || run_id FROM dag_runs ORDER BY logical_date DESC LIMIT ?")
          .pluck()
          .all(MOST_RUNS) as string[];
      },
      get tokens() {
        return connection
          .prepare(
            "SELECT CAST(token_id AS TEXT) FROM api_tokens WHERE revoked_at IS NULL ORDER BY token_id DESC",
          )
          .pluck()
          .all() as string[];
      },
      listTasks: (name) =>
        connection
          .prepare(
            `SELECT task_id FROM task_instances WHERE dag_run_id = (SELECT dag_run_id FROM dag_runs
             WHERE @name IN (dag_id, dag_id || '/' || run_id, run_id) ORDER BY logical_date DESC LIMIT 1)
             ORDER BY task_instance_id`,
          )
          .pluck()
          .all({ name }) as string[],
    });
  } finally {
    connection.close();
  }
}
