/** A lake with raw objects, and tables made of them by the compiled engine. */
import { createHash, randomUUID } from "node:crypto";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buffer } from "node:stream/consumers";
import { DuckDBInstance } from "@duckdb/node-api";
import { onTestFinished, vi } from "vitest";
import { openLake } from "../../lake/open-lake.ts";
import { describeFile } from "../../lake/protocol/identity-metadata.ts";
import type { Lake } from "../../model/ports/lake.ts";
import type { AnyTaskType, RunFacts, TaskOutput } from "../../model/ports/task-type.ts";
import { systemClock } from "../../cli/process/system-clock.ts";
import { sql } from "../../state/sqlite/statement.ts";
import { createReportToLake } from "../../tasks/report-to-lake/index.ts";
import { createSqlToLake } from "../../tasks/sql-to-lake/index.ts";
import { runTask, type ContextOptions } from "../support/task-context.ts";
import { makeTempFolder, openTestWorld, silentLog, type TestWorld } from "../support/test-world.ts";

/** Built before the tests: a process runs compiled modules. */
const ENGINE = new URL("../../dist/tasks/sql-to-lake/engine.js", import.meta.url);
const REPORT_ENGINE = new URL("../../dist/tasks/report-to-lake/engine.js", import.meta.url);

export interface TableWorld {
  readonly world: TestWorld;
  /** Of every attempt. */
  readonly cookie: string;
  /** The folder of temporary files. */
  readonly temporary: string;
  /** Path of the engine's module. */
  readonly engine: string;
  makeRun(date: string, params?: RunFacts["params"], refetchGeneration?: string): Promise<RunFacts>;
  /** An object of ours, as a task of an earlier run has stored it. */
  store(dataset: string, key: string, text: string | Buffer, logicalDate?: string): Promise<void>;
  make(
    run: RunFacts,
    written: ContextOptions["written"],
    more?: Partial<ContextOptions>,
  ): Promise<TaskOutput>;
  /** The same, of a report-to-lake task. */
  makeReport(
    run: RunFacts,
    written: ContextOptions["written"],
    more?: Partial<ContextOptions>,
  ): Promise<TaskOutput>;
  /** An object's text. */
  readPage(key: string): Promise<string>;
  /** The rows of a Parquet object. */
  read(key: string): Promise<readonly unknown[]>;
  /** What attempts left in the folder of temporary files. */
  listLeftFolders(): readonly string[];
  events(kind: string): readonly { readonly level: string; readonly message: string }[];
}

export async function openTableWorld(given: { lake?: Lake; engine?: URL } = {}): Promise<TableWorld> {
  const folder = makeTempFolder();
  const lake = given.lake ?? openLake(join(folder, "lake"), { clock: systemClock, log: silentLog });
  const prefixes = { movies: ["Raw/Movies/"], titles: ["Raw/Titles/"], trusted_movies: ["Trusted/Movies/"] };
  const world = await openTestWorld({ folder, lake, prefixes });
  const temporary = join(folder, "temporary");
  mkdirSync(temporary);
  vi.stubEnv("TMPDIR", temporary);
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  const cookie = `test_dag/run/task/1@${randomUUID()}`;
  const type = createSqlToLake(given.engine ?? ENGINE) as unknown as AnyTaskType;
  const report = createReportToLake(given.engine ?? REPORT_ENGINE) as unknown as AnyTaskType;
  const run = (
    taskType: AnyTaskType,
    facts: RunFacts,
    written: ContextOptions["written"],
    more: Partial<ContextOptions>,
  ): Promise<TaskOutput> =>
    runTask(
      taskType,
      { ...world, clock: systemClock as unknown as TestWorld["clock"] },
      { run: facts, written, cookie, ...more },
    );
  return {
    world,
    cookie,
    temporary,
    engine: fileURLToPath(ENGINE),
    async makeRun(date, params = {}, refetchGeneration) {
      const facts = await world.makeRunFacts(date, refetchGeneration);
      await world.database.write((query) =>
        query.run(
          sql`INSERT INTO task_instances (dag_run_id, task_id, type, state, pool)
              VALUES (${facts.dagRunId}, 'task', 'sql-to-lake', 'running', 'default')`,
        ),
      );
      return { ...facts, params };
    },
    async store(dataset, key, text, logicalDate = "2026-11-23T09:00:00.000Z") {
      const body = Buffer.from(text);
      await lake.putBytes({
        key,
        body,
        sha256: createHash("sha256").update(body).digest("hex"),
        metadata: describeFile(dataset, logicalDate),
        contentType: "text/plain",
      });
    },
    make: (facts, written, more = {}) => run(type, facts, written, more),
    makeReport: (facts, written, more = {}) => run(report, facts, written, more),
    readPage: async (key) => (await buffer((await lake.get(key)).body)).toString("utf8"),
    async read(key) {
      const file = join(makeTempFolder(), "table.parquet");
      writeFileSync(file, await buffer((await lake.get(key)).body));
      const connection = await (await DuckDBInstance.create(":memory:")).connect();
      const reader = await connection.runAndReadAll(`SELECT * FROM read_parquet('${file}')`);
      return reader.getRowObjectsJson();
    },
    listLeftFolders: () => readdirSync(temporary).filter((name) => name.startsWith("dagmar-table-")),
    events: (kind) =>
      world.database.all(sql`SELECT level, message FROM events WHERE kind = ${kind} ORDER BY event_id`),
  };
}
