/** Migrations, from every earlier schema and with its rows. */
import { join } from "node:path";
import BetterSqlite3 from "better-sqlite3";
import { describe, expect, onTestFinished, test } from "vitest";
import { openDatabase } from "../../../state/sqlite/database.ts";
import { migrate, type MigrateOptions } from "../../../state/sqlite/migrate.ts";
import { MIGRATIONS } from "../../../state/sqlite/migrations/list.ts";
import { sql } from "../../../state/sqlite/statement.ts";
import { createTestClock, makeTempFolder } from "../../support/test-world.ts";

async function makeDatabase(): Promise<string> {
  const path = join(makeTempFolder(), "dagmar.db");
  await (await openDatabase(path, { clock: createTestClock(), mode: "create" })).close();
  return path;
}

function dumpSchema(path: string): string {
  const connection = new BetterSqlite3(path, { readonly: true });
  const rows = connection
    .prepare(
      "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY type, name",
    )
    .pluck()
    .all() as string[];
  connection.close();
  return rows
    .map((text) => `${text.replaceAll(/^ {4}/gm, "  ").replaceAll(/\n {2}\) /g, "\n) ")};\n`)
    .join("\n");
}

test("a new database has the schema of the snapshot", async () => {
  await expect(dumpSchema(await makeDatabase())).toMatchFileSnapshot("schema.snapshot.sql");
});

test("a database is marked as Dagmar's in its header", async () => {
  const connection = new BetterSqlite3(await makeDatabase(), { readonly: true });
  expect(connection.pragma("application_id", { simple: true })).toBe(Buffer.from("DAGM").readInt32BE());
  connection.close();
});

test("migrations are recorded by names without an extension, so that sources and dist agree", async () => {
  const connection = new BetterSqlite3(await makeDatabase(), { readonly: true });
  const names = connection.prepare("SELECT name FROM knex_migrations ORDER BY id").pluck().all();
  connection.close();
  expect(names).toEqual(MIGRATIONS.map(({ name }) => name));
  for (const name of names) expect(name).toMatch(/^\d{4}-[a-z-]+$/);
});

test("migrations are numbered without gaps, in their order", () => {
  const numbers = MIGRATIONS.map(({ name }) => Number(name.slice(0, 4)));
  expect(numbers).toEqual(numbers.map((_, index) => index + 1));
});

/** Like a version that had only these migrations. */
function migrateTo(
  connection: BetterSqlite3.Database,
  path: string,
  migrations: MigrateOptions["migrations"] & object,
): Promise<void> {
  return migrate(connection, path, {
    mode: "apply",
    prepare: () => undefined,
    isFree: () => true,
    migrations,
  });
}

const AT = "2026-11-23T03:00:00.000Z";

test("ids that an earlier version failed because of a refusal of the whole service are asked again", async () => {
  const path = join(makeTempFolder(), "dagmar.db");
  const connection = new BetterSqlite3(path);
  connection.pragma("journal_mode = WAL");
  await migrateTo(connection, path, MIGRATIONS.slice(0, 4));
  connection.exec("INSERT INTO questions (lake, hash, dataset) VALUES ('l', 'h', 'd')");
  const insert = connection.prepare(
    `INSERT INTO processed_ids (question_id, asked_id, generation, outcome, reason, is_permanent, logical_date, decided_at)
      VALUES (1, ?, '0', ?, ?, 1, '${AT}', '${AT}')`,
  );
  insert.run("a", "failed", "http_407");
  insert.run("b", "failed", "http_451");
  insert.run("c", "failed", "wrong_title");
  insert.run("d", "not_found", "unknown");
  connection.close();
  const database = await openDatabase(path, { clock: createTestClock(), mode: "existing" });
  expect(database.all(sql`SELECT asked_id, is_permanent FROM processed_ids ORDER BY asked_id`)).toEqual([
    { asked_id: "a", is_permanent: 0 },
    { asked_id: "b", is_permanent: 0 },
    { asked_id: "c", is_permanent: 1 },
    { asked_id: "d", is_permanent: 1 },
  ]);
  await database.close();
});

