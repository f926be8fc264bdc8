/** One damaged row, Dag or result stops only itself; everything else continues. */
import * as fc from "fast-check";
import { nameDag } from "../../../scheduler/commands/named-dag.ts";
import { describe, expect, test } from "vitest";
import type { DagDefinition, TaskDefinition } from "../../../model/dag/dag.ts";
import { TaskFailure, TaskReschedule } from "../../../model/errors.ts";
import type { TaskOutput } from "../../../model/ports/task-type.ts";
import { silentObserver } from "../../../model/ports/service-observer.ts";
import { recoverLostAttempts } from "../../../scheduler/attempts/recover.ts";
import { sql, Sql } from "../../../state/sqlite/statement.ts";
import { makeDag, makeTask, makeVersion } from "../../support/test-dag.ts";
import { MINUTE, openServiceWorld, type ServiceWorld } from "../service-world.ts";

const good = makeDag([makeTask("a"), makeTask("b", { needs: ["a"] })], {
  dagId: "good",
  schedule: { kind: "cron", expression: "* * * * *" },
  timezone: "UTC",
});
const victim = (changes: Partial<DagDefinition> = {}): DagDefinition =>
  makeDag([makeTask("a"), makeTask("b", { needs: ["a"] })], { dagId: "victim", timezone: "UTC", ...changes });

/** A run of the Dag before the first step of a scheduler. */
async function askForRun(world: ServiceWorld, dag: DagDefinition): Promise<void> {
  await world.apply(
    {
      kind: "run",
      request: {
        dag: nameDag(makeVersion(dag)),
        logicalDate: "2026-11-23T08:00:00.000Z",
        isNew: false,
        params: {},
        onlyTasks: null,
        namedTasks: [],
        isRerun: false,
        isRefetch: false,
      },
    },
    dag,
  );
}

const change = (world: ServiceWorld, text: string): Promise<void> =>
  world.database.write((query) => {
    query.run(new Sql(text, []));
  });

const FAULTS = ["run_unusable", "step_fault", "run_refused"];

/** Three minutes of a scheduler: the good Dag's runs, and the fault events after the first and the third minute. */
async function watch(world: ServiceWorld) {
  const service = world.start();
  await service.advance(MINUTE);
  const first = world.events(...FAULTS);
  await service.advance(MINUTE);
  await service.advance(MINUTE);
  return {
    goodRuns: world.runs().filter((run) => run.startsWith("good")),
    first,
    all: world.events(...FAULTS),
    step: world.told.filter((line) => line.startsWith("step failed")),
  };
}

const GOOD_RUNS = ["good@09:01 success", "good@09:02 success", "good@09:03 success"];

