/** What `dagmar run` does with existing runs, for each state and option. */
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { prepareRun, type PreparedRun, type RunRequest } from "../../../scheduler/commands/prepare-run.ts";
import { TaskFailure, CommandRefused } from "../../../model/errors.ts";
import type { DagRun } from "../../../model/run/dag-run.ts";
import { readRun } from "../../../state/runs/dag-runs.ts";
import { listTasksOfRun } from "../../../state/runs/task-instances.ts";
import { makeDag, makeTask, makeVersion } from "../../support/test-dag.ts";
import { makeType, openEngineWorld, type EngineWorld } from "../engine-world.ts";
import { sql } from "../../../state/sqlite/statement.ts";

const DAG = makeDag([makeTask("a"), makeTask("b", { needs: ["a"] }), makeTask("c", { needs: ["b"] })], {
  params: { since: 2001, limit: null },
});
const DATE = new Date("2026-11-23T09:00:00.000Z");

interface PrepareWorld extends EngineWorld {
  readonly prepare: (changes?: Partial<RunRequest>) => Promise<PreparedRun>;
  /** Which task fails next; empty for none. */
  readonly failing: Set<string>;
}

async function openPrepareWorld(): Promise<PrepareWorld> {
  const failing = new Set<string>();
  const noop = makeType("noop", ({ taskId }) => {
    if (failing.has(taskId)) throw new TaskFailure("INTERNAL", "told to fail", false);
    return { task: taskId };
  });
  const world = await openEngineWorld({ noop });
  const registry = new Map([["noop", noop]]);
  return {
    ...world,
    failing,
    prepare: (changes = {}) =>
      world.database.write((query) =>
        prepareRun(
          query,
          { registry, lakeId: world.lake.id },
          {
            version: makeVersion(DAG),
            logicalDate: DATE.toISOString(),
            isNew: false,
            params: {},
            onlyTasks: null,
            namedTasks: [],
            isRerun: false,
            isRefetch: false,
            ...changes,
          },
          world.clock.now(),
        ),
      ),
  };
}

async function refusal(promise: Promise<unknown>): Promise<CommandRefused> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof CommandRefused)) throw new Error("it was not refused", { cause: error });
  return error;
}

const tasksOf = (world: EngineWorld, run: DagRun) =>
  listTasksOfRun(world.database, run.dagRunId).map(({ taskId }) => taskId);

describe("with a date that has no run", () => {
  test("a manual run is created for it, with the Dag's params filled in", async () => {
    const world = await openPrepareWorld();
    const { run, how, isOutdated } = await world.prepare({ params: { since: 2010 } });
    expect({ how, isOutdated }).toEqual({ how: "new", isOutdated: false });
    expect(run).toMatchObject({
      runId: "manual__2026-11-23T09:00:00.000Z",
      state: "queued",
      params: { since: 2010, limit: null },
    });
    expect(tasksOf(world, run)).toEqual(["a", "b", "c"]);
  });

  test("a param of the wrong type is refused before the run exists", async () => {
    const world = await openPrepareWorld();
    const picky = {
      ...makeType("picky", () => ({})),
      options: z.strictObject({ limit: z.number().nullable() }),
    };
    const dag = makeDag([makeTask("a", { type: "picky", with: { limit: "${params.limit}" } })], {
      params: { limit: null },
    });
    const order = (limit: string | number): Promise<PreparedRun> =>
      world.database.write((query) =>
        prepareRun(
          query,
          { registry: new Map([["picky", picky]]), lakeId: world.lake.id },
          {
            version: makeVersion(dag),
            logicalDate: DATE.toISOString(),
            isNew: false,
            params: { limit },
            onlyTasks: null,
            namedTasks: [],
            isRerun: false,
            isRefetch: false,
          },
          world.clock.now(),
        ),
      );
    const refused = await refusal(order("abc"));
    expect(refused.code).toBe("PARAM_INVALID");
    expect(refused.message).toContain("a.limit");
    expect((await order(5)).how).toBe("new");
  });

  test("--rerun creates it too: there is nothing to clear", async () => {
    const world = await openPrepareWorld();
    expect((await world.prepare({ isRerun: true })).how).toBe("new");
  });

  test("--refetch creates it with its own generation", async () => {
    const world = await openPrepareWorld();
    expect((await world.prepare({ isRefetch: true })).run.refetchGeneration).toBe("20261123T090000000Z");
  });
});

