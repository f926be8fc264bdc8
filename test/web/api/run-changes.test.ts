/** Clear, mark, cancel, resume and backfill over HTTP: what they change, what they refuse, and their previews. */
import { describe, expect, test } from "vitest";
import { sql } from "../../../state/sqlite/statement.ts";
import { makeDag, makeTask } from "../../support/test-dag.ts";
import { readJson } from "../../support/web/read-world.ts";
import { openWriteWorld, type WriteWorld } from "../../support/web/write-world.ts";

const DAILY = makeDag(
  [makeTask("a"), makeTask("b", { needs: ["a"] }), makeTask("c", { needs: ["b"] }), makeTask("d")],
  { dagId: "daily", schedule: { kind: "cron", expression: "0 6 * * *" } },
);
const DATES = ["2026-11-19T09:00:00.000Z", "2026-11-20T09:00:00.000Z"] as const;
const [OLD, NEW] = DATES;
const RUNS = "/api/v2/dags/daily/dagRuns";

interface Tasks {
  readonly task_instances: { task_id: string; dag_run_id: string; state: string | null }[];
  readonly total_entries: number;
}

interface RunWorld extends WriteWorld {
  readonly runOf: (date: string) => string;
  readonly states: (date: string) => string;
  /** Of both runs: the tasks that have run more than once, as `name` writes them. */
  readonly repeated: () => readonly string[];
  /** From now on, tasks run until they are stopped. */
  readonly hold: () => void;
  readonly rest: () => Promise<void>;
}

/** Two runs that have ended: the tasks of the older one succeeded, `b` of the newer one failed. */
async function openRuns(isHeld = false): Promise<RunWorld> {
  let held = isHeld;
  const world = await openWriteWorld({
    noop: ({ signal }) => (held ? untilStopped(signal) : {}),
  });
  world.setDags([DAILY]);
  const service = await world.begin();
  for (const date of DATES) {
    await world.send("POST", RUNS, { logical_date: date });
    await service.rest();
  }
  held = false;
  await world.database.write((query) => {
    const run = sql`(SELECT dag_run_id FROM dag_runs WHERE logical_date = ${NEW})`;
    if (isHeld) return;
    query.run(sql`UPDATE task_instances SET state = 'failed' WHERE task_id = 'b' AND dag_run_id = ${run}`);
    query.run(
      sql`UPDATE task_instances SET state = 'upstream_failed'
          WHERE task_id = 'c' AND dag_run_id = ${run}`,
    );
    query.run(sql`UPDATE dag_runs SET state = 'failed' WHERE logical_date = ${NEW}`);
  });
  return {
    ...world,
    hold() {
      held = true;
    },
    rest: () => service.rest(),
    repeated: () =>
      world.database
        .all<{ task: string }>(
          sql`SELECT substr(r.logical_date, 9, 2) || ':' || t.task_id AS task FROM attempts a
              JOIN task_instances t USING (task_instance_id) JOIN dag_runs r USING (dag_run_id)
              WHERE a.number = 2 ORDER BY t.task_instance_id`,
        )
        .map(({ task }) => task),
    runOf: (date) => `${RUNS}/manual__${encodeURIComponent(date)}`,
    states: (date) =>
      world.database
        .all<{ state: string }>(
          sql`SELECT t.state FROM task_instances t JOIN dag_runs r USING (dag_run_id)
              WHERE r.logical_date = ${date} ORDER BY task_instance_id`,
        )
        .map(({ state }) => state)
        .join(" "),
  };
}

function untilStopped(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
  });
}

const CLEAR = "/api/v2/dags/daily/clearTaskInstances";
const name = (tasks: Tasks): readonly string[] =>
  tasks.task_instances.map((task) => `${task.dag_run_id.slice(-16, -14)}:${task.task_id}`);

