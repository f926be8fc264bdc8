/** Every route of the API: its answers are those that the OpenAPI document describes, and it refuses with problems. */
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { Validator } from "@seriousme/openapi-schema-validator";
import { describe, expect, test } from "vitest";
import { problemSchema } from "../../../web/api/problem.ts";
import { isWrite } from "../../../web/api/route.ts";
import { ROUTES } from "../../../web/api/routes.ts";
import { writeOpenApi } from "../../../web/api/openapi.ts";
import { listVersionEntries } from "../../../state/pages/dag-page.ts";
import { sql, type Sql } from "../../../state/sqlite/statement.ts";
import { TASK_STATES } from "../../../model/run/task-instance.ts";
import { openReadWorld, readJson, type ReadWorld } from "../../support/web/read-world.ts";
import { makeDag, makeTask } from "../../support/test-dag.ts";

const DAILY = makeDag(
  [
    makeTask("extract", { retries: 3, retryBackoff: "exponential", retryDelaySeconds: 1.5 }),
    makeTask("load", { needs: ["extract"], pool: "narrow", priority: 5, dependsOnPast: true }),
  ],
  {
    dagId: "daily",
    description: "Every morning.",
    schedule: { kind: "cron", expression: "0 6 * * *" },
    timeoutSeconds: 3600,
    params: { limit: 3 },
  },
);
const FIRST = "2026-11-21T09:00:00.000Z";
const SECOND = "2026-11-22T09:00:00.000Z";

async function openFullWorld(): Promise<ReadWorld & { readonly runId: string }> {
  const world = await openReadWorld();
  await world.saveDag(DAILY);
  await world.saveDag(makeDag([makeTask("only")], { dagId: "other" }));
  await world.addRun({
    dag: DAILY,
    date: FIRST,
    state: "cancelled",
    tasks: { extract: "failed", load: "cancelled" },
  });
  const runId = await world.addRun({
    dag: DAILY,
    date: SECOND,
    state: "running",
    runType: "scheduled",
    tasks: { extract: "success", load: "running" },
  });
  world.writeLog({ dagId: "daily", runId, taskId: "load", attempt: 1 }, "a line\n");
  await world.write((query) => {
    query.run(sql`INSERT INTO pools (pool, slots) VALUES ('narrow', 2)`);
    query.run(
      sql`INSERT INTO backfills (lake, dag_id, state, from_date, to_date, reprocess, is_refetch, max_active, created_at)
          VALUES ('lake', 'daily', 'running', ${FIRST}, ${SECOND}, 'none', 0, 2, ${SECOND})`,
    );
    query.run(
      sql`INSERT INTO events (at, at_local, level, kind, dag_id, run_id, task_id, message, data)
          VALUES (${SECOND}, ${SECOND}, 'warn', 'csv_without_ids', 'daily', ${runId}, 'load', 'No ids.', '{"rows":3}')`,
    );
    query.run(
      sql`INSERT INTO verifications (lake, prefix, is_deep, state, requested_by, requested_at, counts, deviations)
          VALUES (${world.lake.id}, '', 0, 'done', 'ana', ${SECOND}, '{"missing":1}',
          '[{"key":"a","verdict":"missing","detail":"gone"}]')`,
    );
    query.run(
      sql`INSERT INTO import_errors (dag_id, file, faults, since) VALUES ('broken', 'broken.yaml',
          ${JSON.stringify([{ file: "broken.yaml", line: 3, column: 1, path: "tasks", message: "is missing" }])}, ${FIRST})`,
    );
  });
  return { ...world, runId };
}

function fill(path: string, runId: string): string {
  return path
    .replace("{dag_id}", "daily")
    .replace("{dag_run_id}", encodeURIComponent(runId))
    .replace("{task_id}", "load")
    .replace("{try_number}", "1")
    .replace("{dataset}", "titles")
    .replace("{asked_id}", "id2")
    .replace(/\/search$/, "/search?text=line")
    .replace("{pool_name}", "narrow")
    .replace("{backfill_id}", "1")
    .replace("{verification_id}", "1");
}

