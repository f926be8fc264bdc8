/** Rows with a word that this version does not know: partial indexes find them, and they are reported and repaired. */
import { expect, test } from "vitest";
import { clearUnknownStates } from "../../../scheduler/runs/unknown-states.ts";
import { sql, Sql } from "../../../state/sqlite/statement.ts";
import { FIND_UNKNOWN, listUnknownWords, WORD_COLUMNS } from "../../../state/upkeep/unknown-words.ts";
import { openTestWorld, type TestWorld } from "../../support/test-world.ts";

const AT = "2026-11-23T09:00:00.000Z";

/** One or two rows in every table with such words. */
const ROWS = [
  `INSERT INTO task_instances (dag_run_id, task_id, type, pool) VALUES (1, 'a', 'noop', 'default')`,
  `INSERT INTO attempts (task_instance_id, number, state, pid, host, lease_epoch, started_at, started_at_local)
    VALUES (1, 1, 'success', 1, 'h', 1, '${AT}', '')`,
  `INSERT INTO backfills (dag_id, state, from_date, to_date, reprocess, is_refetch, max_active, created_at)
    VALUES ('d', 'running', '${AT}', '${AT}', 'none', 0, 1, '${AT}')`,
  `INSERT INTO notices (dag_id, run_id, kind, failures, message, next_try_at, created_at)
    VALUES ('d', 'r', 'failure', 1, 'm', '${AT}', '${AT}')`,
  `INSERT INTO api_tokens (name, role, secret_hash, last_four, created_by, created_at, expires_at)
    VALUES ('n', 'viewer', 'h', 'abcd', 'me', '${AT}', '${AT}')`,
  `INSERT INTO web_sessions (name, role, secret_hash, created_at, expires_at)
    VALUES ('n', 'viewer', 'h', '${AT}', '${AT}')`,
  `INSERT INTO verifications (lake, prefix, is_deep, requested_by, requested_at) VALUES ('l', '', 0, 'test', '${AT}')`,
  `INSERT INTO requests (kind, payload, requested_by, requested_at) VALUES ('pause', '{}', 'test', '${AT}')`,
  `INSERT INTO candidate_sets (lake, sha256, conditions_hash, conditions, dataset, id_count, rows, matched_rows,
      faulty_rows, created_at) VALUES ('l', 's', 'c', '{}', 'csv', 2, 2, 2, '{}', '${AT}')`,
  `INSERT INTO questions (lake, hash, dataset) VALUES ('l', 'h', 'titles')`,
  `INSERT INTO asks (question_id, dag_run_id, task_id, refetch_generation, candidate_set_id, key_template, source,
      created_at) VALUES (1, 1, 'a', '0', 1, 'k', '{}', '${AT}')`,
  ...["committed", "sealed"].map(
    (
      state,
    ) => `INSERT INTO batches (ask_id, kind, state, lake, dataset, batch_uid, generation, structure, key, seq,
        sha256, size_bytes, record_count, asked_ids, sealed_at)
      VALUES (1, 'records', '${state}', 'l', 'titles', '${state}', '0', 's', '${state}', 1, 's', 1, 1, '[]', '${AT}')`,
  ),
  ...["records", "file"].map(
    (
      kind,
    ) => `INSERT INTO objects (lake, key, kind, size_bytes, is_committed, is_adopted, batch_uid, created_at,
        created_at_local) VALUES ('l', '${kind === "file" ? "f" : "committed"}', '${kind}', 1, 1, 0,
        ${kind === "file" ? "NULL" : "'committed'"}, '${AT}', '')`,
  ),
  `INSERT INTO dataset_writes (lake, dataset, dag_run_id, task_id, object_id, written_at)
    VALUES ('l', 'csv', 1, 'a', 2, '${AT}')`,
  `INSERT INTO processed_ids (question_id, asked_id, generation, outcome, is_permanent, object_id, logical_date,
      decided_at) VALUES (1, 'x', '0', 'stored', 1, 1, '${AT}', '${AT}'), (1, 'y', '0', 'failed', 1, NULL, '${AT}', '${AT}')`,
];

async function run(world: TestWorld, ...texts: readonly string[]): Promise<void> {
  await world.database.write((query) => {
    for (const text of texts) query.run(new Sql(text, []));
  });
}