test("questions and records of an earlier version keep their values in views and manifests", async () => {
  const path = join(makeTempFolder(), "dagmar.db");
  const connection = new BetterSqlite3(path);
  connection.pragma("journal_mode = WAL");
  await migrateTo(connection, path, MIGRATIONS.slice(0, 8));
  connection.exec(`
    INSERT INTO dag_versions VALUES ('f', 'd', '{}', '${AT}');
    INSERT INTO dag_runs (dag_id, run_id, run_type, state, logical_date, logical_date_local, timezone, partition,
        run_stamp, params, fingerprint, created_at, lake)
      VALUES ('d', 'manual__1', 'manual', 'success', '${AT}', '', 'UTC', '', '', '{}', 'f', '${AT}', 'l');
    INSERT INTO candidate_sets VALUES (1, 'l', 's', 'c', '{}', 'csv', 0, 0, 0, '{}', '${AT}');
    INSERT INTO questions (lake, hash, dataset, base_url, entity, language, append) VALUES
      ('l', 'asked', 'd', 'https://api.example/3', 'movie', 'pt-BR', 'credits,keywords'),
      ('l', 'plain', 'd', 'https://api.example/3', 'series', 'en-US', ''),
      ('l', 'adopted', 'd', NULL, NULL, NULL, NULL);
    INSERT INTO asks (question_id, dag_run_id, task_id, refetch_generation, candidate_set_id, key_template, source,
        created_at)
      VALUES (1, 1, 't', '0', 1, 'k', '{}', '${AT}');
    INSERT INTO processed_ids (question_id, asked_id, generation, outcome, is_permanent, provider_id, endpoint,
        logical_date, decided_at) VALUES
      (1, 'a', '0', 'stored', 1, 603, '/movie/{imdb_id}', '${AT}', '${AT}'),
      (2, 'b', '0', 'not_found', 1, NULL, NULL, '${AT}', '${AT}'),
      (3, 'c', '0', 'stored', 1, NULL, NULL, '${AT}', '${AT}');
    INSERT INTO spool (ask_id, question_id, generation, asked_id, structure, size_bytes, endpoint, provider_id,
        fetched_at, body)
      VALUES (1, 1, '0', 'd', 'one', 2, '/tv/{id}', 7, '${AT}', x'7b7d')`);
  const seen = () =>
    new BetterSqlite3(path, { readonly: true })
      .prepare("SELECT asked_id, entity, language, append, provider_id FROM v_ids ORDER BY asked_id")
      .all();
  const before = seen();
  expect(before).toEqual([
    { asked_id: "a", entity: "movie", language: "pt-BR", append: "credits,keywords", provider_id: 603 },
    { asked_id: "b", entity: "series", language: "en-US", append: "", provider_id: null },
    { asked_id: "c", entity: null, language: null, append: null, provider_id: null },
    { asked_id: "d", entity: "movie", language: "pt-BR", append: "credits,keywords", provider_id: 7 },
  ]);
  connection.close();
  const database = await openDatabase(path, { clock: createTestClock(), mode: "existing" });
  expect(seen()).toEqual(before);
  expect(database.all(sql`SELECT hash, source, facets FROM questions ORDER BY question_id`)).toEqual([
    {
      hash: "asked",
      source: '{"base_url":"https://api.example/3"}',
      facets: '{"entity":"movie","language":"pt-BR","append":["credits","keywords"]}',
    },
    {
      hash: "plain",
      source: '{"base_url":"https://api.example/3"}',
      facets: '{"entity":"series","language":"en-US","append":[]}',
    },
    { hash: "adopted", source: null, facets: null },
  ]);
  expect(database.all(sql`SELECT asked_id, facts FROM v_ids ORDER BY asked_id`)).toEqual([
    { asked_id: "a", facts: '{"provider_id":603,"endpoint":"/movie/{imdb_id}"}' },
    { asked_id: "b", facts: null },
    { asked_id: "c", facts: null },
    { asked_id: "d", facts: '{"provider_id":7,"endpoint":"/tv/{id}"}' },
  ]);
  await database.close();
});

