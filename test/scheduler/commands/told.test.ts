/** Everything that a command says: the events that it records, whole, and its refusals, with what to do. */
import { expect, test } from "vitest";
import { applyCommand, type SchedulerCommand } from "../../../scheduler/commands/command.ts";
import { describeBackfill, planBackfill } from "../../../scheduler/commands/backfill.ts";
import { hashPlan } from "../../../scheduler/commands/planned.ts";
import { describeClear, planClear } from "../../../scheduler/commands/clear-tasks.ts";
import { describeNewRun } from "../../../scheduler/commands/prepare-run.ts";
import { nameDag } from "../../../scheduler/commands/named-dag.ts";
import { sql } from "../../../state/sqlite/statement.ts";
import { startAttempt } from "../../../state/runs/task-instances.ts";
import { makeDag, makeTask, makeVersion } from "../../support/test-dag.ts";
import { makeType, openEngineWorld } from "../engine-world.ts";

const DAG = makeDag([makeTask("a"), makeTask("b", { needs: ["a"] })], {
  dagId: "demo",
  schedule: { kind: "cron", expression: "0 * * * *" },
  timezone: "America/Sao_Paulo",
  params: { since: 2001 },
});
const DATE = "2026-11-23T07:00:00.000Z";
const RUN_ID = `manual__${DATE}`;
const OTHER = "2026-11-23T08:00:00.000Z";

async function openCommands() {
  const world = await openEngineWorld({ noop: () => ({}) });
  const { database, lake, clock } = world;
  const version = makeVersion(DAG);
  const holder = {
    registry: new Map([["noop", makeType("noop", () => ({}))]]),
    lakeId: lake.id,
    dags: new Map([["demo", { definition: DAG, fingerprint: version.fingerprint, enabled: true, file: "" }]]),
  };
  const run = await world.makeRun(DAG, DATE, { since: 2001 });
  let told = 0;
  const events = (): readonly object[] => {
    const rows = database.all<{ data: string | null }>(
      sql`SELECT level, kind, message, dag_id, run_id, data, requested_by FROM events ORDER BY event_id`,
    );
    const fresh = rows.slice(told).map(({ data, ...row }) => ({
      ...row,
      ...(data === null ? {} : { data: JSON.parse(data) as unknown }),
    }));
    told = rows.length;
    return fresh;
  };
  events();
  return {
    ...world,
    run,
    events,
    apply: (command: SchedulerCommand) =>
      database.write((query) => applyCommand(query, holder as never, command, clock.now(), "ana@host")),
    startTask: (taskId: string) =>
      database.write((query) =>
        startAttempt(query, run, world.task(run, taskId), { pid: 1, host: "h", leaseEpoch: 1 }, clock.now()),
      ),
    edit: (statement: ReturnType<typeof sql>) => database.write((query) => query.run(statement)),
  };
}

type Commands = Awaited<ReturnType<typeof openCommands>>;

const request = (changes: object = {}) =>
  ({
    dag: nameDag(makeVersion(DAG)),
    logicalDate: OTHER,
    isNew: false,
    params: {},
    onlyTasks: null,
    namedTasks: [],
    isRerun: false,
    isRefetch: false,
    ...changes,
  }) as const;
const range = (changes: object = {}) => ({
  dagId: "demo",
  from: DATE,
  to: DATE,
  taskIds: null,
  isDownstream: false,
  ...changes,
});
const backfill = (changes: object = {}) =>
  ({
    dag: nameDag(makeVersion(DAG)),
    from: DATE,
    to: OTHER,
    reprocess: "none",
    isRefetch: false,
    maxActive: null,
    ...changes,
  }) as const;
const ofRun = (runId: string) => ({ dag_id: "demo", run_id: runId, requested_by: "ana@host" });
const ofDag = { dag_id: "demo", run_id: null, requested_by: "ana@host" };
const ofNone = { dag_id: null, run_id: null, requested_by: "ana@host" };

type Before = (world: Commands) => unknown;

