/** Commands as the lease's holder carries them out: on a real database, with the loop only where a run must end. */
import { nameDag, type Named } from "../../../scheduler/commands/named-dag.ts";
import { describe, expect, test } from "vitest";
import {
  addSlots,
  planBackfill,
  type BackfillRequest,
  type SlottedBackfill,
} from "../../../scheduler/commands/backfill.ts";
import type { SchedulerCommand } from "../../../scheduler/commands/command.ts";
import type { DagDefinition } from "../../../model/dag/dag.ts";
import { findRunByDate } from "../../../state/runs/dag-runs.ts";
import { sql } from "../../../state/sqlite/statement.ts";
import { previewClear } from "../../../app/tasks/order-clear.ts";
import { listTasksOfRun } from "../../../state/runs/task-instances.ts";
import { makeDag, makeTask, makeVersion } from "../../support/test-dag.ts";
import { makeGate, type Work } from "../engine-world.ts";
import { HOUR, MINUTE, openServiceWorld, type ServiceWorld } from "../service-world.ts";

const DAG = makeDag(
  [makeTask("a"), makeTask("b", { needs: ["a"] }), makeTask("c", { needs: ["b"] }), makeTask("d")],
  { dagId: "demo", schedule: { kind: "cron", expression: "0 * * * *" }, timezone: "UTC", maxActiveRuns: 2 },
);
const at = (hour: number): string => `2026-11-23T${String(hour).padStart(2, "0")}:00:00.000Z`;

function order(
  from: number,
  to: number,
  changes: Partial<Named<BackfillRequest>> = {},
): SchedulerCommand<"backfill"> {
  return {
    kind: "backfill",
    request: {
      dag: nameDag(makeVersion(DAG)),
      from: at(from),
      to: at(to),
      reprocess: "none",
      isRefetch: false,
      maxActive: null,
      ...changes,
    },
  };
}

function slotted({ request }: SchedulerCommand<"backfill">): SlottedBackfill {
  return addSlots({ ...request, version: makeVersion(DAG) }, new Map());
}

const clear = (hour: number, taskIds: readonly string[] | null, isDownstream = false): SchedulerCommand => ({
  kind: "clear",
  request: { dagId: "demo", from: at(hour), to: at(hour), taskIds, isDownstream },
});

function runAt(world: ServiceWorld, hour: number) {
  const run = findRunByDate(world.database, world.lake.id, "demo", new Date(at(hour)));
  if (run === undefined) throw new Error(`there is no run at ${hour}`);
  return run;
}

const states = (world: ServiceWorld, hour: number): Readonly<Record<string, string>> =>
  Object.fromEntries(
    listTasksOfRun(world.database, runAt(world, hour).dagRunId).map(({ taskId, state }) => [taskId, state]),
  );

/** A world in which the runs of 03:00 to 05:00 have ended, and the tasks in `failing` have failed at 04:00. */
async function openBackfilled(failing: readonly string[] = []) {
  const noop: Work = ({ run, taskId }) => {
    if (run.logicalDate === at(4) && failing.includes(taskId)) throw new Error("it fails");
    return {};
  };
  const world = await openServiceWorld({ noop });
  world.setDags([DAG]);
  await world.apply(order(3, 5), DAG);
  const service = world.start();
  await service.rest();
  return { ...world, service };
}

