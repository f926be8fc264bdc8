/** The interval and the tasks of a new run. */
import { describe, expect, test } from "vitest";
import { makeRun } from "../../../scheduler/runs/new-run.ts";
import type { DagDefinition } from "../../../model/dag/dag.ts";
import type { DagRun } from "../../../model/run/dag-run.ts";
import { changeRunState, readRun } from "../../../state/runs/dag-runs.ts";
import { listTasksOfRun, saveOutputs } from "../../../state/runs/task-instances.ts";
import { createCsvToIds } from "../../../tasks/csv-to-ids/index.ts";
import { createFileToLake } from "../../../tasks/file-to-lake/index.ts";
import type { AnyTaskType } from "../../../model/ports/task-type.ts";
import { makeDag, makeTask, makeVersion } from "../../support/test-dag.ts";
import { openTestWorld, type TestWorld } from "../../support/test-world.ts";
import { makeType } from "../engine-world.ts";

const WRITER = makeType("writer", () => ({}), {
  exclusiveKey: ({ dataset }) => `records:${JSON.stringify(dataset)}`,
});

const UPSTREAM = makeDag(
  [makeTask("movies", { type: "file-to-lake", with: { dataset: "movies", file: "m.csv", key: "R/m.csv" } })],
  {
    dagId: "csv_ingest",
    schedule: { kind: "cron", expression: "0 6 * * *" },
  },
);
const DOWNSTREAM = makeDag(
  [makeTask("ids", { type: "csv-to-ids", with: { source: { dataset: "movies" }, id: "id" } })],
  {
    dagId: "tmdb_ingest",
    schedule: { kind: "after", dagIds: ["csv_ingest"] },
  },
);

interface RunWorld extends TestWorld {
  readonly make: (dag: DagDefinition, logicalDate: string, onlyTasks?: readonly string[]) => Promise<DagRun>;
  readonly store: (name: string) => Promise<number>;
  readonly succeed: (run: DagRun, objectId: number) => Promise<void>;
}

async function openRunWorld(): Promise<RunWorld> {
  const world = await openTestWorld();
  const types: readonly AnyTaskType[] = [createFileToLake(world.folder), createCsvToIds(), WRITER];
  const registry = new Map(types.map((type) => [type.type, type]));
  const facts = await world.makeRunFacts("2000-01-01T00:00:00Z");
  return {
    ...world,
    make: (dag, logicalDate, onlyTasks) =>
      world.database.write((query) =>
        makeRun(
          query,
          { registry, lakeId: world.lake.id },
          {
            version: makeVersion(dag),
            runType: "manual",
            logicalDate: new Date(logicalDate),
            params: dag.params,
            onlyTasks: onlyTasks ?? null,
            isRefetch: false,
          },
          world.clock.now(),
        ),
      ),
    store: async (name) => {
      const { objects } = world.ports;
      const objectId = await objects.prepareFile({
        lakeId: world.lake.id,
        dataset: "movies",
        key: `R/${name}.csv`,
        sha256: "a".repeat(64),
        sizeBytes: 1,
        run: facts,
        taskId: "movies",
      });
      await objects.commitFile(objectId, "etag");
      return objectId;
    },
    succeed: (run, objectId) =>
      world.database.write((query) => {
        for (const state of ["running", "success"] as const) {
          changeRunState(query, readRun(query, run.dagRunId), state, world.clock.now());
        }
        const [task] = listTasksOfRun(query, run.dagRunId);
        saveOutputs(query, task?.taskInstanceId ?? 0, { object_id: objectId });
      }),
  };
}

describe("the interval", () => {
  test("of a cron Dag reaches from the slot before to the logical date", async () => {
    const { make } = await openRunWorld();
    expect(await make(UPSTREAM, "2026-11-23T09:00:00Z")).toMatchObject({
      intervalStart: "2026-11-22T09:00:00.000Z",
      intervalEnd: "2026-11-23T09:00:00.000Z",
    });
  });

  test("of a cron Dag's manual run in between begins at the last slot", async () => {
    const { make } = await openRunWorld();
    expect(await make(UPSTREAM, "2026-11-23T15:30:00Z")).toMatchObject({
      intervalStart: "2026-11-23T09:00:00.000Z",
      intervalEnd: "2026-11-23T15:30:00.000Z",
    });
  });

  test("of a Dag after another is that one's", async () => {
    const { make, succeed, store } = await openRunWorld();
    await succeed(await make(UPSTREAM, "2026-11-23T09:00:00Z"), await store("m"));
    expect(await make(DOWNSTREAM, "2026-11-23T09:00:00Z")).toMatchObject({
      intervalStart: "2026-11-22T09:00:00.000Z",
      intervalEnd: "2026-11-23T09:00:00.000Z",
    });
  });

  test.each([
    ["a manual Dag", makeDag([])],
    ["a Dag after another that has no run of that date", DOWNSTREAM],
  ])("of %s is empty", async (_, dag) => {
    const { make } = await openRunWorld();
    const date = "2026-11-23T09:00:00.000Z";
    expect(await make(dag, date)).toMatchObject({ intervalStart: date, intervalEnd: date });
  });
});

describe("tasks", () => {
  test("get their exclusive key from options whose params are known", async () => {
    const { make, database } = await openRunWorld();
    const dag = makeDag(
      [makeTask("a", { type: "writer", pool: "tmdb", with: { dataset: "${params.name}" } })],
      {
        params: { name: "titles" },
      },
    );
    const run = await make(dag, "2026-11-23T09:00:00Z");
    expect(listTasksOfRun(database, run.dagRunId)).toMatchObject([
      { taskId: "a", state: "none", pool: "tmdb", exclusiveKey: 'records:"titles"' },
    ]);
  });

  test("are those asked for, in the Dag's order", async () => {
    const { make, database } = await openRunWorld();
    const dag = makeDag(["a", "b", "c"].map((taskId) => makeTask(taskId, { type: "writer" })));
    const run = await make(dag, "2026-11-23T09:00:00Z", ["c", "a"]);
    expect(listTasksOfRun(database, run.dagRunId).map(({ taskId }) => taskId)).toEqual(["a", "c"]);
  });
});
