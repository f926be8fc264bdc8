/** Routes that change something, on a scheduler's real loop whose clock stands still: no answer may wait for a timer. */
import { describe, expect, test } from "vitest";
import { problemSchema } from "../../../web/api/problem.ts";
import { sql } from "../../../state/sqlite/statement.ts";
import { makeDag, makeTask, makeVersion } from "../../support/test-dag.ts";
import { readJson } from "../../support/web/read-world.ts";
import { openWriteWorld, type WriteWorld } from "../../support/web/write-world.ts";

const DAILY = makeDag([makeTask("one"), makeTask("two", { needs: ["one"] })], {
  dagId: "daily",
  schedule: { kind: "cron", expression: "0 6 * * *" },
  params: { limit: 3, genres: ["Drama"], label: null },
});
const RUNS = "/api/v2/dags/daily/dagRuns";
const DATE = "2026-11-20T09:00:00.000Z";
/** After the next slot. */
const FAR = "2027-03-01T09:00:00.000Z";

async function openDaily(): Promise<WriteWorld> {
  const world = await openWriteWorld();
  world.setDags([DAILY]);
  await world.begin();
  return world;
}

describe("a Dag", () => {
  test("is paused and unpaused, with the same events as by the command", async () => {
    const { send, events } = await openDaily();
    for (const is_paused of [true, true, false]) {
      const reply = await send("PATCH", "/api/v2/dags/daily?update_mask=is_paused", { is_paused });
      expect(reply.status, String(reply.body)).toBe(200);
      expect(readJson(reply)).toMatchObject({ dag_id: "daily", is_paused });
    }
    expect(events("dag_paused", "dag_unpaused")).toEqual([
      "dag_paused: daily is paused.",
      "dag_unpaused: daily is unpaused.",
    ]);
  });
});

describe("a run is triggered", () => {
  test("now, and its first task starts in the turn that makes it", async () => {
    const started: string[] = [];
    const world = await openWriteWorld({
      noop: () => {
        started.push("task");
        return {};
      },
    });
    world.setDags([DAILY]);
    const service = await world.begin();
    const reply = await world.send("POST", RUNS, { logical_date: null, conf: { limit: 5 } });
    expect(reply.status, String(reply.body)).toBe(200);
    expect(readJson(reply)).toMatchObject({
      run_type: "manual",
      logical_date: "2026-11-23T09:00:00.000Z",
      conf: { limit: 5, genres: ["Drama"], label: null },
    });
    await service.rest();
    expect(started.length).toBe(2);
    expect(world.clock.now().toISOString()).toBe("2026-11-23T09:00:00.000Z");
  });

  test.each([
    ["an instant", { logical_date: "2026-11-20T06:00:00-03:00" }, DATE],
    ["a day, which means its slot", { logical_date: "2026-11-20" }, DATE],
    ["the name that the run has", { logical_date: DATE, dag_run_id: `manual__${DATE}` }, DATE],
    ["a later date by force", { logical_date: "2027-01-01", force: true }, "2027-01-01T09:00:00.000Z"],
  ])("by %s", async (_, body, expected) => {
    const { send } = await openDaily();
    const reply = await send("POST", RUNS, body);
    expect(readJson(reply)).toMatchObject({ logical_date: expected });
  });

  test("through the API, a page or a command: triggered_by says which, in Airflow's words", async () => {
    const { send, ask, database } = await openDaily();
    const form = { "content-type": "application/x-www-form-urlencoded" };
    const request = {
      dag: { dagId: "daily", fingerprint: makeVersion(DAILY).fingerprint },
      params: {},
      isNew: true,
      onlyTasks: null,
      namedTasks: [],
      isRerun: false,
      isRefetch: false,
    };
    const command = (logicalDate: string, more = {}): Promise<unknown> =>
      ask({ kind: "run", request: { ...request, logicalDate }, ...more });
    await send("POST", RUNS, { logical_date: "2026-11-14" });
    await send("POST", "/dags/daily/trigger", "date=2026-11-15", form);
    // Any program with write access to the database may write a request.
    await command("2026-11-16T09:00:00.000Z", { triggeredBy: "anything" });
    await command("2026-11-17T09:00:00.000Z");
    const range = { dag_id: "daily", from_date: "2026-11-18", to_date: "2026-11-18" };
    await send("POST", "/api/v2/backfills", range);
    await database.write((query) =>
      query.run(
        sql`UPDATE dag_runs SET run_type = 'scheduled', triggered_by = NULL WHERE logical_date = '2026-11-17T09:00:00.000Z'`,
      ),
    );
    const { dag_runs: made } = readJson(await send("GET", `${RUNS}?order_by=logical_date`)) as {
      dag_runs: readonly { logical_date: string; triggered_by: string }[];
    };
    expect(made.map((run) => `${run.logical_date.slice(8, 10)} ${run.triggered_by}`)).toEqual([
      "14 rest_api",
      "15 ui",
      "16 cli",
      "17 timetable",
      "18 backfill",
    ]);
  });

  test("once for a date: a second time is 409, with the same params too", async () => {
    const { send, runs } = await openDaily();
    expect((await send("POST", RUNS, { logical_date: DATE })).status).toBe(200);
    const again = await send("POST", RUNS, { logical_date: DATE });
    expect(again.status).toBe(409);
    expect(readJson(again)).toMatchObject({ code: "RUN_EXISTS" });
    expect(runs().length).toBe(1);
  });

  test.each([
    [422, "USAGE", "logical_date", { logical_date: "yesterday" }],
    [422, "USAGE", "force", { logical_date: "2027-01-01" }],
    [422, "USAGE", "logical_date", { logical_date: 3 }],
    [422, "PARAM_INVALID", "conf.nada", { conf: { nada: 1 } }],
    [422, "PARAM_INVALID", "conf.limit", { conf: { limit: "3" } }],
    [422, "PARAM_INVALID", "conf.genres", { conf: { genres: null } }],
    [422, "USAGE", "__proto__", '{"conf": {"__proto__": {"limit": 1}}}'],
    [422, "USAGE", "dag_run_id", { dag_run_id: "mine" }],
    [422, "USAGE", "note", { note: "why" }],
    [422, "USAGE", "nada", { nada: 1 }],
    [422, "USAGE", "body", "[1]"],
    [422, "USAGE", "JSON", "{"],
    [422, "USAGE", "JSON", '{"conf": {}}}'],
  ])("unless the body is at fault: %i %s names %s", async (status, code, part, body) => {
    const { send, runs } = await openDaily();
    const reply = await send("POST", RUNS, body);
    const problem = problemSchema.parse(readJson(reply));
    expect(problem).toMatchObject({ status, code });
    expect(`${problem.detail} ${problem.hint ?? ""}`).toContain(part);
    expect(runs()).toEqual([]);
  });

  test("by a form only where the route takes one", async () => {
    const { send } = await openDaily();
    const form = { "content-type": "application/x-www-form-urlencoded" };
    expect((await send("POST", RUNS, "conf=1", form)).status).toBe(422);
  });
});