describe("clearing", () => {
  test.each([
    ["what failed, by default", {}, ["20:b", "20:c"]],
    [
      "all of one run",
      { only_failed: false, dag_run_id: `manual__${OLD}` },
      ["19:a", "19:b", "19:c", "19:d"],
    ],
    ["one task", { only_failed: false, dag_run_id: `manual__${OLD}`, task_ids: ["d"] }, ["19:d"]],
    [
      "one with a map index, and what is downstream",
      { only_failed: false, dag_run_id: `manual__${OLD}`, task_ids: [["b", -1]], include_downstream: true },
      ["19:b", "19:c"],
    ],
    [
      "from a run on",
      { only_failed: false, dag_run_id: `manual__${OLD}`, task_ids: ["a"], include_future: true },
      ["19:a", "20:a"],
    ],
    [
      "a day",
      { only_failed: false, start_date: "2026-11-20", end_date: "2026-11-20", task_ids: ["a"] },
      ["20:a"],
    ],
  ])("of %s lists, and then clears, exactly that", async (_, body, expected) => {
    const { send, states, repeated, rest } = await openRuns();
    const before = [states(OLD), states(NEW)];
    const preview = await send("POST", CLEAR, body);
    expect(preview.status, String(preview.body)).toBe(200);
    expect(name(readJson(preview) as Tasks)).toEqual(expected);
    expect([states(OLD), states(NEW)]).toEqual(before);
    const done = await send("POST", CLEAR, { ...body, dry_run: false });
    expect(name(readJson(done) as Tasks)).toEqual(expected);
    expect((readJson(done) as Tasks).total_entries).toBe(expected.length);
    await rest();
    expect(repeated()).toEqual(expected);
  });

  test("of a run lists its tasks, then answers with the run, in which these tasks run again", async () => {
    const { send, runOf, hold, repeated, rest } = await openRuns();
    hold();
    const preview = readJson(await send("POST", `${runOf(NEW)}/clear`, { only_failed: true })) as Tasks;
    expect(name(preview)).toEqual(["20:b", "20:c"]);
    const run = readJson(await send("POST", `${runOf(NEW)}/clear`, { dry_run: false, only_failed: true }));
    expect(run).toMatchObject({ dag_run_id: `manual__${NEW}`, end_date: null });
    expect((run as { state: string }).state).toMatch(/^(?:queued|running)$/);
    await rest();
    // `c` waits for `b`.
    expect(repeated()).toEqual(["20:b"]);
  });

  test("of a whole run can take the Dag's present definition", async () => {
    const { send, runOf, setDags, database, clock } = await openRuns();
    setDags([makeDag([makeTask("a"), makeTask("e")], { ...DAILY, tasks: [makeTask("a"), makeTask("e")] })]);
    await clock.advance(61_000);
    const body = { dry_run: false, run_on_latest_version: true };
    const reply = await send("POST", `${runOf(OLD)}/clear`, body);
    expect(reply.status, String(reply.body)).toBe(200);
    const tasks = database.all<{ task_id: string }>(
      sql`SELECT task_id FROM task_instances t JOIN dag_runs r USING (dag_run_id) WHERE logical_date = ${OLD}`,
    );
    expect(tasks.map((task) => task.task_id)).toContain("e");
  });

  test.each([
    ["include_upstream", { include_upstream: true }],
    ["only_running", { only_running: true }],
    ["reset_dag_runs", { reset_dag_runs: false }],
    ["run_on_latest_version", { run_on_latest_version: true }],
    ["note", { note: "x" }],
    ["task_ids.0", { task_ids: [["a", 3]] }],
    ["include_future", { include_future: true }],
    ["start_date", { dag_run_id: `manual__${OLD}`, start_date: OLD }],
    ["start_date", { start_date: "2026-11-21", end_date: "2026-11-20" }],
    ["nada", { task_ids: ["nada"], only_failed: false }],
  ])("refuses %s where Dagmar cannot do it", async (part, body) => {
    const { send, states } = await openRuns();
    const before = [states(OLD), states(NEW)];
    const reply = await send("POST", CLEAR, { ...body, dry_run: false });
    expect([404, 422], String(reply.body)).toContain(reply.status);
    expect(String(reply.body)).toContain(part);
    expect([states(OLD), states(NEW)]).toEqual(before);
  });

  test("refuses a running task, to try again later", async () => {
    const { send, runOf } = await openRuns(true);
    const reply = await send("POST", `${runOf(OLD)}/clear`, { dry_run: false });
    expect(readJson(reply)).toMatchObject({ status: 503, code: "TASK_RUNNING" });
    expect(reply.headers["Retry-After"]).toBe("5");
  });
});

