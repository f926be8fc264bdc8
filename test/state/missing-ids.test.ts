/** Which ids `v_missing` lists: each once, separately for each question. */
import { beforeEach, expect, test } from "vitest";
import { insertInto, sql } from "../../state/sqlite/statement.ts";
import { openTestWorld, type TestWorld } from "../support/test-world.ts";

let world: TestWorld;
beforeEach(async () => {
  world = await openTestWorld();
});

function ask(host: string): Promise<{ readonly questionId: number; readonly askId: number }> {
  return world.database.write((query) => {
    const { dag_run_id: dagRunId } = query.one<{ dag_run_id: number }>(
      sql`SELECT dag_run_id FROM dag_runs LIMIT 1`,
    );
    const { lastId: questionId } = query.run(
      insertInto("questions", {
        lake: world.lake.id,
        hash: host,
        dataset: "titles",
        source: JSON.stringify({ base_url: host }),
        facets: "{}",
      }),
    );
    const { lastId: candidateSetId } = query.run(
      sql`INSERT INTO candidate_sets (lake, sha256, conditions_hash, conditions, dataset, id_count, rows, matched_rows,
            faulty_rows, created_at)
          VALUES (${world.lake.id}, ${host}, 'c', '{}', 'csv', 0, 0, 0, '{}', 'x')`,
    );
    const { lastId: askId } = query.run(
      insertInto("asks", {
        dag_run_id: dagRunId,
        task_id: host,
        question_id: questionId,
        refetch_generation: "0",
        candidate_set_id: candidateSetId,
        key_template: "k",
        source: "{}",
        created_at: "x",
      }),
    );
    return { questionId, askId };
  });
}

function decide(questionId: number, generation: string, outcome: string): Promise<unknown> {
  return world.database.write((query) =>
    query.run(
      insertInto("processed_ids", {
        question_id: questionId,
        asked_id: "tt0000001",
        generation,
        outcome,
        is_permanent: false,
        logical_date: "x",
        decided_at: "x",
      }),
    ),
  );
}

const listMissing = (): unknown[] =>
  world.database.all(sql`SELECT asked_id, outcome FROM v_missing ORDER BY outcome`);

test("an id that one service does not have is listed, even if another one stored it later", async () => {
  await world.makeRunFacts("2026-11-23T09:00:00Z");
  const [first, second] = [await ask("http://a"), await ask("http://b")];
  await decide(first.questionId, "0", "not_found");
  await decide(second.questionId, "20261124T090000000Z", "stored");
  expect(listMissing()).toEqual([{ asked_id: "tt0000001", outcome: "not_found" }]);
});

test("an id that failed and is in the spool now is listed once, as spooled", async () => {
  await world.makeRunFacts("2026-11-23T09:00:00Z");
  const { questionId, askId } = await ask("http://a");
  await decide(questionId, "0", "failed");
  await world.database.write((query) =>
    query.run(
      insertInto("spool", {
        ask_id: askId,
        question_id: questionId,
        generation: "0",
        asked_id: "tt0000001",
        structure: "s",
        size_bytes: 2,
        fetched_at: "x",
        body: Buffer.from("{}"),
      }),
    ),
  );
  expect(listMissing()).toEqual([{ asked_id: "tt0000001", outcome: "spooled" }]);
});
