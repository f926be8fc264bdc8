/** Rows of a lake, for a run that a test made: objects of every kind, and five ids, one in each outcome. */
import type { Query } from "../../../state/sqlite/query.ts";
import { insertInto, sql } from "../../../state/sqlite/statement.ts";

const AT = "2026-11-22T09:00:00.000Z";

/** Of the first run of the database, and its task `titles`. `id1` is stored; `id2` to `id5` are not found, failed, spooled, and not asked for. */
export function fillLake(query: Query, lake: string): void {
  const { dag_run_id: dagRunId } = query.one<{ dag_run_id: number }>(
    sql`SELECT min(dag_run_id) AS dag_run_id FROM dag_runs`,
  );
  const put = (key: string, kind: string, more: Readonly<Record<string, unknown>> = {}): number =>
    query.run(
      insertInto("objects", {
        lake,
        key,
        kind,
        dataset: "titles",
        sha256: `sha of ${key}`,
        size_bytes: 100,
        record_count: kind === "records" ? 2 : null,
        is_committed: true,
        is_adopted: false,
        dag_run_id: dagRunId,
        task_id: "titles",
        logical_date: AT,
        created_at: AT,
        created_at_local: AT,
        committed_at: AT,
        ...more,
      }),
    ).lastId;
  const objectId = put("Raw/a-1.json", "records");
  put("Raw/a-2.json", "records", { is_adopted: true, dag_run_id: null });
  put("Raw/.manifest-1.lake", "manifest");
  put("Raw/b/notes.json", "foreign", { dataset: null, dag_run_id: null });
  put("Raw/b/planned.json", "records", { is_committed: false, committed_at: null });
  const { lastId: setId } = query.run(
    insertInto("candidate_sets", {
      lake,
      sha256: "x",
      conditions_hash: "x",
      conditions: "{}",
      dataset: "csv",
      id_count: 5,
      rows: 5,
      matched_rows: 5,
      faulty_rows: "{}",
      created_at: AT,
    }),
  );
  query.run(
    sql`INSERT INTO candidate_ids (candidate_set_id, position, asked_id)
        SELECT ${setId}, value, 'id' || value FROM json_each('[1,2,3,4,5]')`,
  );
  const { lastId: questionId } = query.run(
    insertInto("questions", {
      lake,
      hash: "q",
      dataset: "titles",
      source: '{"host":"x"}',
      facets: '{"language":"pt"}',
    }),
  );
  const { lastId: askId } = query.run(
    insertInto("asks", {
      question_id: questionId,
      dag_run_id: dagRunId,
      task_id: "titles",
      refetch_generation: "0",
      candidate_set_id: setId,
      key_template: "k",
      source: "{}",
      created_at: AT,
    }),
  );
  const decided = {
    question_id: questionId,
    generation: "0",
    ask_id: askId,
    logical_date: AT,
    decided_at: AT,
  };
  for (const row of [
    {
      asked_id: "id1",
      outcome: "stored",
      is_permanent: true,
      object_id: objectId,
      fetched_at: AT,
      facts: '{"n":7}',
    },
    { asked_id: "id2", outcome: "not_found", is_permanent: false },
    { asked_id: "id3", outcome: "failed", reason: "server_error", detail: "502", is_permanent: false },
  ]) {
    query.run(insertInto("processed_ids", { ...decided, ...row }));
  }
  query.run(
    insertInto("spool", {
      ask_id: askId,
      question_id: questionId,
      generation: "0",
      asked_id: "id4",
      structure: "s",
      size_bytes: 1,
      fetched_at: AT,
      body: Buffer.from("{}"),
    }),
  );
}