describe("what cannot be done", () => {
  test.each([
    ["POST", RUNS, {}, "dagmar trigger daily"],
    [
      "POST",
      RUNS,
      { logical_date: DATE, conf: { limit: 4 } },
      `dagmar trigger daily --date ${DATE} --param limit=4`,
    ],
    ["POST", RUNS, { logical_date: FAR, force: true }, `dagmar trigger daily --date ${FAR} --force`],
    ["PATCH", "/api/v2/dags/daily", { is_paused: true }, "dagmar dags pause daily"],
    [
      "POST",
      "/api/v2/backfills",
      { dag_id: "daily", from_date: DATE, to_date: DATE, reprocess_behavior: "failed" },
      `dagmar backfill daily --from ${DATE} --to ${DATE} --reprocess failed`,
    ],
  ])(
    "without a scheduler is 503 with the command that does it: %s %s %j",
    async (method, target, body, command) => {
      const { send, database } = await openDaily();
      await database.write((query) => query.run(sql`UPDATE lease SET purpose = 'run daily'`));
      const reply = await send(method, target, body);
      expect(reply.headers["Retry-After"]).toBe("5");
      expect(readJson(reply)).toMatchObject({
        status: 503,
        code: "NO_SCHEDULER",
        hint: `\`${command}\` does it without one.`,
      });
      expect(database.all(sql`SELECT 1 FROM requests`)).toEqual([]);
    },
  );

  test("while the scheduler stops is 503, and nothing is left to be done later", async () => {
    const { send, drain, database } = await openDaily();
    drain();
    expect(readJson(await send("POST", RUNS, {}))).toMatchObject({ status: 503, code: "INTERRUPTED" });
    expect(database.all(sql`SELECT 1 FROM requests`)).toEqual([]);
  });

  test.each([
    ["off or gone", 422, (query: WriteWorld["database"]) => query.run(sql`UPDATE dags SET is_active = 0`)],
    [
      "broken",
      409,
      (query: WriteWorld["database"]) =>
        query.run(
          sql`INSERT INTO import_errors (dag_id, file, faults, since) VALUES ('daily', '/srv/dags/x.yaml', '[]', 'x')`,
        ),
    ],
  ])("with a Dag that is %s is %i", async (_, status, change) => {
    const { send, database, runs } = await openDaily();
    await database.write((query) => change(query as WriteWorld["database"]));
    const reply = await send("POST", RUNS, {});
    expect(reply.status, String(reply.body)).toBe(status);
    expect(String(reply.body)).not.toContain("/srv");
    expect(runs()).toEqual([]);
  });
});