describe("with the date of a run that", () => {
  test("succeeded, it is reported as done and nothing changes", async () => {
    const world = await openPrepareWorld();
    await world.drive((await world.prepare()).run);
    const { run, how } = await world.prepare();
    expect({ how, state: run.state }).toEqual({ how: "done", state: "success" });
    expect(world.attempts()).toHaveLength(3);
  });

  test("failed, it is resumed: succeeded tasks stay, the rest runs again", async () => {
    const world = await openPrepareWorld();
    world.failing.add("b");
    const first = (await world.prepare()).run;
    await world.drive(first);
    expect(world.states(first)).toEqual({ a: "success", b: "failed", c: "upstream_failed" });
    world.failing.clear();
    const { run, how } = await world.prepare();
    expect({ how, state: run.state, dagRunId: run.dagRunId }).toEqual({
      how: "resumed",
      state: "queued",
      dagRunId: first.dagRunId,
    });
    expect(world.states(run)).toEqual({ a: "success", b: "none", c: "none" });
    const [ended] = await world.drive(run);
    expect(ended?.state).toBe("success");
    expect(world.told.filter((line) => line.startsWith("started a"))).toHaveLength(1);
  });

  test("was stopped in the middle, it resumes, without waiting for a far retry", async () => {
    const world = await openPrepareWorld();
    const first = (await world.prepare()).run;
    await world.database.write((query) => {
      query.run(sql`UPDATE task_instances SET state = 'up_for_retry',
          next_attempt_at = '2027-01-01T00:00:00.000Z', lost_count = 2
          WHERE task_id = 'a'`);
      query.run(sql`UPDATE dag_runs SET state = 'running'`);
    });
    const { run, how } = await world.prepare();
    expect({ how, state: run.state }).toEqual({ how: "resumed", state: "queued" });
    expect(world.task(first, "a")).toMatchObject({ nextAttemptAt: null, lostCount: 0 });
    const [ended] = await world.drive(run);
    expect(ended?.state).toBe("success");
  });

  test("is running, it is not changed: no second attempt starts; --rerun and --refetch are refused", async () => {
    const world = await openPrepareWorld();
    const first = (await world.prepare()).run;
    await world.database.write((query) => {
      const at = sql`started_at = '2026-11-23T09:00:00.000Z'`;
      query.run(
        sql`UPDATE task_instances SET state = 'running', attempt_count = 1, ${at} WHERE task_id = 'a'`,
      );
      query.run(sql`UPDATE dag_runs SET state = 'running', ${at}`);
    });
    const before = [readRun(world.database, first.dagRunId), listTasksOfRun(world.database, first.dagRunId)];
    const { run, how } = await world.prepare();
    expect({ how, state: run.state }).toEqual({ how: "resumed", state: "running" });
    for (const flags of [{ isRerun: true }, { isRefetch: true }]) {
      expect((await refusal(world.prepare(flags))).code).toBe("TASK_RUNNING");
    }
    expect([readRun(world.database, first.dagRunId), listTasksOfRun(world.database, first.dagRunId)]).toEqual(
      before,
    );
  });

  test("was created and never started, it is resumed", async () => {
    const world = await openPrepareWorld();
    const first = await world.prepare();
    const again = await world.prepare();
    expect(again.how).toBe("resumed");
    expect(again.run).toEqual(first.run);
  });

  test("was cancelled, it is resumed", async () => {
    const world = await openPrepareWorld();
    const { run } = await world.prepare();
    await world.database.write((query) => {
      query.run(sql`UPDATE dag_runs SET state = 'cancelled'`);
      query.run(sql`UPDATE task_instances SET state = 'cancelled'`);
    });
    expect((await world.prepare()).how).toBe("resumed");
    expect(world.states(run)).toEqual({ a: "none", b: "none", c: "none" });
  });

  test("has other params, it is refused with the difference, in any state", async () => {
    const world = await openPrepareWorld();
    await world.drive((await world.prepare()).run);
    for (const flags of [{}, { isRerun: true }, { isRefetch: true }]) {
      const error = await refusal(world.prepare({ params: { since: 1999 }, ...flags }));
      expect(error.code).toBe("RUN_PARAMS_DIFFER");
      expect(error.exitCode).toBe(2);
      expect(error.message).toContain("since is 2001 there and 1999 here");
      expect(error.message).not.toContain("limit");
    }
  });

  test("has the same params in another order, it is the same run", async () => {
    const world = await openPrepareWorld();
    await world.prepare({ params: { since: 1, limit: 2 } });
    expect((await world.prepare({ params: { limit: 2, since: 1 } })).how).toBe("resumed");
  });
});