describe("marking a task", () => {
  test("says what it changes, and changes that", async () => {
    const { send, runOf, states } = await openRuns();
    const task = `${runOf(NEW)}/taskInstances/b`;
    const preview = readJson(await send("PATCH", `${task}/dry_run`, { new_state: "success" })) as Tasks;
    expect(name(preview)).toEqual(["20:b", "20:c"]);
    expect(states(NEW)).toBe("success failed upstream_failed success");
    const reply = await send("PATCH", task, { new_state: "success" });
    expect(readJson(reply)).toMatchObject({ task_instances: [{ task_id: "b", state: "success" }] });
    const again = readJson(await send("PATCH", `${task}/dry_run`, { new_state: "success" })) as Tasks;
    expect(again.total_entries).toBe(0);
  });

  test.each([
    [{ new_state: "skipped" }, "new_state"],
    [{ new_state: "success", include_downstream: true }, "include_downstream"],
    [{}, "new_state"],
  ])("refuses %j", async (body, part) => {
    const { send, runOf } = await openRuns();
    const reply = await send("PATCH", `${runOf(NEW)}/taskInstances/b`, body);
    expect(reply.status).toBe(422);
    expect(String(reply.body)).toContain(part);
  });
});

describe("the state of a run", () => {
  test("is failed by cancelling it, and a second time nothing happens", async () => {
    const { send, runOf, events } = await openRuns(true);
    for (let time = 0; time < 2; time += 1) {
      const reply = await send("PATCH", runOf(NEW), { state: "failed" });
      expect(readJson(reply), String(reply.body)).toMatchObject({ dagmar: { state: "cancelled" } });
    }
    expect(events("run_cancelled").length).toBe(1);
  });

  test("is queued by resuming it: what failed runs again", async () => {
    const { send, runOf, states } = await openRuns();
    const reply = await send("PATCH", `${runOf(NEW)}?update_mask=state`, { state: "queued" });
    expect(reply.status, String(reply.body)).toBe(200);
    for (let round = 0; round < 100 && states(NEW) !== "success success success success"; round += 1) {
      await new Promise(setImmediate);
    }
    expect(states(NEW)).toBe("success success success success");
  });

  test.each([
    ["success", NEW, "marked"],
    ["queued", OLD, "succeeded"],
    ["failed", OLD, "succeeded"],
  ])("is not set to %s where there is no such operation", async (state, date, reason) => {
    const { send, runOf, states } = await openRuns();
    const before = states(date);
    const reply = await send("PATCH", runOf(date), { state });
    expect(reply.status).toBe(422);
    expect(String(reply.body)).toContain(reason);
    expect(states(date)).toBe(before);
  });

  test("of another lake is not changed", async () => {
    const { send, runOf, database } = await openRuns();
    await database.write((query) => query.run(sql`UPDATE dag_runs SET lake = 's3://elsewhere/'`));
    for (const body of [{ state: "failed" }, { state: "queued" }]) {
      expect(readJson(await send("PATCH", runOf(NEW), body))).toMatchObject({ code: "SETTINGS_DIFFER" });
    }
    expect((await send("POST", `${runOf(NEW)}/clear`, { dry_run: false })).status).toBe(409);
    const task = `${runOf(NEW)}/taskInstances/b`;
    expect((await send("PATCH", task, { new_state: "success" })).status).toBe(409);
  });
});