test("an open notice of an earlier version is still one for the webhook", async () => {
  const path = join(makeTempFolder(), "dagmar.db");
  const connection = new BetterSqlite3(path);
  connection.pragma("journal_mode = WAL");
  const end = MIGRATIONS.findIndex(({ name }) => name.endsWith("notices-by-channel"));
  await migrateTo(connection, path, MIGRATIONS.slice(0, end));
  connection.exec(`INSERT INTO notices (dag_id, run_id, kind, failures, message, created_at)
    VALUES ('d', 'r', 'failure', 1, 'm', '${AT}')`);
  connection.close();
  const database = await openDatabase(path, { clock: createTestClock(), mode: "existing" });
  expect(database.all(sql`SELECT channel, recipient, state FROM notices`)).toEqual([
    { channel: "webhook", recipient: null, state: "open" },
  ]);
  await database.close();
});

describe.each(MIGRATIONS.slice(1).map((_, index) => index + 1))(
  "a database that stopped after migration %i",
  (count) => {
    async function makeHalf(): Promise<string> {
      const path = join(makeTempFolder(), "dagmar.db");
      const connection = new BetterSqlite3(path);
      connection.pragma("journal_mode = WAL");
      await migrateTo(connection, path, MIGRATIONS.slice(0, count));
      connection.exec(`
      INSERT INTO pools (pool, slots) VALUES ('kept', 3);
      INSERT INTO dag_versions VALUES ('f', 'd', '{}', '${AT}');
      INSERT INTO dag_runs (dag_id, run_id, run_type, state, logical_date, logical_date_local, timezone, partition,
          run_stamp, params, fingerprint, created_at)
        VALUES ('d', 'manual__1', 'manual', 'success', '${AT}', '', 'UTC', '', '', '{}', 'f', '${AT}');
      INSERT INTO task_instances (dag_run_id, task_id, type, state, attempt_count, pool)
        VALUES (1, 't', 'noop', 'success', 2, 'default');
      INSERT INTO attempts (task_instance_id, number, state, pid, host, lease_epoch, started_at, started_at_local, error)
        VALUES (1, 2, 'success', 7, 'h', 3, '${AT}', '', NULL), (1, 1, 'lost', 7, 'h', 2, '${AT}', '', 'it died')`);
      connection.close();
      return path;
    }

    test("is migrated to the newest schema, with its rows", async () => {
      const path = await makeHalf();
      const database = await openDatabase(path, { clock: createTestClock(), mode: "existing" });
      expect(database.all(sql`SELECT * FROM pools`)).toEqual([{ pool: "kept", slots: 3 }]);
      expect(database.all(sql`SELECT run_id, task_id, attempt, state, error FROM v_attempts`)).toEqual([
        { run_id: "manual__1", task_id: "t", attempt: 1, state: "lost", error: "it died" },
        { run_id: "manual__1", task_id: "t", attempt: 2, state: "success", error: null },
      ]);
      await database.close();
      expect(dumpSchema(path)).toBe(dumpSchema(await makeDatabase()));
    });

    test("is not changed by a reader, which raises an error that says what to do", async () => {
      const path = await makeHalf();
      const before = dumpSchema(path);
      await expect(openDatabase(path, { clock: createTestClock(), mode: "read" })).rejects.toMatchObject({
        code: "DATABASE_MISSING",
        hint: expect.stringContaining("dagmar db migrate") as unknown,
      });
      expect(dumpSchema(path)).toBe(before);
    });
  },
);