describe("--rerun", () => {
  test("clears every task, keeps the attempts as history, and uses the current Dag", async () => {
    const world = await openPrepareWorld();
    const first = (await world.prepare()).run;
    await world.drive(first);
    const edited = makeVersion({ ...DAG, tasks: [...DAG.tasks, makeTask("d", { needs: ["c"] })] });
    const { run, how, isOutdated } = await world.prepare({ isRerun: true, version: edited });
    expect({ how, isOutdated, dagRunId: run.dagRunId }).toEqual({
      how: "cleared",
      isOutdated: false,
      dagRunId: first.dagRunId,
    });
    expect(run.refetchGeneration).toBeNull();
    await world.drive(run);
    expect(world.states(run)).toEqual({ a: "success", b: "success", c: "success", d: "success" });
    expect(world.attempts()).toHaveLength(7);
  });

  test("with named tasks clears those alone", async () => {
    const world = await openPrepareWorld();
    await world.drive((await world.prepare()).run);
    const { run } = await world.prepare({ isRerun: true, onlyTasks: ["a", "b"], namedTasks: ["b"] });
    expect(world.states(run)).toEqual({ a: "success", b: "none", c: "success" });
  });

  test("after a refetch uses no generation of its own: stored ids stay stored", async () => {
    const world = await openPrepareWorld();
    const first = await world.prepare({ isRefetch: true });
    expect(first.run.refetchGeneration).not.toBeNull();
    await world.drive(first.run);
    const again = await world.prepare({ isRerun: true });
    expect(again.run.refetchGeneration).toBeNull();
    await world.drive(again.run);
    const refetched = await world.prepare({ isRefetch: true });
    expect(refetched.run.refetchGeneration).not.toBe(first.run.refetchGeneration);
  });

  test("takes the default of a param that is new in the Dag, and keeps the others", async () => {
    const world = await openPrepareWorld();
    const first = await world.prepare({ params: { since: 2010 } });
    await world.drive(first.run);
    const version = makeVersion({ ...DAG, params: { ...DAG.params, until: 2020 } });
    const again = await world.prepare({ params: { since: 2010 }, isRerun: true, version });
    expect(again.run.params).toEqual({ since: 2010, limit: null, until: 2020 });
  });

  test("without a date is refused, because the run is not named", async () => {
    const world = await openPrepareWorld();
    const error = await refusal(world.prepare({ isRerun: true, logicalDate: null }));
    expect(error.code).toBe("USAGE");
    expect(error.message).toContain("--date");
  });
});

describe("--refetch", () => {
  test("clears a finished run and gives it a new generation each time", async () => {
    const world = await openPrepareWorld();
    await world.drive((await world.prepare()).run);
    const generations: (string | null)[] = [];
    for (let count = 0; count < 2; count += 1) {
      const { run, how } = await world.prepare({ isRefetch: true });
      expect(how).toBe("cleared");
      generations.push(run.refetchGeneration);
      await world.drive(run);
    }
    expect(generations).toEqual(["20261123T090000000Z", "20261123T090000000Z-0002"]);
  });

  test("of a run that failed during a refetch resumes in the same generation without the flag", async () => {
    const world = await openPrepareWorld();
    world.failing.add("c");
    await world.drive((await world.prepare({ isRefetch: true })).run);
    const { run, how } = await world.prepare();
    expect({ how, generation: run.refetchGeneration }).toEqual({
      how: "resumed",
      generation: "20261123T090000000Z",
    });
  });

  test("without a date creates a new run", async () => {
    const world = await openPrepareWorld();
    await world.prepare({ logicalDate: null });
    const { how, run } = await world.prepare({ logicalDate: null, isRefetch: true });
    expect(how).toBe("new");
    expect(run.refetchGeneration).toBe(run.runStamp);
  });
});