describe("of a run that cannot continue", () => {
  const OF_VICTIM = "dag_id = 'victim'";
  test.each([
    ["its definition holds no tasks", `UPDATE dag_versions SET definition = '{}' WHERE ${OF_VICTIM}`],
    ["its definition is no JSON", `UPDATE dag_versions SET definition = '{' WHERE ${OF_VICTIM}`],
    [
      "a task of its definition lacks its needs",
      `UPDATE dag_versions SET definition = json_remove(definition, '$.tasks[1].needs') WHERE ${OF_VICTIM}`,
    ],
    ["its params are no JSON", `UPDATE dag_runs SET params = '{"a":' WHERE ${OF_VICTIM}`],
    ["its list of tasks is no JSON", `UPDATE dag_runs SET only_tasks = 'a, b' WHERE ${OF_VICTIM}`],
    [
      "a task of it is in a newer version's state",
      `UPDATE task_instances SET state = 'deferred' WHERE task_id = 'b'
        AND dag_run_id IN (SELECT dag_run_id FROM dag_runs WHERE ${OF_VICTIM})`,
    ],
    [
      "its tasks form a cycle",
      `UPDATE dag_versions SET definition = json_set(definition, '$.tasks[0].needs', json('["b"]')) WHERE ${OF_VICTIM}`,
    ],
    [
      "a task of it needs itself",
      `UPDATE dag_versions SET definition = json_set(definition, '$.tasks[0].needs', json('["a"]')) WHERE ${OF_VICTIM}`,
    ],
    [
      "a task of it needs an unknown task",
      `UPDATE dag_versions SET definition = json_set(definition, '$.tasks[1].needs', json('["a","gone"]')) WHERE ${OF_VICTIM}`,
    ],
    [
      "two of its tasks have the same name",
      `UPDATE dag_versions SET definition = json_set(definition, '$.tasks[1].taskId', 'a') WHERE ${OF_VICTIM}`,
    ],
    [
      "its max_active_tasks is 0",
      `UPDATE dag_versions SET definition = json_set(definition, '$.maxActiveTasks', 0) WHERE ${OF_VICTIM}`,
    ],
    [
      "its max_active_tasks is below 0",
      `UPDATE dag_versions SET definition = json_set(definition, '$.maxActiveTasks', -3) WHERE ${OF_VICTIM}`,
    ],
    [
      "its max_active_tasks is no number",
      `UPDATE dag_versions SET definition = json_set(definition, '$.maxActiveTasks', 'few') WHERE ${OF_VICTIM}`,
    ],
    [
      "a task of it has an unknown trigger rule",
      `UPDATE dag_versions SET definition = json_set(definition, '$.tasks[1].triggerRule', 'sometimes') WHERE ${OF_VICTIM}`,
    ],
    [
      "a task of it has a priority that is no number",
      `UPDATE dag_versions SET definition = json_set(definition, '$.tasks[0].priority', 'high') WHERE ${OF_VICTIM}`,
    ],
    [
      "a task of it has a timeout that is no number",
      `UPDATE dag_versions SET definition = json_set(definition, '$.tasks[1].timeoutSeconds', 'long') WHERE ${OF_VICTIM}`,
    ],
    [
      "a task of it compares with an unknown operator",
      `UPDATE dag_versions SET definition = json_set(definition, '$.tasks[1].when', json('{"value":"1","operator":"like","operand":1}')) WHERE ${OF_VICTIM}`,
    ],
    ["it is itself in an unknown state", `UPDATE dag_runs SET state = 'asleep' WHERE ${OF_VICTIM}`],
    ["its time zone is none", `UPDATE dag_runs SET timezone = 'Mars/Olympus' WHERE ${OF_VICTIM}`],
    [
      "its start is not an instant and it has a timeout",
      `UPDATE dag_runs SET running_since = 'soon' WHERE ${OF_VICTIM};
        UPDATE dag_versions SET definition = json_set(definition, '$.timeoutSeconds', 600) WHERE ${OF_VICTIM}`,
      ["running"],
    ],
    [
      "its timeout is no number",
      `UPDATE dag_runs SET running_since = '2026-11-23T08:59:00.000Z' WHERE ${OF_VICTIM};
        UPDATE dag_versions SET definition = json_set(definition, '$.timeoutSeconds', 'long') WHERE ${OF_VICTIM}`,
      ["running"],
    ],
    [
      "its max_active_runs is no number",
      `UPDATE dag_versions SET definition = json_set(definition, '$.maxActiveRuns', 'many') WHERE ${OF_VICTIM}`,
      ["queued"],
    ],
    [
      "its max_active_runs is 0",
      `UPDATE dag_versions SET definition = json_set(definition, '$.maxActiveRuns', 0) WHERE ${OF_VICTIM}`,
      ["queued"],
    ],
    [
      "a task of it is in an unknown state",
      `UPDATE task_instances SET state = 'asleep' WHERE task_id = 'b' AND dag_run_id IN (
        SELECT dag_run_id FROM dag_runs WHERE ${OF_VICTIM})`,
    ],
  ] as const)(
    "where %s, only that run fails, with one event",
    async (_, poison, states: readonly string[] = ["queued", "running"]) => {
      for (const state of states) {
        const world = await openServiceWorld();
        world.setDags([good, victim()]);
        await askForRun(world, victim());
        await change(world, `UPDATE dag_runs SET state = '${state}' WHERE ${OF_VICTIM}`);
        for (const statement of poison.split(";")) await change(world, statement);
        const { goodRuns, first, all, step } = await watch(world);
        expect(goodRuns).toEqual(GOOD_RUNS);
        expect(world.runs()).toContain("victim@08:00 failed");
        expect(first).toEqual([expect.stringMatching(/^run_unusable: victim\/manual__\S+ has failed/)]);
        expect(all).toEqual(first);
        expect(step).toEqual([]);
      }
    },
  );

  test("also if its process died, its attempt is ended and the others are recovered", async () => {
    const world = await openServiceWorld();
    world.setDags([good, victim()]);
    await askForRun(world, victim());
    await change(world, `UPDATE dag_runs SET state = 'running', params = '{'`);
    await change(world, `UPDATE task_instances SET state = 'running', attempt_count = 1 WHERE task_id = 'a'`);
    await change(
      world,
      `INSERT INTO attempts (task_instance_id, number, state, pid, host, lease_epoch, started_at, started_at_local)
        SELECT task_instance_id, 1, 'running', 1, 'h', 1, '', '' FROM task_instances WHERE state = 'running'`,
    );
    await world.database.write((query) => recoverLostAttempts(query, world.clock.now()));
    expect(world.database.all(sql`SELECT state, error_code FROM attempts`)).toEqual([
      { state: "failed", error_code: "RUN_UNUSABLE" },
    ]);
    expect((await watch(world)).goodRuns).toEqual(GOOD_RUNS);
  });
});