describe("a backfill", () => {
  test("creates a run for each slot and ends with the last run", async () => {
    const world = await openBackfilled();
    expect(world.runs()).toEqual(["demo@03:00 success", "demo@04:00 success", "demo@05:00 success"]);
    expect(world.database.all(sql`SELECT state, runs, succeeded, open FROM v_backfills`)).toEqual([
      { state: "done", runs: 3, succeeded: 3, open: 0 },
    ]);
    expect(world.events("backfill_done")).toEqual(["backfill_done: The backfill of demo is done."]);
  });

  test("never moves the cursor of the schedule", async () => {
    const world = await openServiceWorld();
    world.setDags([DAG]);
    const service = world.start();
    await service.rest();
    const cursor = () => world.database.all(sql`SELECT cursor FROM dags`);
    const before = cursor();
    await world.ask(order(3, 5));
    await service.rest();
    expect(world.runs()).toHaveLength(3);
    expect(cursor()).toEqual(before);
  });

  test.each([
    ["none", ["skip", "skip", "skip", "new"]],
    ["failed", ["skip", "again", "skip", "new"]],
    ["completed", ["again", "again", "again", "new"]],
  ] as const)("with --reprocess %s decides about each slot", async (reprocess, verdicts) => {
    const world = await openBackfilled(["a"]);
    const plan = planBackfill(
      world.database,
      world.lake.id,
      slotted(order(3, 6, { reprocess })),
      world.clock.now(),
    );
    expect(plan.map(({ verdict }) => verdict)).toEqual(verdicts);
    const answer = await world.apply(order(3, 6, { reprocess }), DAG);
    const count = (verdict: string): number => verdicts.filter((one) => one === verdict).length;
    expect(answer).toMatchObject({ made: count("new"), again: count("again"), skipped: count("skip") });
    const cleared = { a: "none", b: "none", c: "none", d: "none" };
    const kept = { a: "failed", b: "upstream_failed", c: "upstream_failed", d: "success" };
    expect(states(world, 4)).toEqual(verdicts[1] === "again" ? cleared : kept);
  });

  test("skips slots that are not due yet, each with the reason", async () => {
    const world = await openBackfilled(["a"]);
    const plan = planBackfill(world.database, world.lake.id, slotted(order(4, 10)), world.clock.now());
    expect(plan.map(({ verdict, reason }) => `${verdict}: ${reason}`)).toEqual([
      `skip: demo/backfill__${at(4)} is failed; --reprocess none keeps it`,
      `skip: demo/backfill__${at(5)} is success; --reprocess none keeps it`,
      "new: there is no run",
      "new: there is no run",
      "new: there is no run",
      "new: there is no run",
      "skip: it is not due yet",
    ]);
  });

  test("that is running shows which of its runs are open, and resumes no other", async () => {
    const world = await openServiceWorld();
    await world.apply(order(3, 7), DAG);
    const edit = (change: ReturnType<typeof sql>, hour: number): Promise<unknown> =>
      world.database.write((query) => query.run(sql`${change} WHERE logical_date = ${at(hour)}`));
    await edit(sql`UPDATE dag_runs SET state = 'success'`, 4);
    await edit(sql`UPDATE dag_runs SET backfill_id = NULL`, 5);
    await edit(sql`DELETE FROM dag_runs`, 6);
    const plan = planBackfill(world.database, world.lake.id, slotted(order(3, 7)), world.clock.now());
    expect(plan.map(({ verdict, reason }) => `${verdict}: ${reason}`)).toEqual([
      `open: demo/backfill__${at(3)} is queued, and the backfill is running`,
      `skip: demo/backfill__${at(4)} is success, and the backfill is running`,
      `skip: demo/backfill__${at(5)} is queued, and the backfill is running`,
      "skip: the running backfill started without it",
      `open: demo/backfill__${at(7)} is queued, and the backfill is running`,
    ]);
    await expect(world.apply(order(3, 9), DAG)).rejects.toMatchObject({
      message:
        "A backfill of demo is already running: 2026-11-23 03:00:00 +00:00 to 2026-11-23 07:00:00 +00:00, --reprocess none.",
      hint: "Wait for it, give the same range to resume it, or cancel it: `dagmar backfill demo --cancel`",
    });
    expect(world.events("backfill_started")).toEqual([
      "backfill_started: Backfill of demo from 2026-11-23 03:00:00 +00:00 to 2026-11-23 07:00:00 +00:00: 5 runs created, 0 rerun, 0 skipped.",
    ]);
  });

  test("leaves out runs that have not ended, and says of the skipped which failed", async () => {
    const world = await openBackfilled(["a"]);
    expect(await world.apply(order(3, 5), DAG)).toEqual({
      backfillId: 0,
      how: "empty",
      made: 0,
      again: 0,
      skipped: 3,
      failed: 1,
    });
    const set = (hour: number, state: string, taskState: string): Promise<unknown> =>
      world.database.write((query) => {
        query.run(sql`UPDATE dag_runs SET state = ${state} WHERE logical_date = ${at(hour)}`);
        query.run(sql`UPDATE task_instances SET state = ${taskState} WHERE task_id = 'a' AND dag_run_id =
          (SELECT dag_run_id FROM dag_runs WHERE logical_date = ${at(hour)})`);
      });
    await set(3, "running", "running");
    await set(4, "queued", "none");
    await set(5, "cancelled", "skipped");
    const plan = planBackfill(
      world.database,
      world.lake.id,
      slotted(order(3, 5, { reprocess: "failed" })),
      world.clock.now(),
    );
    expect(plan.map(({ verdict, reason }) => `${verdict}: ${reason}`)).toEqual([
      `skip: demo/backfill__${at(3)} is running, with a running task`,
      `skip: demo/backfill__${at(4)} is queued`,
      `again: demo/backfill__${at(5)} is cancelled`,
    ]);
    expect(await world.apply(order(3, 5), DAG)).toMatchObject({ how: "empty", failed: 1 });
  });

  test("without slots to run creates no backfill", async () => {
    const world = await openBackfilled();
    expect(await world.apply(order(3, 5), DAG)).toMatchObject({ how: "empty", skipped: 3 });
    expect(world.database.all(sql`SELECT 1 FROM backfills WHERE state = 'running'`)).toEqual([]);
  });

  test("is limited to one per Dag; the same one again resumes", async () => {
    const world = await openServiceWorld();
    const first = await world.apply(order(3, 5), DAG);
    expect(await world.apply(order(3, 5, { maxActive: 7 }), DAG)).toMatchObject({ how: "resumed" });
    await expect(world.apply(order(3, 6), DAG)).rejects.toMatchObject({ code: "BACKFILL_ACTIVE" });
    await expect(world.apply(order(3, 5, { reprocess: "failed" }), DAG)).rejects.toMatchObject({
      code: "BACKFILL_ACTIVE",
    });
    expect(first).toMatchObject({ how: "new", made: 3 });
    expect(world.runs()).toHaveLength(3);
    expect(world.database.all(sql`SELECT max_active FROM backfills`)).toEqual([{ max_active: 7 }]);
  });

  test("that is cancelled ends its open runs, and another may begin", async () => {
    const world = await openServiceWorld();
    await world.apply(order(3, 5), DAG);
    expect(await world.apply({ kind: "cancel_backfill", dagId: "demo", lakeId: world.lake.id })).toEqual({
      cancelled: 3,
    });
    expect(world.runs().map((run) => run.split(" ")[1])).toEqual(["cancelled", "cancelled", "cancelled"]);
    expect(world.events("backfill_cancelled")).toEqual([expect.stringContaining("with 3 open runs")]);
    expect(await world.apply({ kind: "cancel_backfill", dagId: "demo", lakeId: world.lake.id })).toEqual({
      cancelled: 0,
    });
    expect(await world.apply(order(3, 6, { reprocess: "failed" }), DAG)).toMatchObject({ made: 1, again: 3 });
  });

  test("runs at most --max-active at a time, and scheduled runs go first", async () => {
    const gate = makeGate();
    const starts: number[] = [];
    const world = await openServiceWorld({
      noop: async ({ run, taskId }) => {
        if (taskId === "a") starts.push(new Date(run.logicalDate).getUTCHours());
        return gate.opened.then(() => ({}));
      },
    });
    world.setDags([DAG]);
    const service = world.start();
    await service.rest();
    await world.ask(order(1, 8, { maxActive: 3 }));
    await service.rest();
    const running = () => world.runs().filter((run) => run.endsWith("running"));
    expect(running()).toEqual(["demo@01:00 running", "demo@02:00 running", "demo@03:00 running"]);
    await service.advance(HOUR);
    // More runs than the schedule's own limit are running: its run waits, and the next of the backfill behind it.
    expect(world.runs().at(-1)).toBe("demo@10:00 queued");
    await world.ask({ kind: "cancel_run", dagRunId: runAt(world, 1).dagRunId });
    await world.ask({ kind: "cancel_run", dagRunId: runAt(world, 2).dagRunId });
    gate.open();
    await service.rest();
    expect(starts.indexOf(10)).toBe(3);
    expect(starts).toEqual([1, 2, 3, 10, 4, 5, 6, 7, 8]);
  });
});