describe("--task", () => {
  test("creates a run of these tasks, to which later commands add others", async () => {
    const world = await openPrepareWorld();
    const first = (await world.prepare({ onlyTasks: ["a"], namedTasks: ["a"] })).run;
    await world.drive(first);
    expect((await world.prepare({ onlyTasks: ["a"], namedTasks: ["a"] })).how).toBe("done");
    const wider = await world.prepare({ onlyTasks: ["a", "b"], namedTasks: ["b"] });
    expect(wider.how).toBe("resumed");
    expect(wider.run.onlyTasks).toEqual(["a", "b"]);
    await world.drive(wider.run);
    expect(world.states(wider.run)).toEqual({ a: "success", b: "success" });
  });

  test("a run of single tasks becomes a whole one when the whole Dag is asked for", async () => {
    const world = await openPrepareWorld();
    await world.drive((await world.prepare({ onlyTasks: ["a"], namedTasks: ["a"] })).run);
    const { run, how } = await world.prepare();
    expect({ how, onlyTasks: run.onlyTasks }).toEqual({ how: "resumed", onlyTasks: null });
    const [ended] = await world.drive(run);
    expect(ended?.state).toBe("success");
    expect(world.told.filter((line) => line.startsWith("started"))).toEqual([
      "started a 1",
      "started b 1",
      "started c 1",
    ]);
  });

  test("a finished whole run is finished for each of its tasks", async () => {
    const world = await openPrepareWorld();
    await world.drive((await world.prepare()).run);
    const { run, how } = await world.prepare({ onlyTasks: ["a"], namedTasks: ["a"] });
    expect({ how, onlyTasks: run.onlyTasks }).toEqual({ how: "done", onlyTasks: null });
  });
});

describe("without a date", () => {
  test("a run is created for now", async () => {
    const world = await openPrepareWorld();
    const { run, how } = await world.prepare({ logicalDate: null });
    expect({ how, logicalDate: run.logicalDate }).toEqual({
      how: "new",
      logicalDate: world.clock.now().toISOString(),
    });
  });

  test("the newest unfinished manual run with the same params is resumed", async () => {
    const world = await openPrepareWorld();
    world.failing.add("a");
    for (const day of [20, 22, 21]) {
      await world.drive(
        (await world.prepare({ logicalDate: new Date(Date.UTC(2026, 10, day)).toISOString() })).run,
      );
    }
    const { run, how } = await world.prepare({ logicalDate: null });
    expect({ how, logicalDate: run.logicalDate }).toEqual({
      how: "resumed",
      logicalDate: "2026-11-22T00:00:00.000Z",
    });
  });

  test.each([
    ["has other params", { params: { since: 1999 } }],
    ["is of single tasks", { onlyTasks: ["a"], namedTasks: ["a"] }],
  ])("a run that %s is not resumed", async (_, changes) => {
    const world = await openPrepareWorld();
    world.failing.add("a");
    await world.drive((await world.prepare(changes)).run);
    expect((await world.prepare({ logicalDate: null })).how).toBe("new");
  });

  test("a succeeded run is ignored, and two commands in one millisecond create two runs", async () => {
    const world = await openPrepareWorld();
    const first = (await world.prepare({ logicalDate: null })).run;
    await world.drive(first);
    const second = await world.prepare({ logicalDate: null });
    expect(second.how).toBe("new");
    expect(Date.parse(second.run.logicalDate) - Date.parse(first.logicalDate)).toBe(1);
  });
});

test("a run that resumes with an older Dag than the file's says so", async () => {
  const world = await openPrepareWorld();
  world.failing.add("b");
  await world.drive((await world.prepare()).run);
  const edited = makeVersion({ ...DAG, tasks: [makeTask("a"), makeTask("z")] });
  const { run, isOutdated } = await world.prepare({ version: edited });
  expect(isOutdated).toBe(true);
  expect(tasksOf(world, run)).toEqual(["a", "b", "c"]);
});
