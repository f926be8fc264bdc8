/** A request reads a Dag's definition once, however many tasks and tries it lists. */
import { expect, test } from "vitest";
import type { ReadTools } from "../../../web/api/route.ts";
import { listTaskInstances, listTries } from "../../../web/api/v2/task-instances.ts";
import { readDatabaseId } from "../../../state/control/database-identity.ts";
import { createVersionReader } from "../../../state/runs/version-reader.ts";
import type { Query } from "../../../state/sqlite/query.ts";
import { sql } from "../../../state/sqlite/statement.ts";
import { makeDag, makeTask } from "../../support/test-dag.ts";
import { openReadWorld } from "../../support/web/read-world.ts";

const TASKS = Array.from({ length: 40 }, (_, place) => makeTask(`t${place}`, { retries: place }));

test.each([
  ["the tasks of a run", listTaskInstances, "", 40],
  ["the tries of a task", listTries, "t7", 3],
])("%s take one reading of their Dag", async (_, route, taskId, count) => {
  const { database, lake, saveDag, addRun } = await openReadWorld();
  const dag = makeDag(TASKS, { dagId: "wide" });
  await saveDag(dag);
  const runId = await addRun({ dag, date: "2026-11-23T09:00:00.000Z", tasks: { t7: "success" } });
  await database.write((query) =>
    query.run(
      sql`INSERT INTO attempts (task_instance_id, number, state, pid, host, lease_epoch, started_at, started_at_local)
          SELECT task_instance_id, n.value, 'failed', 1, 'h', 1, 'x', 'x' FROM attempts, json_each('[2, 3]') n`,
    ),
  );
  const texts: string[] = [];
  const query: Query = {
    all: (statement) => (texts.push(statement.text), database.all(statement)),
    each: (statement) => (texts.push(statement.text), database.each(statement)),
    get: (statement) => (texts.push(statement.text), database.get(statement)),
    one: (statement) => (texts.push(statement.text), database.one(statement)),
    run: (statement) => database.run(statement),
  };
  const tools: Partial<ReadTools> = {
    query,
    readVersion: createVersionReader(query),
    lakeId: lake.id,
    databaseId: readDatabaseId(database),
  };
  const answer = route.handle(tools as ReadTools, {
    params: { dag_id: "wide", dag_run_id: runId, task_id: taskId },
    search: { limit: 100, offset: 0 },
  }) as { readonly task_instances: readonly { readonly max_tries: number }[] };
  expect(answer.task_instances.map((task) => task.max_tries)).toEqual(
    taskId === "" ? TASKS.map(({ retries }) => retries) : Array.from({ length: count }, () => 7),
  );
  expect(texts.filter((text) => text.includes("FROM dag_versions")).length).toBe(1);
});