describe("clearing", () => {
  test("a task reruns it, with its downstream tasks on request; attempts stay", async () => {
    const world = await openBackfilled();
    expect(await world.apply(clear(4, ["b"], true))).toEqual({
      cleared: [{ runId: `backfill__${at(4)}`, tasks: ["b", "c"] }],
    });
    expect(states(world, 4)).toEqual({ a: "success", b: "none", c: "none", d: "success" });
    expect(runAt(world, 4).state).toBe("queued");
    world.service.wake();
    await world.service.rest();
    expect(runAt(world, 4).state).toBe("success");
    expect(
      world.database.all(
        sql`SELECT task_id, count(*) AS n FROM v_attempts WHERE logical_date = ${at(4)} GROUP BY 1`,
      ),
    ).toEqual([
      { task_id: "a", n: 1 },
      { task_id: "b", n: 2 },
      { task_id: "c", n: 2 },
      { task_id: "d", n: 1 },
    ]);
  });

  test("a range clears every run in it, both ends included", async () => {
    const world = await openBackfilled();
    await world.apply({
      kind: "clear",
      request: { dagId: "demo", from: at(3), to: at(4), taskIds: null, isDownstream: false },
    });
    expect(world.runs()).toEqual(["demo@03:00 queued", "demo@04:00 queued", "demo@05:00 success"]);
  });

  test("runs without such tasks are left out, of the answer and of what a preview confirms", async () => {
    const world = await openBackfilled(["b"]);
    const request = {
      dagId: "demo",
      from: at(0),
      to: at(9),
      taskIds: null,
      isDownstream: false,
      isFailedOnly: true,
    };
    const seen = previewClear(world.database, world.lake.id, request);
    expect(seen.runs.map(({ run }) => run.runId)).toEqual([`backfill__${at(4)}`]);
    // Neither a run that ends nor one that is made in the range changes what is cleared.
    await world.apply(order(6, 6), DAG);
    world.service.wake();
    await world.service.rest();
    const again = previewClear(world.database, world.lake.id, request);
    expect(again.hash).toBe(seen.hash);
    expect(await world.apply({ kind: "clear", request: { ...request, expected: seen.hash } })).toEqual({
      cleared: [{ runId: `backfill__${at(4)}`, tasks: ["b", "c"] }],
    });
    const rest = previewClear(world.database, world.lake.id, { ...request, isFailedOnly: true });
    expect(rest.runs).toEqual([]);
  });

  test("10,000 runs are the most: more are refused, with the dates as the remedy", async () => {
    const world = await openBackfilled(["b"]);
    const { dagRunId } = runAt(world, 5);
    await world.database.write((query) =>
      query.run(
        sql`INSERT INTO dag_runs (dag_id, run_id, run_type, logical_date, logical_date_local, state, fingerprint, params,
              lake, timezone, created_at, run_stamp, partition)
            WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9998)
            SELECT dag_id, 'x' || i, run_type, strftime('%Y-%m-%dT%H:%M:%fZ', '2020-01-01', i || ' minutes'), '', state,
              fingerprint, params, lake, timezone, created_at, run_stamp || i, partition
            FROM dag_runs, n WHERE dag_run_id = ${dagRunId}`,
      ),
    );
    const all = { dagId: "demo", from: at(3).replace("2026", "0001"), to: at(5), taskIds: null };
    const request = { ...all, isDownstream: false, isFailedOnly: true };
    await expect(world.apply({ kind: "clear", request })).rejects.toMatchObject({
      code: "USAGE",
      message: "demo has more than 10,000 runs in this range, and that many are cleared at once.",
      hint: "Name a shorter range: --from and --to, or start_date and end_date of the API.",
    });
    expect(() => previewClear(world.database, world.lake.id, request)).toThrow("more than 10,000 runs");
    const shorter = { ...request, from: "2020-01-01T00:02:00.000Z" };
    expect(await world.apply({ kind: "clear", request: shorter })).toEqual({
      cleared: [{ runId: `backfill__${at(4)}`, tasks: ["b", "c"] }],
    });
  });

  test("unknown runs and tasks are refused, and nothing is cleared", async () => {
    const world = await openBackfilled();
    await expect(world.apply(clear(4, ["b", "nope"]))).rejects.toMatchObject({ code: "TASK_UNKNOWN" });
    await expect(world.apply(clear(8, null))).rejects.toMatchObject({ code: "RUN_UNKNOWN" });
    expect(states(world, 4)).toMatchObject({ b: "success" });
  });

  test("a running task is refused", async () => {
    const gate = makeGate();
    const world = await openServiceWorld({ noop: async () => gate.opened.then(() => ({})) });
    world.setDags([DAG]);
    const service = world.start();
    await world.apply(order(3, 3), DAG);
    service.wake();
    await service.rest();
    expect(await world.ask(clear(3, ["a"]))).toMatchObject({
      state: "refused",
      answer: { code: "TASK_RUNNING" },
    });
    gate.open();
    await service.rest();
    expect(runAt(world, 3).state).toBe("success");
  });
});