describe("runs from before runs belonged to a lake", () => {
  async function migrateFrom(objects: string): Promise<BetterSqlite3.Database> {
    const path = join(makeTempFolder(), "dagmar.db");
    const connection = new BetterSqlite3(path);
    connection.pragma("journal_mode = WAL");
    await migrateTo(connection, path, MIGRATIONS.slice(0, 4));
    const definition = JSON.stringify({
      tasks: [
        { taskId: "ids", with: { source: { dataset: "movies" } } },
        { taskId: "later", with: { source: { dataset: "movies" } } },
      ],
    });
    connection.exec(`
      INSERT INTO dag_versions VALUES ('f', 'd', '${definition}', '${AT}');
      INSERT INTO dag_runs (dag_run_id, dag_id, run_id, run_type, state, logical_date, logical_date_local, timezone,
          partition, run_stamp, params, fingerprint, created_at, pinned_inputs)
        VALUES (7, 'd', 'manual__1', 'manual', 'queued', '${AT}', '', 'UTC', '', '', '{}', 'f', '${AT}', '{"movies": 1}'),
          (9, 'd', 'manual__2', 'manual', 'success', '2026-11-24T03:00:00.000Z', '', 'UTC', '', '', '{}', 'f', '${AT}', '{}');
      DELETE FROM dag_runs WHERE dag_run_id = 9;
      INSERT INTO task_instances (task_instance_id, dag_run_id, task_id, type, state, attempt_count, pool)
        VALUES (1, 7, 'file', 'file-to-lake', 'success', 1, 'default'), (2, 7, 'ids', 'csv-to-ids', 'up_for_retry', 1, 'default'),
          (3, 7, 'later', 'csv-to-ids', 'none', 0, 'default');
      INSERT INTO task_outputs VALUES (1, 'object_id', '1');
      ${objects}`);
    await migrateTo(connection, path, MIGRATIONS);
    expect(connection.pragma("foreign_key_check")).toEqual([]);
    onTestFinished(() => {
      connection.close();
    });
    return connection;
  }

  const insertObject = (id: number, lake: string, run: string): string =>
    `INSERT INTO objects (object_id, lake, key, kind, dataset, sha256, size_bytes, is_committed, is_adopted, dag_run_id,
        created_at, created_at_local)
      VALUES (${id}, '${lake}', 'k', 'file', 'movies', 'a', 1, 1, 0, ${run}, '${AT}', '');`;

  const lakeOf = (connection: BetterSqlite3.Database): unknown =>
    connection.prepare("SELECT lake FROM dag_runs").pluck().all();

  test.each([
    ["that of their objects", insertObject(1, "s3://a", "7") + insertObject(2, "s3://b", "NULL"), ["s3://a"]],
    ["the only one that the database knows", insertObject(1, "s3://a", "NULL"), ["s3://a"]],
    [
      "none yet, if the database has several",
      insertObject(1, "s3://a", "NULL") + insertObject(2, "s3://b", "NULL"),
      [null],
    ],
  ])("belong to %s", async (_, objects, lakes) => {
    expect(lakeOf(await migrateFrom(objects))).toEqual(lakes);
  });

  test("keep their tasks' inputs and their writes", async () => {
    const connection = await migrateFrom(insertObject(1, "s3://a", "7"));
    const read = connection.prepare("SELECT task_instance_id, dataset, object_id FROM task_inputs").all();
    expect(read).toEqual([{ task_instance_id: 2, dataset: "movies", object_id: 1 }]);
    const written = connection
      .prepare("SELECT lake, dataset, dag_run_id, task_id, object_id FROM dataset_writes")
      .all();
    expect(written).toEqual([
      { lake: "s3://a", dataset: "movies", dag_run_id: 7, task_id: "file", object_id: 1 },
    ]);
  });

  test("keep their numbers, and a freed number is not used again", async () => {
    const connection = await migrateFrom(insertObject(1, "s3://a", "7"));
    expect(connection.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'dag_runs'").pluck().get()).toBe(
      9,
    );
    expect(connection.prepare("SELECT dag_run_id FROM dag_runs").pluck().all()).toEqual([7]);
  });
});

test("opening an up-to-date database changes nothing in it", async () => {
  const path = await makeDatabase();
  const connection = new BetterSqlite3(path);
  const version = () => connection.pragma("data_version", { simple: true });
  const before = version();
  const database = await openDatabase(path, { clock: createTestClock(), mode: "create" });
  expect(version()).toBe(before);
  await database.close();
  connection.close();
});