describe("of another thing that cannot continue", () => {
  test("a Dag whose cursor is not an instant counts from now", async () => {
    const world = await openServiceWorld();
    const due = victim({ schedule: { kind: "cron", expression: "30 * * * * *" } });
    world.setDags([good, due]);
    const before = world.start();
    await before.rest();
    before.drain();
    await before.ended;
    await change(world, "UPDATE dags SET cursor = 'yesterday' WHERE dag_id = 'victim'");
    const { goodRuns, step } = await watch(world);
    expect(goodRuns).toEqual(GOOD_RUNS);
    expect(step).toEqual([]);
    expect(world.runs()).toContain("victim@09:02 success");
  });

  test("a Dag whose cursor is after the last instant counts from now, and other Dags still run", async () => {
    const world = await openServiceWorld();
    world.setDags([good, victim({ schedule: { kind: "cron", expression: "30 * * * * *" } })]);
    const before = world.start();
    await before.rest();
    before.drain();
    await before.ended;
    await change(world, "UPDATE dags SET cursor = '+275760-09-13T00:00:00.000Z' WHERE dag_id = 'victim'");
    const { goodRuns, step } = await watch(world);
    expect(goodRuns).toEqual(GOOD_RUNS);
    expect(step).toEqual([]);
    expect(world.runs()).toContain("victim@09:02 success");
  });

  test("rows of Dags that could not be read after a step are read after the next one", async () => {
    const world = await openServiceWorld();
    world.setDags([good]);
    const all: typeof world.database.all = world.database.all.bind(world.database);
    let isFailing = true;
    // A disk that fails for one read, between two transactions.
    Object.assign(world.database, {
      all: (statement: Parameters<typeof all>[0]) => {
        if (isFailing && statement.text.includes("success_cursor FROM dags")) {
          isFailing = false;
          throw new Error("the disk could not read");
        }
        return all(statement);
      },
    });
    const { goodRuns } = await watch(world);
    expect(isFailing).toBe(false);
    expect(goodRuns).toEqual(GOOD_RUNS);
  });

  test.each([
    ["a success", "UPDATE dag_runs SET success_order = 9223372036854775807 WHERE dag_id = 'good'"],
    ["a follower", "UPDATE dags SET success_cursor = 9223372036854775807 WHERE dag_id = 'victim'"],
    ["a follower, below 0,", "UPDATE dags SET success_cursor = -9223372036854775807 WHERE dag_id = 'victim'"],
  ])("an impossible position in the order of successes, of %s, stops nothing else", async (_, poison) => {
    const world = await openServiceWorld();
    world.setDags([good, victim({ schedule: { kind: "after", dagIds: ["good"] } })]);
    const before = world.start();
    await before.advance(MINUTE);
    before.drain();
    await before.ended;
    await change(world, poison);
    const service = world.start();
    for (let minute = 0; minute < 3; minute += 1) await service.advance(MINUTE);
    expect(world.runs().filter((run) => run.startsWith("good"))).toEqual([
      ...GOOD_RUNS,
      "good@09:04 success",
    ]);
    expect(world.runs()).toContain("victim@09:04 success");
    expect(world.told.filter((line) => line.startsWith("step failed"))).toEqual([]);
    expect(world.events("step_fault").length).toBeLessThanOrEqual(1);
  });

  test("a request from a clock that is ahead is answered, and nothing spins", async () => {
    const world = await openServiceWorld();
    world.setDags([good]);
    const service = world.start();
    await service.rest();
    const version = { definition: { dagId: "good" }, fingerprint: "another" };
    const payload = JSON.stringify({
      settings: { lake: world.lake.id, input: "", dags: "" },
      request: { version },
    });
    await change(
      world,
      `INSERT INTO requests (kind, payload, requested_by, requested_at)
        VALUES ('run', '${payload}', 'test', '2026-11-23T10:00:00.000Z')`,
    );
    await service.advance(MINUTE);
    expect(world.database.all(sql`SELECT state FROM requests`)).toEqual([{ state: "refused" }]);
    const turns = world.turns();
    await service.advance(MINUTE);
    expect(world.turns() - turns).toBeLessThan(40);
  });

  test.each([
    ["is no JSON", "'clear'", "'{\"a'"],
    ["is a list", "'clear'", "'[1]'"],
    ["lacks what it needs", "'clear'", "'{}'"],
    ["asks for something unknown", "'constructor'", "'{}'"],
    ["is a prune of no date", "'prune'", "'7'"],
  ])("only the request that %s is refused", async (_, kind, payload) => {
    const world = await openServiceWorld();
    world.setDags([good]);
    await change(
      world,
      `INSERT INTO requests (kind, payload, requested_by, requested_at) VALUES (${kind}, ${payload}, 'test', '')`,
    );
    const { goodRuns, step } = await watch(world);
    expect(goodRuns).toEqual(GOOD_RUNS);
    expect(step).toEqual([]);
    expect(world.database.all(sql`SELECT state FROM requests`)).toEqual([{ state: "refused" }]);
  });

  test("an unreadable success gets no follower run, later ones do", async () => {
    const world = await openServiceWorld();
    const follower = victim({ schedule: { kind: "after", dagIds: ["good"] } });
    world.setDags([good, follower]);
    const service = world.start();
    await service.advance(MINUTE);
    await change(world, "UPDATE dag_runs SET params = '{' WHERE dag_id = 'victim'");
    await change(world, "UPDATE dag_runs SET success_order = 1000 WHERE dag_id = 'good'");
    await service.advance(MINUTE);
    await service.advance(MINUTE);
    expect(world.runs().filter((run) => run.startsWith("victim"))).toEqual([
      "victim@09:01 success",
      "victim@09:02 success",
      "victim@09:03 success",
    ]);
  });
});