test.each<[string, (world: Commands) => SchedulerCommand, readonly object[], Before?]>([
  [
    "a new run",
    () => ({ kind: "run", request: request() }),
    [
      {
        level: "info",
        kind: "run_requested",
        message: `demo/manual__${OTHER} was created on request.`,
        ...ofRun(`manual__${OTHER}`),
      },
    ],
  ],
  [
    "a run that is resumed",
    () => ({ kind: "run", request: request({ logicalDate: DATE }) }),
    [
      {
        level: "info",
        kind: "run_requested",
        message: `demo/${RUN_ID} is resumed on request.`,
        ...ofRun(RUN_ID),
      },
    ],
  ],
  [
    "a run that runs again",
    () => ({ kind: "run", request: request({ logicalDate: DATE, isRerun: true }) }),
    [
      {
        level: "info",
        kind: "run_requested",
        message: `demo/${RUN_ID} was cleared and runs again on request.`,
        ...ofRun(RUN_ID),
      },
    ],
  ],
  [
    "a cancelled run",
    ({ run }) => ({ kind: "cancel_run", dagRunId: run.dagRunId }),
    [
      {
        level: "info",
        kind: "run_cancelled",
        message: `demo/${RUN_ID} was cancelled by hand.`,
        ...ofRun(RUN_ID),
      },
    ],
  ],
  [
    "cleared tasks",
    () => ({ kind: "clear", request: range() }),
    [
      {
        level: "info",
        kind: "tasks_cleared",
        message: `demo/${RUN_ID}: cleared by hand: a, b.`,
        ...ofRun(RUN_ID),
      },
    ],
    ({ edit }) => edit(sql`UPDATE task_instances SET state = 'success'`),
  ],
  [
    "a marked task",
    ({ run }) => ({
      kind: "mark",
      request: { dagRunId: run.dagRunId, taskId: "a", state: "failed" },
    }),
    [
      {
        level: "info",
        kind: "task_marked",
        message: `demo/${RUN_ID} a: marked as failed by hand; it was none.`,
        ...ofRun(RUN_ID),
      },
    ],
  ],
  [
    "a backfill",
    () => ({ kind: "backfill", request: backfill() }),
    [
      {
        level: "info",
        kind: "backfill_started",
        message:
          "Backfill of demo from 2026-11-23 04:00:00 -03:00 to 2026-11-23 05:00:00 -03:00: 1 run created, 0 rerun, 1 skipped.",
        ...ofDag,
      },
    ],
  ],
  [
    "a paused Dag",
    () => ({ kind: "pause", request: { dag: nameDag(makeVersion(DAG)), isPaused: true } }),
    [{ level: "info", kind: "dag_paused", message: "demo is paused.", ...ofDag }],
  ],
  [
    "a verification of the lake",
    () => ({ kind: "verify_lake", request: { prefix: "", isDeep: false, timezone: "UTC" } }),
    [
      {
        level: "info",
        kind: "verify_requested",
        message: "Verification 1 of the lake was requested.",
        data: { lake: expect.stringMatching(/^file:/) as unknown },
        ...ofNone,
      },
    ],
  ],
  [
    "a deep verification of a part",
    () => ({ kind: "verify_lake", request: { prefix: "Raw/", isDeep: true, timezone: "UTC" } }),
    [
      {
        level: "info",
        kind: "verify_requested",
        message: "Verification 1 of the keys below Raw/ was requested; every object is read.",
        data: { lake: expect.stringMatching(/^file:/) as unknown },
        ...ofNone,
      },
    ],
  ],
])("%s: its events", async (_what, command, told, before) => {
  const world = await openCommands();
  await before?.(world);
  await world.apply(command(world));
  expect(world.events()).toEqual(told);
});

test("a backfill that is cancelled says how many runs were open", async () => {
  const world = await openCommands();
  await world.apply({ kind: "backfill", request: backfill() });
  world.events();
  await world.apply({ kind: "cancel_backfill", dagId: "demo", lakeId: world.lake.id });
  expect(world.events()).toEqual([
    {
      level: "info",
      kind: "run_cancelled",
      message: `demo/backfill__${OTHER} was cancelled by hand.`,
      ...ofRun(`backfill__${OTHER}`),
    },
    {
      level: "info",
      kind: "backfill_cancelled",
      message: "The backfill of demo was cancelled by hand, with 1 open run.",
      ...ofDag,
    },
  ]);
});

test("a run that was previewed is refused once its Dag file or its params are others", async () => {
  const world = await openCommands();
  const describe = (definition: typeof DAG, params: object): string =>
    hashPlan(
      describeNewRun({ version: makeVersion(definition), logicalDate: OTHER, params: params as never }),
    );
  const expected = describe(DAG, {});
  for (const other of [describe({ ...DAG, description: "edited" }, {}), describe(DAG, { since: 1999 })])
    await expect(world.apply({ kind: "run", request: request({ expected: other }) })).rejects.toMatchObject({
      code: "PLAN_CHANGED",
    });
  expect(await world.apply({ kind: "run", request: request({ expected }) })).toMatchObject({ how: "new" });
});

