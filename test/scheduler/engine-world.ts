/** An engine on a real database with task types of the test's own, and a clock that the test moves. */
import { z } from "zod";
import { createInProcessExecutor } from "../../scheduler/attempts/in-process-executor.ts";
import { DrainRequested } from "../../scheduler/attempts/stop-reasons.ts";
import { driveRuns } from "../../scheduler/engine/drive-runs.ts";
import type { EngineTools } from "../../scheduler/engine/engine.ts";
import { makeRun } from "../../scheduler/runs/new-run.ts";
import { startWorkerThread } from "../../scheduler/attempts/worker-thread.ts";
import type { DagDefinition, Params, TaskDefinition } from "../../model/dag/dag.ts";
import type { DagRun } from "../../model/run/dag-run.ts";
import type { TaskInstance } from "../../model/run/task-instance.ts";
import type { TaskPorts } from "../../model/ports/task-ports.ts";
import type { AnyTaskType, TaskContext, TaskOutput } from "../../model/ports/task-type.ts";
import { sql } from "../../state/sqlite/statement.ts";
import { listTasksOfRun } from "../../state/runs/task-instances.ts";
import { makeDag, makeTask, makeVersion } from "../support/test-dag.ts";
import { openTestWorld, silentLog, type TestWorld } from "../support/test-world.ts";
import { createJsonExecutor, type Crossings } from "../support/json-executor.ts";
import { createHandClock, type HandClock } from "../support/hand-clock.ts";

export type Work = (
  context: TaskContext<Record<string, unknown>, TaskPorts>,
) => TaskOutput | Promise<TaskOutput>;

/** A task type that takes any options. */
export function makeType(type: string, run: Work, changes: Partial<AnyTaskType> = {}): AnyTaskType {
  return {
    type,
    summary: "",
    options: z.record(z.string(), z.unknown()),
    ownTemplateNames: [],
    outputNames: [],
    writes: () => undefined,
    reads: () => [],
    exclusiveKey: () => null,
    run: async (context) => run(context as TaskContext<Record<string, unknown>, TaskPorts>),
    ...changes,
  };
}

/** A gate that a test waits for and opens. */
export interface Gate {
  readonly opened: Promise<void>;
  readonly open: () => void;
}

export function makeGate(): Gate {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

export interface EngineWorld extends Omit<TestWorld, "clock"> {
  readonly clock: HandClock;
  /** The engine's reports, in order: `started a 1`, `settled a success`, `ended success`. */
  readonly told: readonly string[];
  /** Its executor's requests and results. */
  readonly crossings: Crossings;
  readonly tools: EngineTools;
  readonly makeRun: (dag: DagDefinition, logicalDate?: string, params?: Params) => Promise<DagRun>;
  readonly drive: (...runs: readonly DagRun[]) => Promise<readonly DagRun[]>;
  readonly drain: () => void;
  /** The states of the run's tasks by id, as the rows are now. */
  readonly states: (run: DagRun) => Readonly<Record<string, string>>;
  readonly task: (run: DagRun, taskId: string) => TaskInstance;
  readonly attempts: () => readonly {
    readonly state: string;
    readonly error_code: string | null;
    readonly error: string | null;
  }[];
}

export interface EngineWorldOptions {
  readonly pools?: Readonly<Record<string, number>>;
  readonly maxActiveTasks?: number;
  readonly random?: () => number;
}

export async function openEngineWorld(
  works: Readonly<Record<string, Work | AnyTaskType>>,
  options: EngineWorldOptions = {},
): Promise<EngineWorld> {
  const clock = createHandClock();
  const world = await openTestWorld({ clock: Object.assign(clock, { set: () => undefined }) });
  const registry = new Map(
    Object.entries(works).map(([name, work]) => [
      name,
      typeof work === "function" ? makeType(name, work) : work,
    ]),
  );
  const told: string[] = [];
  const crossings: Crossings = { requests: [], results: [] };
  const draining = new AbortController();
  const tools: EngineTools = {
    ...world,
    clock,
    log: silentLog,
    executor: createJsonExecutor(
      createInProcessExecutor({
        ...world,
        registry,
        clock,
        log: silentLog,
        startWorker: startWorkerThread,
      }),
      crossings,
    ),
    lakeId: world.lake.id,
    identity: { pid: 1, host: "test", processStarted: "now" },
    leaseEpoch: 1,
    databaseId: "test",
    limits: {
      pools: new Map(Object.entries({ default: 16, ...options.pools })),
      maxActiveTasks: options.maxActiveTasks ?? 32,
    },
    random: options.random ?? (() => 0),
    observer: {
      taskStarted: (_, { taskId }, attempt) => told.push(`started ${taskId} ${attempt}`),
      taskSettled: (_, { taskId }, end) => told.push(`settled ${taskId} ${end.state}`),
      runEnded: (run) => told.push(`ended ${run.state}`),
    },
  };
  const tasksOf = (run: DagRun) => listTasksOfRun(world.database, run.dagRunId);
  return {
    ...world,
    clock,
    told,
    crossings,
    tools,
    makeRun: (dag, logicalDate = "2026-11-23T09:00:00Z", params = {}) =>
      world.database.write((query) =>
        makeRun(
          query,
          { registry, lakeId: world.lake.id },
          {
            version: makeVersion(dag),
            runType: "manual",
            logicalDate: new Date(logicalDate),
            params: { ...dag.params, ...params },
            onlyTasks: null,
            isRefetch: false,
          },
          clock.now(),
        ),
      ),
    drive: (...runs) =>
      driveRuns(
        tools,
        runs.map(({ dagRunId }) => dagRunId),
        draining.signal,
      ),
    drain: () => {
      draining.abort(new DrainRequested("the test drains"));
    },
    states: (run) => Object.fromEntries(tasksOf(run).map(({ taskId, state }) => [taskId, state])),
    task: (run, taskId) => {
      const found = tasksOf(run).find((task) => task.taskId === taskId);
      if (found === undefined) throw new Error(`there is no task ${taskId}`);
      return found;
    },
    attempts: () =>
      world.database.all(
        sql`SELECT state, error_code, error FROM attempts ORDER BY task_instance_id, number`,
      ),
  };
}

/** A Dag of tasks, each given by its type, its needs and other relevant fields. */
export function makeChain(
  ...tasks: readonly (Partial<TaskDefinition> & { readonly taskId: string })[]
): DagDefinition {
  return makeDag(tasks.map(({ taskId, ...changes }) => makeTask(taskId, { type: taskId, ...changes })));
}