describe("the OpenAPI document", () => {
  test("is valid OpenAPI 3.1, with one operation id for each route", async () => {
    const document = writeOpenApi(ROUTES, "1.2.3");
    const result = await new Validator().validate(structuredClone(document));
    expect(result).toMatchObject({ valid: true });
    expect(new Set(ROUTES.map(({ operationId }) => operationId)).size).toBe(ROUTES.length);
  });

  test("has an Idempotency-Key for what changes something, and for nothing else", () => {
    const { paths } = writeOpenApi(ROUTES, "1.2.3") as {
      paths: Record<string, Record<string, { parameters?: { name: string }[] }>>;
    };
    const keyed = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods)
        .filter(([, { parameters = [] }]) => parameters.some(({ name }) => name === "Idempotency-Key"))
        .map(([method]) => `${method} ${path}`),
    );
    expect(keyed.filter((route) => /^get|preview|dry_run$/.test(route))).toEqual([]);
    const writes = ROUTES.filter(isWrite).map(({ method, path }) => `${method.toLowerCase()} ${path}`);
    expect(keyed.toSorted()).toEqual(writes.toSorted());
    expect(keyed).toContain("post /api/v2/dags/{dag_id}/dagRuns");
  });

  const read = ROUTES.filter(({ method, answerType }) => method === "GET" && answerType === undefined);
  test.each(read.map(({ path }) => [path]))("describes the answer of %s", async (path) => {
    const { ask, runId } = await openFullWorld();
    const reply = await ask(fill(path, runId));
    expect(reply.status, String(reply.body)).toBe(200);
    const ajv = addFormats.default(new Ajv2020({ strict: false, allErrors: true }));
    const { paths } = writeOpenApi(ROUTES, "1.2.3") as {
      paths: Record<string, { get: { responses: { 200: { content: Record<string, { schema: object }> } } } }>;
    };
    const schema = paths[path]?.get.responses[200].content["application/json"]?.schema ?? false;
    const isValid = ajv.compile(schema);
    isValid(readJson(reply));
    expect(isValid.errors).toBe(null);
  });
});

describe("Dags", () => {
  test("have their schedule, their next slot, and whether they are paused or broken", async () => {
    const { ask, write } = await openFullWorld();
    await write((query) => {
      query.run(sql`UPDATE dags SET cursor = '2026-11-23T09:00:00.000Z' WHERE dag_id = 'daily'`);
    });
    expect(readJson(await ask("/api/v2/dags/daily"))).toMatchObject({
      dag_id: "daily",
      is_paused: false,
      is_stale: false,
      timetable_summary: "0 6 * * *",
      next_dagrun_logical_date: "2026-11-24T09:00:00.000Z",
      next_dagrun_data_interval_start: "2026-11-23T09:00:00.000Z",
      has_import_errors: false,
    });
    await write((query) => {
      query.run(sql`UPDATE dags SET is_paused = 1 WHERE dag_id = 'daily'`);
    });
    expect(readJson(await ask("/api/v2/dags/daily"))).toMatchObject({
      is_paused: true,
      next_dagrun_logical_date: null,
    });
  });

  test("are filtered, ordered and paged", async () => {
    const { ask, write } = await openFullWorld();
    const list = async (search: string): Promise<readonly string[]> => {
      const { dags } = readJson(await ask(`/api/v2/dags${search}`)) as { dags: { dag_id: string }[] };
      return dags.map((dag) => dag.dag_id);
    };
    expect(await list("")).toEqual(["daily", "other"]);
    expect(await list("?order_by=-dag_id")).toEqual(["other", "daily"]);
    expect(await list("?limit=1&offset=1")).toEqual(["other"]);
    expect(await list("?dag_id_pattern=%25AIL%25")).toEqual(["daily"]);
    await write((query) => {
      query.run(sql`UPDATE dags SET is_active = 0 WHERE dag_id = 'other'`);
      query.run(sql`UPDATE dags SET is_paused = 1 WHERE dag_id = 'daily'`);
    });
    expect(await list("")).toEqual(["daily"]);
    expect(await list("?exclude_stale=false")).toEqual(["daily", "other"]);
    expect(await list("?paused=false")).toEqual([]);
  });

  test("show their file as text, and nothing outside the Dag folder", async () => {
    const { ask } = await openFullWorld();
    const reply = await ask("/api/v2/dagSources/daily", { accept: "text/plain" });
    expect(reply).toMatchObject({ status: 200, body: "dag: daily\n" });
    for (const path of ["..%2Fdagmar", "%2e%2e", "daily%00", "..%5Cdagmar"]) {
      expect((await ask(`/api/v2/dagSources/${path}`)).status, path).toBe(404);
    }
  });

  test("are counted by the states that Airflow knows", async () => {
    const { ask } = await openFullWorld();
    const { dags } = readJson(await ask("/api/v2/dagStats?dag_ids=daily")) as { dags: { stats: unknown }[] };
    expect(dags).toEqual([
      {
        dag_id: "daily",
        dag_display_name: "daily",
        stats: [
          { state: "queued", count: 0 },
          { state: "running", count: 1 },
          { state: "success", count: 0 },
          { state: "failed", count: 1 },
        ],
      },
    ]);
  });
});