test("a task that had passed its when before verdicts were stored is not judged again; one that had not is", async () => {
  const path = join(makeTempFolder(), "dagmar.db");
  const connection = new BetterSqlite3(path);
  connection.pragma("journal_mode = WAL");
  await migrateTo(connection, path, MIGRATIONS.slice(0, 5));
  const states = ["none", "scheduled", "running", "up_for_retry", "up_for_reschedule", "success"];
  connection.exec(`
    INSERT INTO dag_versions VALUES ('f', 'd', '{}', '${AT}');
    INSERT INTO dag_runs (dag_id, run_id, run_type, state, logical_date, logical_date_local, timezone, partition,
        run_stamp, params, fingerprint, created_at)
      VALUES ('d', 'manual__1', 'manual', 'running', '${AT}', '', 'UTC', '', '', '{}', 'f', '${AT}');
    INSERT INTO task_instances (dag_run_id, task_id, type, state, pool)
      SELECT 1, value, 'noop', value, 'default' FROM json_each('${JSON.stringify(states)}')`);
  connection.close();
  const database = await openDatabase(path, { clock: createTestClock(), mode: "existing" });
  const held = database.all(sql`SELECT task_id FROM task_instances WHERE when_held = 1 ORDER BY 1`);
  expect(held).toEqual([
    { task_id: "running" },
    { task_id: "scheduled" },
    { task_id: "up_for_reschedule" },
    { task_id: "up_for_retry" },
  ]);
  await database.close();
});

describe("a database that has an older schema, while another process holds its lease", () => {
  async function makeHeld(): Promise<string> {
    const path = join(makeTempFolder(), "dagmar.db");
    const connection = new BetterSqlite3(path);
    connection.pragma("journal_mode = WAL");
    await migrateTo(connection, path, MIGRATIONS.slice(0, -1));
    connection.exec(
      `UPDATE lease SET purpose = 'scheduler', pid = 7, host = 'h', process_started = 'x', acquired_at = '${AT}',
         expires_at = '${AT}'`,
    );
    connection.close();
    return path;
  }

  test("is not changed, and the holder is named", async () => {
    const path = await makeHeld();
    const before = dumpSchema(path);
    const opened = openDatabase(path, { clock: createTestClock(), mode: "create", isFree: () => false });
    await expect(opened).rejects.toMatchObject({
      code: "DATABASE_BUSY",
      exitCode: 75,
      message: expect.stringContaining("scheduler (pid 7 on h)") as string,
    });
    expect(dumpSchema(path)).toBe(before);
  });

  test("is migrated when that process is gone", async () => {
    const path = await makeHeld();
    await (
      await openDatabase(path, { clock: createTestClock(), mode: "create", isFree: () => true })
    ).close();
    expect(dumpSchema(path)).toBe(dumpSchema(await makeDatabase()));
  });
});

test("several processes that create the same database at once all get it complete", async () => {
  const path = join(makeTempFolder(), "dagmar.db");
  const all = await Promise.all(
    Array.from({ length: 5 }, () => openDatabase(path, { clock: createTestClock(), mode: "create" })),
  );
  for (const database of all) await database.close();
  expect(dumpSchema(path)).toBe(dumpSchema(await makeDatabase()));
});

test("a process that stops while it creates a database leaves an empty file, which the next one fills", async () => {
  const path = join(makeTempFolder(), "dagmar.db");
  const connection = new BetterSqlite3(path);
  connection.pragma("journal_mode = WAL");
  const broken = [
    ...MIGRATIONS.slice(0, 2),
    { name: "0003-broken", up: ["CREATE TABLE half (id)", "no SQL"] },
  ];
  await expect(migrateTo(connection, path, broken)).rejects.toThrow("syntax error");
  connection.close();
  expect(dumpSchema(path)).toBe("");
  await (await openDatabase(path, { clock: createTestClock(), mode: "create" })).close();
  expect(dumpSchema(path)).toBe(dumpSchema(await makeDatabase()));
});