test("a backfill that was previewed is refused once another one would be started", async () => {
  const world = await openCommands();
  const slotted = { ...backfill(), version: makeVersion(DAG), slots: [DATE, OTHER] };
  const plan = () => planBackfill(world.database, world.lake.id, slotted, world.clock.now());
  const expected = hashPlan(describeBackfill(slotted, plan()));
  const edited = makeVersion({ ...DAG, description: "edited" });
  expect(hashPlan(describeBackfill({ ...slotted, version: edited }, plan()))).not.toBe(expected);
  const begin = (): Promise<unknown> => world.apply({ kind: "backfill", request: backfill({ expected }) });
  await world.apply({ kind: "run", request: request() });
  await expect(begin()).rejects.toMatchObject({ code: "PLAN_CHANGED" });
  await world.edit(sql`DELETE FROM dag_runs WHERE logical_date = ${OTHER}`);
  expect(await begin()).toMatchObject({ how: "new", made: 1, skipped: 1 });
});

test("clearing that was previewed is refused once a task of it is in another state", async () => {
  const world = await openCommands();
  const plan = () => describeClear(planClear(world.database, world.lake.id, range()));
  await world.edit(sql`UPDATE task_instances SET state = 'success'`);
  const seen = plan();
  expect(seen).toEqual([
    {
      runId: RUN_ID,
      tasks: [
        { taskId: "a", state: "success" },
        { taskId: "b", state: "success" },
      ],
    },
  ]);
  const clear = (): Promise<unknown> =>
    world.apply({ kind: "clear", request: range({ expected: hashPlan(seen) }) });
  await world.edit(sql`UPDATE task_instances SET state = 'failed' WHERE task_id = 'b'`);
  await expect(clear()).rejects.toMatchObject({ code: "PLAN_CHANGED" });
  await world.edit(sql`UPDATE task_instances SET state = 'success' WHERE task_id = 'b'`);
  expect(await clear()).toEqual({ cleared: [{ runId: RUN_ID, tasks: ["a", "b"] }] });
});

test("who asked for a run is recorded with it: of a backfill only where it creates the run", async () => {
  const world = await openCommands();
  await world.apply({ kind: "run", request: request() });
  await world.apply({ kind: "run", request: request({ logicalDate: DATE }), triggeredBy: "ui" });
  await world.edit(sql`UPDATE dag_runs SET state = 'success', requested_by = 'eva@host'`);
  const later = "2026-11-23T09:00:00.000Z";
  await world.apply({ kind: "backfill", request: backfill({ to: later, reprocess: "completed" }) });
  expect(
    world.database.all(
      sql`SELECT logical_date, run_type, requested_by, triggered_by FROM dag_runs ORDER BY 1`,
    ),
  ).toEqual([
    { logical_date: DATE, run_type: "manual", requested_by: "eva@host", triggered_by: null },
    { logical_date: OTHER, run_type: "manual", requested_by: "eva@host", triggered_by: "cli" },
    { logical_date: later, run_type: "backfill", requested_by: "ana@host", triggered_by: null },
  ]);
});

test("who took a removal back, and why, is recorded with it", async () => {
  const world = await openCommands();
  const of = (why: string) => ({ lakeId: world.lake.id, key: "a.csv", why, by: "eva@host", timezone: "UTC" });
  await world.ports.objects.adopt(world.lake.id, [
    {
      key: "a.csv",
      kind: "file",
      dataset: "films",
      sha256: "f".repeat(64),
      sizeBytes: 1,
      etag: "e",
      logicalDate: DATE,
      answers: null,
    },
  ]);
  await world.apply({ kind: "remove", request: of("a mistake") });
  await world.apply({ kind: "undo_removal", request: of("it was none") });
  expect(
    world.database.all(sql`SELECT requested_by, why, undone_by, undone_why, undone_at FROM removals`),
  ).toEqual([
    {
      requested_by: "eva@host",
      why: "a mistake",
      undone_by: "eva@host",
      undone_why: "it was none",
      undone_at: world.clock.now().toISOString(),
    },
  ]);
});