describe("marking", () => {
  const mark = (world: ServiceWorld, taskId: string, state: "success" | "failed"): SchedulerCommand => ({
    kind: "mark",
    request: { dagRunId: runAt(world, 4).dagRunId, taskId, state },
  });

  test("a failed task as success lets what waited for it run", async () => {
    const world = await openBackfilled(["a"]);
    expect(states(world, 4)).toEqual({
      a: "failed",
      b: "upstream_failed",
      c: "upstream_failed",
      d: "success",
    });
    expect(await world.apply(mark(world, "a", "success"))).toEqual({ marked: true });
    world.service.wake();
    await world.service.rest();
    expect(states(world, 4)).toEqual({ a: "success", b: "success", c: "success", d: "success" });
    expect(runAt(world, 4).state).toBe("success");
    expect(world.events("task_marked")).toEqual([
      `task_marked: demo/backfill__${at(4)} a: marked as success by hand; it was failed.`,
    ]);
  });

  test("a task that succeeded as failed fails the run", async () => {
    const world = await openBackfilled();
    await world.apply(mark(world, "d", "failed"));
    world.service.wake();
    await world.service.rest();
    expect(runAt(world, 4).state).toBe("failed");
  });

  test("a task that already has the state is not changed", async () => {
    const world = await openBackfilled();
    expect(await world.apply(mark(world, "a", "success"))).toEqual({ marked: false });
    expect(runAt(world, 4).state).toBe("success");
  });
});