describe("an Idempotency-Key", () => {
  const key = { "idempotency-key": "7f1c" };

  test("gives a repetition the first answer, though the world has moved", async () => {
    const { send, runs, database } = await openDaily();
    const first = await send("POST", RUNS, { logical_date: DATE }, key);
    await database.write((query) => {
      query.run(sql`UPDATE dag_runs SET state = 'failed'`);
      query.run(sql`UPDATE dags SET is_active = 0`);
    });
    const again = await send("POST", RUNS, { logical_date: DATE }, key);
    expect(again).toEqual(first);
    expect(runs().length).toBe(1);
  });

  test("that comes twice at once has one effect and one answer", async () => {
    const { send, runs } = await openDaily();
    const [first, ...others] = await Promise.all(
      Array.from({ length: 5 }, () => send("POST", RUNS, {}, key)),
    );
    expect(first?.status).toBe(200);
    for (const other of others) expect(other).toEqual(first);
    expect(runs().length).toBe(1);
  });

  test.each([
    ["another body", RUNS, { conf: { limit: 4 } }],
    ["another path", "/api/v2/dags/daily", { is_paused: true }],
  ])("with %s is 422", async (_, target, body) => {
    const { send } = await openDaily();
    await send("POST", RUNS, {}, key);
    const reply = await send(target === RUNS ? "POST" : "PATCH", target, body, key);
    expect(readJson(reply)).toMatchObject({ status: 422, code: "KEY_REUSED" });
  });

  test("counts for a day", async () => {
    const { send, runs, clock } = await openDaily();
    await send("POST", RUNS, {}, key);
    clock.setAhead(24 * 3_600_000 - 1);
    await send("POST", RUNS, {}, key);
    expect(runs().filter((run) => run.includes("daily")).length).toBe(1);
    clock.setAhead(2);
    expect((await send("POST", RUNS, { conf: { limit: 9 } }, key)).status).toBe(200);
  });

  test("of a refused request may be given again, because nothing was done", async () => {
    const { send, database } = await openDaily();
    await send("POST", RUNS, { logical_date: DATE });
    expect((await send("POST", RUNS, { logical_date: DATE }, key)).status).toBe(409);
    await database.write((query) =>
      query.run(sql`UPDATE dag_runs SET logical_date = '2026-11-01T09:00:00.000Z'`),
    );
    expect((await send("POST", RUNS, { logical_date: DATE }, key)).status).toBe(200);
  });

  test("whose first request was carried out and never answered gets its answer", async () => {
    const { send, runs, database } = await openDaily();
    const first = await send("POST", RUNS, { logical_date: DATE }, key);
    await database.write((query) => query.run(sql`UPDATE requests SET reply = NULL`));
    const again = await send("POST", RUNS, { logical_date: DATE }, key);
    expect(readJson(again)).toMatchObject({
      dag_run_id: (readJson(first) as { dag_run_id: string }).dag_run_id,
    });
    expect(runs().length).toBe(1);
  });

  test("of a request that had nothing to order counts as well", async () => {
    const { send, database } = await openDaily();
    const run = readJson(await send("POST", RUNS, { logical_date: DATE })) as { dag_run_id: string };
    const clear = { dag_run_id: run.dag_run_id, only_failed: false };
    const target = "/api/v2/dags/daily/clearTaskInstances";
    await database.write((query) => query.run(sql`UPDATE task_instances SET state = 'success'`));
    const first = await send("POST", target, clear, key);
    expect(readJson(first)).toMatchObject({ total_entries: 2 });
    await database.write((query) => query.run(sql`UPDATE task_instances SET state = 'none'`));
    expect(readJson(await send("POST", target, clear))).toMatchObject({ total_entries: 0 });
    expect(await send("POST", target, clear, key)).toEqual(first);
    const other = await send("POST", target, { ...clear, dry_run: false }, key);
    expect(readJson(other)).toMatchObject({ status: 422, code: "KEY_REUSED" });
    expect(readJson(await send("POST", RUNS, {}, key))).toMatchObject({ status: 422, code: "KEY_REUSED" });
  });

  test("that comes twice at once and orders nothing has one answer, and another body none", async () => {
    const { send, database } = await openDaily();
    const target = "/api/v2/dags/daily/clearTaskInstances";
    await send("POST", RUNS, { logical_date: DATE });
    const replies = await Promise.all(
      [["one"], ["one"], ["two"]].map((task_ids) => send("POST", target, { task_ids }, key).catch(String)),
    );
    const refused = replies.filter((one) => typeof one === "string" || one.status === 422);
    expect(refused.length).toBe(1);
    expect(database.all(sql`SELECT 1 FROM requests WHERE idempotency_key = '7f1c'`).length).toBe(1);
  });

  test("of a backfill that was found empty gives the same answer, though the world has moved", async () => {
    const { send, database, runs } = await openDaily();
    await send("POST", RUNS, { logical_date: DATE });
    const body = { dag_id: "daily", from_date: DATE, to_date: DATE };
    const first = await send("POST", "/api/v2/backfills", body, key);
    expect(readJson(first)).toMatchObject({ status: 422, code: "BACKFILL_EMPTY" });
    await database.write((query) => {
      query.run(sql`DELETE FROM task_instances`);
      query.run(sql`DELETE FROM dag_runs`);
    });
    expect(await send("POST", "/api/v2/backfills", body, key)).toEqual(first);
    expect(runs()).toEqual([]);
    const other = await send("POST", "/api/v2/backfills", { ...body, refetch: true }, key);
    expect(readJson(other)).toMatchObject({ status: 422, code: "KEY_REUSED" });
    expect((await send("POST", "/api/v2/backfills", body)).status).toBe(200);
  });

  test.each(["order", "answer"])("keeps no reply of more than 64 KiB: the %s is read again", async (kind) => {
    const names = Array.from({ length: 200 }, (_, place) => makeTask(`task_${place}`));
    const world = await openWriteWorld();
    world.setDags([makeDag(names, { dagId: "daily", maxActiveRuns: 1 })]);
    await world.begin();
    const { send, database } = world;
    await send("POST", RUNS, { logical_date: DATE });
    await database.write((query) => query.run(sql`UPDATE task_instances SET state = 'failed'`));
    await database.write((query) => query.run(sql`UPDATE dag_runs SET state = 'failed'`));
    const target = "/api/v2/dags/daily/clearTaskInstances";
    const body = { only_failed: true, dry_run: kind === "answer" };
    const first = await send("POST", target, body, key);
    expect([first.status, String(first.body).length > 64 * 1024]).toEqual([200, true]);
    expect(database.all(sql`SELECT reply FROM requests WHERE idempotency_key = '7f1c'`)).toEqual([
      { reply: null },
    ]);
    const again = await send("POST", target, body, key);
    expect([again.status, (readJson(again) as { total_entries: number }).total_entries]).toEqual([200, 200]);
    expect(readJson(await send("POST", target, {}, key))).toMatchObject({ status: 422, code: "KEY_REUSED" });
    const cleared = sql`SELECT 1 FROM events WHERE kind = 'tasks_cleared'`;
    expect(database.all(cleared).length).toBe(kind === "order" ? 1 : 0);
  });

  test("of a process that was killed blocks nothing: the next scheduler does what it asked for", async () => {
    const { send, database, runs } = await openDaily();
    await send("POST", RUNS, { logical_date: DATE }, key);
    // As if it had been killed as soon as the request was entered.
    await database.write((query) => {
      query.run(sql`DELETE FROM task_instances`);
      query.run(sql`DELETE FROM dag_runs`);
      query.run(sql`UPDATE requests SET state = 'open', answer = NULL, answered_at = NULL, reply = NULL`);
    });
    const again = await send("POST", RUNS, { logical_date: DATE }, key);
    expect(readJson(again)).toMatchObject({ logical_date: DATE });
    expect(runs().length).toBe(1);
  });

  test.each([["with space"], ["x".repeat(256)], [""], ["käse"]])("of %j is refused", async (bad) => {
    const { send } = await openDaily();
    expect((await send("POST", RUNS, {}, { "idempotency-key": bad })).status).toBe(422);
  });
});