describe("a backfill", () => {
  const range = { dag_id: "daily", from_date: "2026-11-17", to_date: "2026-11-20" };

  test("lists its slots, starts, and is the same one as long as it is running", async () => {
    const { send, hold } = await openRuns();
    hold();
    const preview = readJson(await send("POST", "/api/v2/backfills/dry_run", range));
    expect(preview).toMatchObject({
      total_entries: 2,
      backfills: [{ logical_date: "2026-11-17T09:00:00.000Z" }, { logical_date: "2026-11-18T09:00:00.000Z" }],
    });
    const reply = await send("POST", "/api/v2/backfills", { ...range, max_active_runs: 1 });
    expect(reply.status, String(reply.body)).toBe(200);
    const { id } = readJson(reply) as { id: number };
    expect(readJson(reply)).toMatchObject({ max_active_runs: 1, dagmar: { runs: 2 } });
    expect(readJson(await send("GET", `/api/v2/backfills/${id}`))).toMatchObject({ id });
    const again = await send("POST", "/api/v2/backfills", { ...range, max_active_runs: 2 });
    expect(readJson(again)).toMatchObject({ id, max_active_runs: 2, dagmar: { runs: 2, state: "running" } });
    expect(readJson(await send("GET", "/api/v2/backfills?dag_id=daily"))).toMatchObject({ total_entries: 1 });
  });

  test("that is running is cancelled by PUT and by POST, once", async () => {
    const { send, events } = await openRuns(true);
    const early = { ...range, to_date: "2026-11-18" };
    const { id } = readJson(await send("POST", "/api/v2/backfills", early)) as { id: number };
    for (const method of ["PUT", "POST"]) {
      const reply = await send(method, `/api/v2/backfills/${id}/cancel`);
      expect(readJson(reply), String(reply.body)).toMatchObject({ dagmar: { state: "cancelled" } });
    }
    expect(events("backfill_cancelled").length).toBe(1);
    expect((await send("PUT", "/api/v2/backfills/99/cancel")).status).toBe(404);
  });

  test.each([
    [422, "nothing to do", { ...range, from_date: "2026-11-19" }],
    [422, "to_date", { ...range, to_date: "2026-11-01" }],
    [422, "run_backwards", { ...range, run_backwards: true }],
    [422, "dag_run_conf", { ...range, dag_run_conf: { limit: 1 } }],
    [422, "reprocess_behavior", { ...range, reprocess_behavior: "all" }],
    [422, "max_active_runs", { ...range, max_active_runs: 0 }],
    [404, "nada", { ...range, dag_id: "nada" }],
  ])("is refused with %i: %s", async (status, part, body) => {
    const { send } = await openRuns();
    const reply = await send("POST", "/api/v2/backfills", body);
    expect(reply.status, String(reply.body)).toBe(status);
    expect(String(reply.body)).toContain(part);
  });
});

