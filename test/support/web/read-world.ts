/** A database with Dags, runs and tasks in every state, and a reader of it that answers as the thread does. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { LOCAL, type User } from "../../../model/access/user.ts";
import { locateAttemptLog } from "../../../logs/attempt-log-location.ts";
import type { AttemptKey } from "../../../model/ports/attempt-logs.ts";
import type { DagDefinition } from "../../../model/dag/dag.ts";
import type { DagRunState, RunType } from "../../../model/run/dag-run.ts";
import type { TaskState } from "../../../model/run/task-instance.ts";
import { addTasks, createRun, readRun, saveDagVersion } from "../../../state/runs/dag-runs.ts";
import type { Query } from "../../../state/sqlite/query.ts";
import { sql } from "../../../state/sqlite/statement.ts";
import { createReader } from "../../../web/reading/answer-reads.ts";
import type { HttpAnswer, HttpReply, HttpStream } from "../../../web/server/exchange.ts";
import { makeVersion } from "../test-dag.ts";
import { openTestWorld, type TestWorld } from "../test-world.ts";

/** Settings of a reader that are the same in every world. */
export const TEST_READING = {
  timezone: "America/Sao_Paulo",
  limits: { pools: new Map([["default", 8]]), maxActiveTasks: 32 },
  settings: [],
  base: "",
  assetsFolder: join(import.meta.dirname, "../../../dist/browser"),
} as const;

export interface RunSketch {
  readonly dag: DagDefinition;
  readonly date: string;
  readonly state?: DagRunState;
  readonly runType?: RunType;
  /** By task id; `none` for those that are not named. */
  readonly tasks?: Readonly<Record<string, TaskState>>;
  readonly lakeId?: string;
}

export interface ReadWorld extends TestWorld {
  readonly dagsFolder: string;
  readonly logsFolder: string;
  readonly saveDag: (dag: DagDefinition) => Promise<void>;
  /** Returns the run's id. Its tasks that have begun have one try. */
  readonly addRun: (sketch: RunSketch) => Promise<string>;
  readonly write: (work: (query: Query) => void) => Promise<void>;
  /** As an operator without it. */
  readonly ask: (
    target: string,
    headers?: Readonly<Record<string, string>>,
    user?: User,
  ) => Promise<HttpReply>;
  readonly writeLog: (key: AttemptKey, text: string) => void;
  /** For a reply that is a stream. */
  readonly askStream: (target: string, headers?: Readonly<Record<string, string>>) => Promise<HttpStream>;
}

export async function openReadWorld(): Promise<ReadWorld> {
  const world = await openTestWorld();
  const { database, clock, folder, lake } = world;
  const dagsFolder = join(folder, "dags");
  mkdirSync(dagsFolder);
  const logsFolder = join(folder, "logs");
  const reader = createReader(
    {
      databaseFile: join(folder, "dagmar.db"),
      lakeId: lake.id,
      dagsFolder,
      logsFolder,
      version: "1.2.3",
      ...TEST_READING,
    },
    clock,
  );
  onTestFinished(() => reader.close());
  const answer = async (
    target: string,
    headers: Readonly<Record<string, string>>,
    user: User = LOCAL,
  ): Promise<HttpAnswer> => {
    const cut = target.indexOf("?");
    const [path, search] = cut < 0 ? [target, ""] : [target.slice(0, cut), target.slice(cut)];
    const { reply, fault } = await reader.answer(
      { method: "GET", path, search, headers, body: "", user },
      () => Promise.reject(new Error("a request that reads orders nothing")),
    );
    if (fault !== null) throw new Error(fault);
    return reply;
  };
  return {
    ...world,
    dagsFolder,
    logsFolder,
    async saveDag(dag) {
      await database.write((query) => saveDagVersion(query, makeVersion(dag), clock.now()));
      writeFileSync(join(dagsFolder, `${dag.dagId}.yaml`), `dag: ${dag.dagId}\n`);
    },
    addRun: ({ dag, date, state = "success", runType = "manual", tasks = {}, lakeId = lake.id }) =>
      database.write((query) => {
        const run = createRun(query, {
          version: makeVersion(dag),
          runType,
          logicalDate: new Date(date),
          interval: null,
          params: { limit: 3 },
          onlyTasks: null,
          lakeId,
          isRefetch: false,
          now: clock.now(),
        });
        addTasks(
          query,
          run,
          dag.tasks.map(({ taskId, type, pool }) => ({ taskId, type, pool, exclusiveKey: null })),
        );
        query.run(
          sql`UPDATE dag_runs SET state = ${state}, started_at = ${date}, finished_at = ${date}
              WHERE dag_run_id = ${run.dagRunId}`,
        );
        for (const [taskId, taskState] of Object.entries(tasks))
          setTask(query, run.dagRunId, taskId, taskState, date);
        return readRun(query, run.dagRunId).runId;
      }),
    writeLog(key, text) {
      const file = locateAttemptLog(logsFolder, key);
      if (file === undefined) throw new Error("no place for this log");
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    },
    async write(work) {
      await database.write(work);
    },
    async ask(target, headers = {}, user) {
      const reply = await answer(target, headers, user);
      if (!("body" in reply)) throw new Error(`${target} is a stream`);
      return reply;
    },
    async askStream(target, headers = {}) {
      const reply = await answer(target, headers);
      if ("body" in reply) throw new Error(`${target} is no stream: ${String(reply.body)}`);
      return reply;
    },
  };
}

function setTask(query: Query, dagRunId: number, taskId: string, state: TaskState, at: string): void {
  const hasBegun =
    state !== "none" && state !== "scheduled" && state !== "upstream_failed" && state !== "skipped";
  query.run(
    sql`UPDATE task_instances SET state = ${state}, attempt_count = ${hasBegun},
        started_at = ${hasBegun ? at : null}, finished_at = ${state === "running" ? null : at}
        WHERE dag_run_id = ${dagRunId} AND task_id = ${taskId}`,
  );
  if (!hasBegun) return;
  query.run(
    sql`INSERT INTO attempts (task_instance_id, number, state, pid, host, lease_epoch, started_at, started_at_local,
          error_code, error)
        SELECT task_instance_id, 1, ${state === "running" ? "running" : state === "success" ? "success" : "failed"}, 7,
          'here', 1, ${at}, ${at}, NULL, NULL FROM task_instances
        WHERE dag_run_id = ${dagRunId} AND task_id = ${taskId}`,
  );
}

export function readJson(reply: HttpReply): unknown {
  return JSON.parse(String(reply.body)) as unknown;
}