interface Refused {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

test.each<[string, (world: Commands) => SchedulerCommand, Refused, Before?]>([
  [
    "a task that the Dag does not have is cleared",
    () => ({ kind: "clear", request: range({ taskIds: ["b", "nope"] }) }),
    { code: "TASK_UNKNOWN", message: "demo has no task nope.", hint: "It has a, b." },
  ],
  [
    "a range without a run is cleared",
    () => ({ kind: "clear", request: range({ from: OTHER, to: OTHER }) }),
    {
      code: "RUN_UNKNOWN",
      message: expect.stringMatching(/^demo has no run in this range in the lake file:/) as never,
      hint: "`dagmar runs list demo` shows its runs.",
    },
  ],
  [
    "a running task is cleared",
    () => ({ kind: "clear", request: range() }),
    {
      code: "TASK_RUNNING",
      message: `demo/${RUN_ID} a is running.`,
      hint: `Wait for it, or stop its run: \`dagmar runs cancel demo/${RUN_ID}\``,
    },
    (world) => world.startTask("a"),
  ],
  [
    "a task that the run does not have is marked",
    ({ run }) => ({
      kind: "mark",
      request: { dagRunId: run.dagRunId, taskId: "nope", state: "failed" },
    }),
    { code: "TASK_UNKNOWN", message: `demo/${RUN_ID} has no task nope.`, hint: "It has a, b." },
  ],
  [
    "a date that must be new has a run",
    () => ({ kind: "run", request: request({ logicalDate: DATE, mustBeNew: true }) }),
    {
      code: "RUN_EXISTS",
      message: `demo/${RUN_ID} exists already; it is queued.`,
      hint: "Clear it to run it again, or give another date.",
    },
  ],
  [
    "a rerun names no date",
    () => ({ kind: "run", request: request({ logicalDate: null, isRerun: true }) }),
    {
      code: "USAGE",
      message: "--rerun clears an existing run: name it with --date.",
      hint: "`dagmar runs list demo` shows their dates.",
    },
  ],
  [
    "a run has other params",
    () => ({ kind: "run", request: request({ logicalDate: DATE, params: { since: 1999 } }) }),
    {
      code: "RUN_PARAMS_DIFFER",
      message: expect.stringContaining("exists with other params: since") as never,
      hint: "Give the same params to resume it, or another --date for another run.",
    },
  ],
  [
    "the plan of a run has changed",
    () => ({ kind: "run", request: request({ expected: "another" }) }),
    {
      code: "PLAN_CHANGED",
      message: "What would be done has changed since the preview; nothing was done.",
      hint: "Look at the new preview, then confirm it.",
    },
  ],
  [
    "the plan of a backfill has changed",
    () => ({ kind: "backfill", request: backfill({ expected: "another" }) }),
    {
      code: "PLAN_CHANGED",
      message: "What would be done has changed since the preview; nothing was done.",
      hint: "Look at the new preview, then confirm it.",
    },
  ],
  [
    "another backfill of the Dag is running",
    () => ({ kind: "backfill", request: backfill({ reprocess: "failed" }) }),
    {
      code: "BACKFILL_ACTIVE",
      message:
        "A backfill of demo is already running: 2026-11-23 04:00:00 -03:00 to 2026-11-23 05:00:00 -03:00, --reprocess none.",
      hint: "Wait for it, give the same range to resume it, or cancel it: `dagmar backfill demo --cancel`",
    },
    (world) => world.apply({ kind: "backfill", request: backfill() }),
  ],
  [
    "the Dag is not in the folder",
    () => ({ kind: "pause", request: { dag: { dagId: "none", fingerprint: "f" }, isPaused: true } }),
    {
      code: "DAG_UNKNOWN",
      message: "The Dag folder has no valid Dag none.",
      hint: "`dagmar dags validate` checks them.",
    },
  ],
  [
    "a verification is open",
    () => ({ kind: "verify_lake", request: { prefix: "Raw/", isDeep: true, timezone: "UTC" } }),
    {
      code: "VERIFY_RUNNING",
      message: "Verification 1 of this lake is queued: ana@host asked for it.",
      hint: "Wait until it has ended. A verification ends with the scheduler's process.",
    },
    (world) => world.apply({ kind: "verify_lake", request: { prefix: "", isDeep: false, timezone: "UTC" } }),
  ],
])("%s: refused, and nothing is recorded", async (_what, command, refusal, before) => {
  const world = await openCommands();
  await before?.(world);
  world.events();
  await expect(world.apply(command(world))).rejects.toMatchObject(refusal);
  expect(world.events()).toEqual([]);
});
