/** How each column of a row with an unknown word is repaired, and that other rows do not change. */
import { beforeEach, expect, test } from "vitest";
import { Sql } from "../../../state/sqlite/statement.ts";
import { listUnknownWords, mendUnknownWords, type MendedRow } from "../../../state/upkeep/unknown-words.ts";
import { openTestWorld, type TestWorld } from "../../support/test-world.ts";

const AT = "2026-11-23T09:00:00.000Z";

let world: TestWorld;

beforeEach(async () => {
  world = await openTestWorld();
  await world.makeRunFacts("2026-11-23T09:00:00Z");
  await run(
    `INSERT INTO candidate_sets (lake, sha256, conditions_hash, conditions, dataset, id_count, rows, matched_rows,
       faulty_rows, created_at) VALUES ('l', 's', 'c', '{}', 'csv', 2, 2, 2, '{}', '${AT}')`,
    `INSERT INTO questions (lake, hash, dataset) VALUES ('l', 'h', 'titles')`,
    `INSERT INTO asks (question_id, dag_run_id, task_id, refetch_generation, candidate_set_id, key_template, source,
       created_at) VALUES (1, 1, 'a', '0', 1, 'k', '{}', '${AT}')`,
  );
});

async function run(...texts: readonly string[]): Promise<void> {
  await world.database.write((query) => {
    for (const text of texts) query.run(new Sql(text, []));
  });
}

const mend = (): Promise<readonly MendedRow[]> =>
  world.database.write((query) => mendUnknownWords(query, world.clock.now()));

const read = (text: string): readonly unknown[] =>
  world.database.all<Record<string, unknown>>(new Sql(text, [])).map((row) => Object.values(row));

const insertObject = (values: string): string =>
  `INSERT INTO objects (lake, key, kind, batch_uid, is_committed, size_bytes, is_adopted, created_at, created_at_local)
   VALUES (${values}, 1, 0, '${AT}', '')`;

test("a backfill ends now", async () => {
  const insert = (state: string): string =>
    `INSERT INTO backfills (dag_id, state, from_date, to_date, reprocess, is_refetch, max_active, created_at)
     VALUES ('d', '${state}', '${AT}', '${AT}', 'none', 0, 1, '${AT}')`;
  await run(insert("running"), insert("asleep"));
  const now = world.clock.now().toISOString();
  const [mended] = await mend();
  expect(mended).toEqual({
    dagId: "d",
    message:
      'Backfill 2 of d was in the state "asleep", which this version does not know. It counts as cancelled; its open runs continue.',
  });
  expect(read("SELECT state, finished_at FROM backfills")).toEqual([
    ["running", null],
    ["cancelled", now],
  ]);
});

test("a notice keeps what of it is known, and is tried no further", async () => {
  const insert = (state: string, channel: string, recipient: string | null): string =>
    `INSERT INTO notices (dag_id, run_id, kind, failures, message, next_try_at, created_at, state, channel, recipient)
     VALUES ('d', 'r', 'failure', 1, 'm', '${AT}', '${AT}', '${state}', '${channel}', ${recipient === null ? "NULL" : `'${recipient}'`})`;
  await run(
    insert("open", "webhook", null),
    insert("asleep", "webhook", "a@b"),
    insert("sent", "asleep", null),
    insert("open", "asleep", "a@b"),
    insert("asleep", "mail", null),
  );
  await mend();
  const error = (words: string): string =>
    `its channel and state were "${words}", which this version does not know`;
  expect(read("SELECT state, channel, next_try_at, error FROM notices")).toEqual([
    ["open", "webhook", AT, null],
    ["given_up", "webhook", null, error("webhook asleep")],
    ["sent", "webhook", null, error("asleep sent")],
    ["given_up", "mail", null, error("asleep open")],
    ["given_up", "mail", null, error("mail asleep")],
  ]);
});

test("a request gets an answer", async () => {
  const insert = (state: string): string =>
    `INSERT INTO requests (kind, payload, state, requested_by, requested_at) VALUES ('pause', '{}', '${state}', 'test', '${AT}')`;
  await run(insert("open"), insert("asleep"));
  const now = world.clock.now().toISOString();
  await mend();
  const message = 'The request was in the state "asleep", which this version does not know.';
  expect(read("SELECT state, answered_at, answer FROM requests")).toEqual([
    ["open", null, null],
    ["refused", now, JSON.stringify({ code: "USAGE", message, hint: null })],
  ]);
});