describe("runs", () => {
  test.each([
    ["", [FIRST, SECOND]],
    ["?order_by=-logical_date", [SECOND, FIRST]],
    ["?order_by=state&order_by=-logical_date", [FIRST, SECOND]],
    ["?state=failed", [FIRST]],
    ["?state=failed&state=running", [FIRST, SECOND]],
    ["?run_type=scheduled", [SECOND]],
    [`?logical_date_gte=${SECOND}`, [SECOND]],
    [`?logical_date_gt=${SECOND}`, []],
    [`?run_after_lt=${SECOND}`, [FIRST]],
    [`?start_date_lte=2026-11-21T06:00:00-03:00`.replace("+", "%2B"), [FIRST]],
    ["?limit=1", [FIRST]],
    ["?limit=1&offset=1", [SECOND]],
  ])("are listed by %s", async (search, dates) => {
    const { ask } = await openFullWorld();
    const answer = readJson(await ask(`/api/v2/dags/daily/dagRuns${search}`)) as {
      dag_runs: { logical_date: string }[];
    };
    expect(answer.dag_runs.map((run) => run.logical_date)).toEqual(dates);
  });

  test("name the version of the Dag that they run, which an index finds", async () => {
    const { ask, saveDag, addRun, database } = await openFullWorld();
    const edited = { ...DAILY, description: "Edited." };
    await saveDag(edited);
    await addRun({ dag: edited, date: "2026-11-23T09:00:00.000Z" });
    expect(readJson(await ask("/api/v2/dags/daily/dagRuns?order_by=logical_date"))).toMatchObject({
      dag_runs: [1, 1, 2].map((number) => ({ dag_versions: [{ version_number: number }] })),
    });
    const asked: Sql[] = [];
    const all = <Row>(statement: Sql): Row[] => {
      asked.push(statement);
      return database.all<Row>(statement);
    };
    listVersionEntries({ ...database, all }, ["x"]);
    const plan = database.all<{ detail: string }>(sql`EXPLAIN QUERY PLAN ${asked[0]}`);
    expect(plan.map(({ detail }) => detail).join()).toContain("COVERING INDEX dag_versions_by_dag");
  });

  test("of all Dags are those of ~", async () => {
    const { ask } = await openFullWorld();
    expect(readJson(await ask("/api/v2/dags/~/dagRuns?limit=1"))).toMatchObject({ total_entries: 2 });
  });

  test("that were cancelled are failed, with a field that tells them apart", async () => {
    const { ask } = await openFullWorld();
    expect(readJson(await ask("/api/v2/dags/daily/dagRuns?limit=1"))).toMatchObject({
      dag_runs: [{ state: "failed", conf: { limit: 3 }, dagmar: { state: "cancelled" } }],
    });
  });

  test("of the same id in two lakes: the one in this process's lake", async () => {
    const { ask, addRun, write } = await openFullWorld();
    const twice = `twice__${SECOND}`;
    const runId = await addRun({ dag: DAILY, date: SECOND, lakeId: "s3://elsewhere/" });
    await write((query) => {
      query.run(sql`UPDATE dag_runs SET run_id = ${twice}
          WHERE run_id = ${runId} OR logical_date = ${SECOND}`);
    });
    expect(readJson(await ask(`/api/v2/dags/daily/dagRuns/${twice}`))).toMatchObject({ state: "running" });
  });
});