describe("of a thing that can be neither done nor given up", () => {
  const REFUSE = "BEGIN SELECT RAISE(ABORT, 'refused'); END";

  test.each([
    ["a Dag's cursor", "UPDATE OF cursor ON dags WHEN NEW.dag_id = 'victim'"],
    ["a run", "UPDATE ON dag_runs WHEN NEW.dag_id = 'victim'"],
    ["a task", "UPDATE ON task_instances WHEN NEW.pool = 'victims'"],
  ])("%s that refuses every change is reported once, and nothing spins", async (_, event) => {
    const world = await openServiceWorld();
    const dag = victim({ tasks: [makeTask("a", { pool: "victims" })], schedule: good.schedule });
    world.setDags([good, dag]);
    const service = world.start();
    await service.rest();
    await change(world, `CREATE TRIGGER refusing BEFORE ${event} ${REFUSE}`);
    for (let minute = 0; minute < 3; minute += 1) await service.advance(MINUTE);
    expect(world.runs().filter((run) => run.startsWith("good"))).toEqual(GOOD_RUNS);
    const faults = world.events(...FAULTS);
    expect(faults.length).toBeGreaterThan(0);
    expect(faults.length).toBeLessThanOrEqual(3);
    expect(world.turns()).toBeLessThan(600);
  });

  test("if nothing can be written at all, the step reports it until it can", async () => {
    const world = await openServiceWorld();
    world.setDags([good]);
    const service = world.start();
    await service.rest();
    await change(world, `CREATE TRIGGER no_events BEFORE INSERT ON events ${REFUSE}`);
    await change(world, `CREATE TRIGGER no_runs BEFORE INSERT ON dag_runs ${REFUSE}`);
    await service.advance(MINUTE);
    expect(world.told.at(-1)).toMatch(/^step failed: .*refused/);
    expect(world.runs()).toEqual([]);
    await change(world, "DROP TRIGGER no_events");
    await change(world, "DROP TRIGGER no_runs");
    await service.advance(10_000);
    expect(world.told).toContain("step written");
    expect(world.runs()).toEqual(["good@09:01 success"]);
  });
});