async function openFilled(): Promise<TestWorld> {
  const world = await openTestWorld();
  await world.makeRunFacts("2026-11-23T09:00:00Z");
  await run(world, ...ROWS);
  return world;
}

const read = (world: TestWorld, column: string, table: string): unknown =>
  world.database
    .all<Record<string, unknown>>(new Sql(`SELECT ${column} FROM ${table} ORDER BY 1`, []))
    .map((row) => row[column]);

async function clear(world: TestWorld): Promise<readonly string[]> {
  await world.database.write((query) => clearUnknownStates(query, world.clock.now(), "UTC"));
  return world.database
    .all<{ kind: string }>(sql`SELECT kind FROM events ORDER BY event_id`)
    .map(({ kind }) => kind);
}

test("a database whose words are all known has no such rows", async () => {
  const world = await openFilled();
  expect(listUnknownWords(world.database)).toEqual([]);
  expect(await clear(world)).toEqual([]);
});

test.each(WORD_COLUMNS)("the check reports an unknown $column in $table", async ({ table, column }) => {
  const world = await openFilled();
  await run(world, `UPDATE ${table} SET ${column} = 'asleep'`);
  const faults = listUnknownWords(world.database);
  expect(faults).not.toEqual([]);
  const told = new RegExp(`^${table} .+: ${column} is "asleep", which this version does not know$`);
  for (const fault of faults) expect(fault).toMatch(told);
});

test.each([
  ["a run fails", "dag_runs", "state", ["failed"], "run_unusable"],
  ["a backfill counts as cancelled", "backfills", "state", ["cancelled"], "state_unknown"],
  ["a notice is given up", "notices", "state", ["given_up"], "state_unknown"],
  ["a request is refused", "requests", "state", ["refused"], "state_unknown"],
  [
    "a batch gets the state of its object, or is put again",
    "batches",
    "state",
    ["committed", "sealed"],
    "state_unknown",
  ],
  ["a batch without a body has records", "batches", "kind", ["records", "records"], "state_unknown"],
  [
    "an object gets the kind that its other records show",
    "objects",
    "kind",
    ["records", "file"],
    "state_unknown",
  ],
  [
    "an id with an object counts as stored, any other is asked again",
    "processed_ids",
    "outcome",
    ["stored", "failed"],
    "state_unknown",
  ],
] as const)("of words that there are not, %s, with an event", async (_, table, column, words, kind) => {
  const world = await openFilled();
  await run(world, `UPDATE ${table} SET ${column} = 'asleep'`);
  const kinds = await clear(world);
  expect(read(world, column, table)).toEqual([...words].toSorted((a, b) => (a < b ? -1 : 1)));
  expect(new Set(kinds)).toEqual(new Set([kind]));
  expect(listUnknownWords(world.database)).toEqual([]);
  expect(await clear(world)).toEqual(kinds);
});

test("an id that is asked again after an unknown outcome has not failed for good", async () => {
  const world = await openFilled();
  await run(world, `UPDATE processed_ids SET outcome = 'asleep'`);
  await clear(world);
  expect(read(world, "is_permanent", "processed_ids")).toEqual([0, 1]);
});

test("they are found by indexes alone, whose conditions name every known word", async () => {
  const world = await openFilled();
  const plan = world.database.all<{ detail: string }>(new Sql(`EXPLAIN QUERY PLAN ${FIND_UNKNOWN.text}`, []));
  const scans = plan.map(({ detail }) => detail).filter((detail) => detail.startsWith("SCAN"));
  expect(scans).toHaveLength(6);
  for (const scan of scans) expect(scan).toMatch(/USING (?:COVERING )?INDEX \w+_unknown/);
  for (const { table, column, words } of WORD_COLUMNS) {
    const index = world.database.get<{ sql: string }>(
      sql`SELECT sql FROM sqlite_master WHERE type = 'index' AND name = ${`${table}_unknown`}`,
    );
    const condition = new RegExp(`\\b${column} NOT IN \\(([^)]*)\\)`).exec(index?.sql ?? "")?.[1];
    if (condition === undefined) continue;
    expect(condition).toBe(words.map((word) => `'${word}'`).join(", "));
  }
});