describe("tasks of a run", () => {
  test("have a fixed id, Airflow's words for their states, and their tries", async () => {
    const { ask, runId } = await openFullWorld();
    const base = `/api/v2/dags/daily/dagRuns/${encodeURIComponent(runId)}/taskInstances`;
    const one = readJson(await ask(`${base}/extract`)) as { id: string };
    expect(one).toMatchObject({
      state: "success",
      try_number: 1,
      max_tries: 3,
      map_index: -1,
      hostname: "here",
    });
    expect(readJson(await ask(`${base}/extract`))).toMatchObject({ id: one.id });
    expect(readJson(await ask(`${base}/load`))).not.toMatchObject({ id: one.id });
    expect(readJson(await ask(`${base}?state=running`))).toMatchObject({
      task_instances: [{ task_id: "load" }],
      total_entries: 1,
    });
    expect(readJson(await ask(`${base}/load/tries`))).toMatchObject({
      task_instances: [{ try_number: 1, state: "running", dagmar: { state: "running" } }],
    });
  });

  test.each(TASK_STATES.map((state) => [state]))(
    "in the state %s have a state of Airflow's",
    async (state) => {
      const { ask, addRun } = await openFullWorld();
      const runId = await addRun({ dag: DAILY, date: "2026-11-23T09:00:00.000Z", tasks: { load: state } });
      const path = `/api/v2/dags/daily/dagRuns/${encodeURIComponent(runId)}/taskInstances/load`;
      const expected = state === "none" ? null : state === "cancelled" ? "failed" : state;
      expect(readJson(await ask(path))).toMatchObject({ state: expected, dagmar: { state } });
    },
  );
});

describe("the grid", () => {
  test("holds the newest runs, oldest first, with former tasks at the end", async () => {
    const { ask, addRun, saveDag } = await openFullWorld();
    const former = makeDag([makeTask("gone"), makeTask("load")], { dagId: "daily" });
    await saveDag(former);
    await addRun({
      dag: former,
      date: "2026-11-20T09:00:00.000Z",
      tasks: { gone: "skipped", load: "success" },
    });
    await saveDag(DAILY);
    expect(readJson(await ask("/api/dagmar/grid/daily"))).toMatchObject({
      tasks: [
        { task_id: "extract" },
        { task_id: "load", needs: ["extract"] },
        { task_id: "gone", type: null },
      ],
      runs: [
        { logical_date: "2026-11-20T09:00:00.000Z", tasks: [null, "success", "skipped"] },
        { logical_date: FIRST, tasks: ["failed", "cancelled", null] },
        { logical_date: SECOND, state: "running", tasks: ["success", "running", null] },
      ],
    });
    const older = readJson(await ask(`/api/dagmar/grid/daily?limit=1&before=${SECOND}`));
    expect(older).toMatchObject({ runs: [{ logical_date: FIRST }] });
  });
});