describe("of a result that cannot be stored", () => {
  const circle: Record<string, unknown> = {};
  circle["itself"] = circle;
  test.each<[string, () => unknown]>([
    ["a number that JSON cannot hold", () => ({ count: 1n })],
    ["a circle", () => ({ circle })],
    ["an output of nothing", () => ({ count: undefined })],
    ["nothing", () => null],
    [
      "a wait that is no number",
      () => {
        throw new TaskReschedule("INPUT_NOT_READY", "later", Number.NaN);
      },
    ],
    [
      "a failure to be tried again at no time",
      () => {
        throw new TaskFailure("INTERNAL", "no", true, { retryAfterSeconds: Number.NaN });
      },
    ],
  ])("%s, the task fails with the reason, and other ended attempts are settled", async (_, give) => {
    const world = await openServiceWorld({ noop: () => ({}), poison: () => give() as TaskOutput });
    const bad = makeTask("a", { type: "poison", retries: 5 });
    const dag = victim({ tasks: [bad, makeTask("b")] });
    world.setDags([good, dag]);
    await askForRun(world, dag);
    const { goodRuns, step } = await watch(world);
    expect(goodRuns).toEqual(GOOD_RUNS);
    expect(step).toEqual([]);
    expect(
      world.database.all(
        sql`SELECT t.state, a.error_code FROM task_instances t JOIN attempts a USING (task_instance_id)
          JOIN dag_runs r USING (dag_run_id) WHERE r.dag_id = 'victim' ORDER BY t.task_id`,
      ),
    ).toEqual([
      { state: "failed", error_code: "RESULT_UNUSABLE" },
      { state: "success", error_code: null },
    ]);
  });
});

/** Extreme numbers that a setting or a task type may give. */
const edge = fc.constantFrom(
  0,
  -1,
  0.0001,
  1,
  60,
  2 ** 31,
  315_360_000,
  1e12,
  1e300,
  Infinity,
  -Infinity,
  Number.NaN,
);
const TASK = fc.record({
  retries: fc.constantFrom(0, 1, 100),
  retryDelaySeconds: fc.constantFrom(0, 0.001, 1, 315_360_000),
  retryDelayMaxSeconds: fc.constantFrom(0, 1, 315_360_000),
  retryBackoff: fc.constantFrom("fixed", "exponential"),
  priority: fc.constantFrom(-1000, 0, 1000),
  timeoutSeconds: fc.constantFrom(0.001, 1, 315_360_000),
  triggerRule: fc.constantFrom("all_success", "always", "one_done", "all_done_min_one_success"),
  dependsOnPast: fc.boolean(),
} satisfies { readonly [Name in keyof TaskDefinition]?: fc.Arbitrary<TaskDefinition[Name]> });

test("for any settings and results of one Dag, every other continues, and nothing spins", async () => {
  const way = fc.constantFrom("later", "again", "output");
  await fc.assert(
    fc.asyncProperty(
      TASK,
      way,
      edge,
      fc.constantFrom(null, 0.001, 315_360_000),
      async (task, how, seconds, timeout) => {
        let attempts = 0;
        const world = await openServiceWorld({
          noop: () => ({}),
          poison: () => {
            attempts += 1;
            if (how === "later") throw new TaskReschedule("INPUT_NOT_READY", "later", seconds);
            if (how === "again")
              throw new TaskFailure("INTERNAL", "no", true, { retryAfterSeconds: seconds });
            return { seconds };
          },
        });
        const dag = victim({
          tasks: [
            makeTask("a", { type: "poison", ...task }),
            makeTask("b", { ...task, type: "noop", needs: ["a"] }),
          ],
          timeoutSeconds: timeout,
        });
        world.setDags([good, dag]);
        await askForRun(world, dag);
        const service = world.start();
        await service.advance(20_000);
        expect(attempts).toBeLessThanOrEqual(21);
        await service.advance(MINUTE - 20_000);
        expect(world.runs().filter((run) => run.startsWith("good"))).toEqual(["good@09:01 success"]);
        expect(world.told.filter((line) => line.startsWith("step failed"))).toEqual([]);
      },
    ),
    { numRuns: 15, endOnFailure: true },
  );
});

test("a listener that always throws stops nothing", async () => {
  const fail = (): never => {
    throw new Error("it does not listen");
  };
  const service = Object.fromEntries(Object.keys(silentObserver).map((name) => [name, fail]));
  const engine = {
    taskStarted: fail,
    taskProgressed: fail,
    taskScheduled: fail,
    taskSettled: fail,
    runEnded: fail,
  };
  const world = await openServiceWorld(undefined, {}, { service, engine });
  world.setDags([good]);
  const running = world.start();
  for (let minute = 0; minute < 3; minute += 1) await running.advance(MINUTE);
  expect(world.runs()).toEqual(GOOD_RUNS);
  running.drain();
  await expect(running.ended).resolves.toBeUndefined();
});