describe("cancelling", () => {
  test("a run stops its running task and ends it", async () => {
    const world = await openServiceWorld({
      noop: ({ signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
        }),
    });
    world.setDags([DAG]);
    const service = world.start();
    await world.apply(order(3, 3), DAG);
    service.wake();
    await service.rest();
    const { dagRunId } = runAt(world, 3);
    expect(await world.ask({ kind: "cancel_run", dagRunId })).toMatchObject({ answer: { cancelled: true } });
    await service.rest();
    expect(runAt(world, 3).state).toBe("cancelled");
    expect(states(world, 3)).toEqual({ a: "cancelled", b: "cancelled", c: "cancelled", d: "cancelled" });
    expect(world.database.all(sql`SELECT DISTINCT state, error_code FROM attempts`)).toEqual([
      { state: "cancelled", error_code: "RUN_CANCELLED" },
    ]);
    expect(await world.ask({ kind: "cancel_run", dagRunId })).toMatchObject({ answer: { cancelled: false } });
  });
});

describe("unpausing a Dag that follows another", () => {
  const follower = (catchup: DagDefinition["catchup"]): DagDefinition => ({
    ...DAG,
    dagId: "follower",
    schedule: { kind: "after", dagIds: ["demo"] },
    catchup,
  });

  test.each([
    ["none", []],
    ["latest", ["follower@12:00 success"]],
    ["all", ["follower@10:00 success", "follower@11:00 success", "follower@12:00 success"]],
  ] as const)("with catchup %s follows what succeeded meanwhile accordingly", async (catchup, made) => {
    const world = await openServiceWorld();
    world.setDags([DAG, follower(catchup)]);
    const service = world.start();
    await service.rest();
    const dag = nameDag(makeVersion(follower(catchup)));
    await world.ask({ kind: "pause", request: { dag, isPaused: true } });
    await service.advance(3 * HOUR);
    expect(world.runs().filter((run) => run.startsWith("follower"))).toEqual([]);
    await world.ask({ kind: "pause", request: { dag, isPaused: false } });
    await service.rest();
    expect(world.runs().filter((run) => run.startsWith("follower"))).toEqual(made);
  });
});

test("a run on request is recorded once, with who asked; one that had succeeded is not", async () => {
  const world = await openServiceWorld();
  world.setDags([DAG]);
  const request = {
    dag: nameDag(makeVersion(DAG)),
    logicalDate: at(9),
    isNew: false,
    params: {},
    onlyTasks: null,
    namedTasks: [],
    isRerun: false,
    isRefetch: false,
  };
  const ask = () => world.apply({ kind: "run", request });
  const requested = () => world.events("run_requested");
  expect(await ask()).toMatchObject({ how: "new" });
  expect(requested()).toEqual([
    "run_requested: demo/manual__2026-11-23T09:00:00.000Z was created on request.",
  ]);
  expect(await ask()).toMatchObject({ how: "resumed" });
  expect(requested().at(-1)).toBe(
    "run_requested: demo/manual__2026-11-23T09:00:00.000Z is resumed on request.",
  );
  const service = world.start();
  await service.advance(MINUTE);
  service.drain();
  await service.ended;
  const before = requested().length;
  expect(await ask()).toMatchObject({ how: "done" });
  expect(requested()).toHaveLength(before);
});

test("tasks of a range without runs cannot be cleared, and the refusal names the list of runs", async () => {
  const world = await openServiceWorld();
  await expect(world.apply(clear(9, null))).rejects.toMatchObject({
    code: "RUN_UNKNOWN",
    message: `demo has no run in this range in the lake ${world.lake.id}.`,
    hint: "`dagmar runs list demo` shows its runs.",
  });
});