describe("refusals are problems with a code", () => {
  test.each([
    [404, "DAG_UNKNOWN", "/api/v2/dags/nada"],
    [404, "DAG_UNKNOWN", "/api/v2/dags/nada/dagRuns"],
    [404, "DAG_UNKNOWN", "/api/dagmar/grid/nada"],
    [404, "RUN_UNKNOWN", "/api/v2/dags/daily/dagRuns/nada"],
    [404, "TASK_UNKNOWN", "/api/v2/dags/daily/tasks/nada"],
    [404, "POOL_UNKNOWN", "/api/v2/pools/nada"],
    [404, "USAGE", "/api/v2/nada"],
    [404, "USAGE", "/api/v2/dags/daily/"],
    [404, "USAGE", "/api/v2/dags/%E0%A4%A"],
    [422, "USAGE", "/api/v2/dags?limit=0"],
    [422, "USAGE", "/api/v2/dags?limit=101"],
    [422, "USAGE", "/api/v2/dags?offset=-1"],
    [422, "USAGE", "/api/v2/dags?limit=1&limit=2"],
    [422, "USAGE", "/api/v2/dags?nada=1"],
    [422, "USAGE", "/api/v2/dags?order_by=fingerprint"],
    [422, "USAGE", "/api/v2/dags/daily/dagRuns?order_by=1;DROP TABLE dags"],
    [422, "USAGE", "/api/v2/dags/daily/dagRuns?state=cancelled"],
    [422, "USAGE", "/api/v2/dags/daily/dagRuns?logical_date_gte=yesterday"],
    [422, "USAGE", "/api/dagmar/grid/daily?limit=367"],
  ])("%i %s: %s", async (status, code, target) => {
    const { ask } = await openFullWorld();
    const reply = await ask(target);
    expect(reply.headers["Content-Type"]).toBe("application/problem+json; charset=utf-8");
    expect(problemSchema.parse(readJson(reply))).toMatchObject({ status, code });
    expect(reply.status).toBe(status);
  });

  test("of a hostile name do not leave JSON", async () => {
    const { ask } = await openFullWorld();
    const reply = await ask(`/api/v2/dags/${encodeURIComponent('<script>alert(1)</script>"')}`);
    expect(reply.headers["Content-Type"]).toBe("application/problem+json; charset=utf-8");
    expect(readJson(reply)).toMatchObject({ detail: 'No Dag is called <script>alert(1)</script>".' });
  });
});

describe("an answer that the client has", () => {
  test("is 304 as long as nothing changes", async () => {
    const { ask, write } = await openFullWorld();
    const first = await ask("/api/v2/dags");
    const tag = first.headers["ETag"] ?? "";
    expect(tag).toMatch(/^W\/"[\w-]{22}"$/);
    expect(await ask("/api/v2/dags", { "if-none-match": `"other", ${tag}` })).toMatchObject({
      status: 304,
      body: "",
    });
    await write((query) => {
      query.run(sql`UPDATE dags SET is_paused = 1`);
    });
    expect(await ask("/api/v2/dags", { "if-none-match": tag })).toMatchObject({ status: 200 });
  });
});

describe("a long history", () => {
  test("is counted 1,000 entries after the page, and listed to its end", async () => {
    const { ask, write } = await openFullWorld();
    await write((query) => {
      query.run(
        sql`INSERT INTO events (at, at_local, level, kind, message) SELECT value, value, 'info', 'clock_jump', 'x'
            FROM json_each(${JSON.stringify(Array.from({ length: 1_200 }, () => SECOND))})`,
      );
    });
    const total = async (search: string): Promise<number> => {
      const answer = readJson(await ask(`/api/v2/eventLogs${search}`)) as { total_entries: number };
      return answer.total_entries;
    };
    expect(await total("?limit=100")).toBe(1_100);
    expect(await total("?limit=100&offset=1000")).toBe(1_201);
    expect(await total("?event=csv_without_ids")).toBe(1);
  });
});