describe("a preview's hash", () => {
  const cases = [
    {
      what: "a trigger",
      preview: "trigger",
      body: { logical_date: "2026-11-18" },
      write: ["POST", RUNS, { logical_date: "2026-11-18" }],
      change: sql`SELECT 1`,
    },
    {
      what: "a clear",
      preview: "clear",
      body: { only_failed: false },
      write: ["POST", CLEAR, { only_failed: false, dry_run: false }],
      change: sql`UPDATE task_instances SET state = 'skipped' WHERE task_id = 'd'`,
    },
    {
      what: "a mark",
      preview: "mark",
      body: { dag_run_id: `manual__${NEW}`, task_id: "b", new_state: "success" },
      write: [
        "PATCH",
        `${RUNS}/manual__${encodeURIComponent(NEW)}/taskInstances/b`,
        { new_state: "success" },
      ],
      change: sql`UPDATE task_instances SET state = 'skipped' WHERE task_id = 'b'`,
    },
    {
      what: "a backfill",
      preview: "backfill",
      body: { from_date: "2026-11-17", to_date: "2026-11-20", reprocess_behavior: "failed" },
      write: [
        "POST",
        "/api/v2/backfills",
        { dag_id: "daily", from_date: "2026-11-17", to_date: "2026-11-20", reprocess_behavior: "failed" },
      ],
      change: sql`UPDATE dag_runs SET state = 'success'`,
    },
  ] as const;

  test.each(cases)("of $what lets the request through while nothing has changed", async (one) => {
    const { send } = await openRuns();
    const preview = await send("POST", `/api/dagmar/dags/daily/preview/${one.preview}`, one.body);
    expect(preview.status, String(preview.body)).toBe(200);
    const { hash, command } = readJson(preview) as { hash: string; command: string };
    expect(command).toMatch(/^dagmar (trigger|tasks clear|tasks mark|backfill) /);
    const [method, target, body] = one.write;
    const reply = await send(method, target, { ...body, preview_hash: hash });
    expect(reply.status, String(reply.body)).toBe(200);
  });

  test.each(cases.slice(1))("of $what is 409 with the new preview once it has", async (one) => {
    const { send, database, states } = await openRuns();
    const first = readJson(await send("POST", `/api/dagmar/dags/daily/preview/${one.preview}`, one.body));
    await database.write((query) => query.run(one.change));
    const before = [states(OLD), states(NEW)];
    const [method, target, body] = one.write;
    const reply = await send(method, target, { ...body, preview_hash: (first as { hash: string }).hash });
    const next = readJson(await send("POST", `/api/dagmar/dags/daily/preview/${one.preview}`, one.body));
    expect(readJson(reply)).toMatchObject({ status: 409, code: "PLAN_CHANGED", preview: next });
    expect(next).not.toEqual(first);
    expect([states(OLD), states(NEW)]).toEqual(before);
  });

  test("is shown again for a key that another request has: a preview has no effect that a key would keep", async () => {
    const { send } = await openRuns();
    const key = { "idempotency-key": "k-1" };
    expect((await send("PATCH", "/api/v2/dags/daily", { is_paused: true }, key)).status).toBe(200);
    for (const { preview, body } of cases) {
      const reply = await send("POST", `/api/dagmar/dags/daily/preview/${preview}`, body, key);
      expect(readJson(reply), String(reply.body)).toHaveProperty("hash");
    }
  });

  test("of a trigger is 409 once the Dag's file has changed", async () => {
    const { send, setDags, clock, runs } = await openRuns();
    const { hash } = readJson(await send("POST", "/api/dagmar/dags/daily/preview/trigger", {})) as {
      hash: string;
    };
    setDags([{ ...DAILY, description: "edited" }]);
    await clock.advance(61_000);
    const count = runs().length;
    const reply = await send("POST", RUNS, { preview_hash: hash });
    expect(readJson(reply)).toMatchObject({
      status: 409,
      code: "PLAN_CHANGED",
      preview: { dag_id: "daily" },
    });
    expect(runs().length).toBe(count);
  });
});

describe("what a task waits for", () => {
  test("is shown in the planner's words, by run and by task", async () => {
    const { send, runOf } = await openRuns(true);
    const waiting = readJson(
      await send("GET", `/api/dagmar/runs/daily/manual__${encodeURIComponent(OLD)}/waiting`),
    );
    expect(waiting).toMatchObject({
      tasks: [
        {
          task_id: "b",
          reasons: [{ kind: "upstream", reason: expect.stringContaining("a is running") as string }],
        },
        {},
      ],
      is_stuck: false,
    });
    const one = readJson(await send("GET", `${runOf(OLD)}/taskInstances/b/dependencies`));
    expect(one).toMatchObject({ dependencies: [{ name: "upstream" }] });
    const turn = readJson(
      await send("GET", `/api/dagmar/runs/daily/manual__${encodeURIComponent(NEW)}/waiting`),
    );
    expect(turn).toMatchObject({
      run: expect.stringContaining("it is queued; running: daily/manual__") as string,
    });
  });
});