test("a batch is committed only if its own object is, and keeps what of it is known", async () => {
  const insert = (name: string, state: string, kind: string, body: string): string =>
    `INSERT INTO batches (ask_id, kind, state, lake, dataset, batch_uid, generation, structure, key, seq, sha256,
       size_bytes, record_count, asked_ids, body, sealed_at)
     VALUES (1, '${kind}', '${state}', 'l', 'titles', 'u ${name}', '0', 's', 'k ${name}', 1, 's', 1, 1, '[]', ${body}, '${AT}')`;
  await run(
    insert("known", "sealed", "manifest", "NULL"),
    insert("alone", "asleep", "manifest", "NULL"),
    insert("lost", "lost", "asleep", "x'00'"),
    insert("own", "asleep", "records", "NULL"),
    insert("other lake", "asleep", "records", "NULL"),
    insert("other key", "asleep", "records", "NULL"),
    insert("other batch", "asleep", "records", "NULL"),
    insert("planned", "asleep", "records", "NULL"),
    insertObject("'l', 'k known', 'manifest', 'u known', 1"),
    insertObject("'l', 'k own', 'records', 'u own', 1"),
    insertObject("'m', 'k other lake', 'records', 'u other lake', 1"),
    insertObject("'l', 'k', 'records', 'u other key', 1"),
    insertObject("'l', 'k other batch', 'records', 'u', 1"),
    insertObject("'l', 'k planned', 'records', 'u planned', 0"),
  );
  await mend();
  expect(read("SELECT batch_uid, state, kind FROM batches ORDER BY batch_id")).toEqual([
    ["u known", "sealed", "manifest"],
    ["u alone", "sealed", "manifest"],
    ["u lost", "lost", "manifest"],
    ["u own", "committed", "records"],
    ["u other lake", "sealed", "records"],
    ["u other key", "sealed", "records"],
    ["u other batch", "sealed", "records"],
    ["u planned", "sealed", "records"],
  ]);
});

test("an object gets its kind from ids, from what a task wrote, or from its batch", async () => {
  await run(
    insertObject("'l', 'known', 'file', NULL, 1"),
    insertObject("'l', 'records', 'asleep', 'u', 1"),
    insertObject("'l', 'file', 'asleep', NULL, 1"),
    insertObject("'l', 'manifest', 'asleep', 'u', 1"),
    insertObject("'l', 'foreign', 'asleep', NULL, 1"),
    `INSERT INTO processed_ids (question_id, asked_id, generation, outcome, is_permanent, object_id, logical_date,
       decided_at) VALUES (1, 'x', '0', 'stored', 1, 2, '${AT}', '${AT}')`,
    `INSERT INTO dataset_writes (lake, dataset, dag_run_id, task_id, object_id, written_at)
       VALUES ('l', 'csv', 1, 'a', 3, '${AT}')`,
  );
  await mend();
  expect(read("SELECT key, kind FROM objects ORDER BY object_id")).toEqual([
    ["known", "file"],
    ["records", "records"],
    ["file", "file"],
    ["manifest", "manifest"],
    ["foreign", "foreign"],
  ]);
});

test("an id without an object is asked again, and an id with a known outcome keeps it", async () => {
  await run(
    insertObject("'l', 'records', 'records', 'u', 1"),
    `INSERT INTO processed_ids (question_id, asked_id, generation, outcome, reason, detail, is_permanent, object_id,
       logical_date, decided_at) VALUES
       (1, 'a', '0', 'failed', 'bad_id', 'told', 1, NULL, '${AT}', '${AT}'),
       (1, 'b', '0', 'asleep', 'why', 'told', 0, 1, '${AT}', '${AT}'),
       (1, 'c', '0', 'asleep', 'why', 'told', 1, NULL, '${AT}', '${AT}')`,
  );
  const mended = await mend();
  expect(mended.map(({ message }) => message)).toEqual([
    '2 ids, such as b, had an outcome such as "asleep", which this version does not know. Those with an object count as stored; the others are asked again.',
  ]);
  expect(
    read("SELECT asked_id, outcome, reason, detail, is_permanent FROM processed_ids ORDER BY asked_id"),
  ).toEqual([
    ["a", "failed", "bad_id", "told", 1],
    ["b", "stored", null, null, 1],
    ["c", "failed", "outcome_unknown", null, 0],
  ]);
});

test("the check lists at most twenty rows of a column", async () => {
  await run(
    `INSERT INTO requests (kind, payload, state, requested_by, requested_at)
       SELECT 'pause', '{}', 'asleep', 'test', '${AT}' FROM json_each('${JSON.stringify(Array.from({ length: 25 }, () => 1))}')`,
  );
  expect(listUnknownWords(world.database)).toHaveLength(20);
});
