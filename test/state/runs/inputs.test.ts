/**
 * Which object a task reads: the nearest source first, the same for all its attempts, and resolved again after a
 * clear.
 */
import { beforeEach, describe, expect, test } from "vitest";
import type { DagDefinition } from "../../../model/dag/dag.ts";
import type { DagRun } from "../../../model/run/dag-run.ts";
import type { TaskInput } from "../../../model/ports/input-store.ts";
import { readRunFacts } from "../../../scheduler/attempts/render-options.ts";
import { addTasks, createRun, saveDagVersion } from "../../../state/runs/dag-runs.ts";
import { sql } from "../../../state/sqlite/statement.ts";
import { clearTask, listTasksOfRun } from "../../../state/runs/task-instances.ts";
import { makeDag, makeTask, makeVersion } from "../../support/test-dag.ts";
import { openTestWorld, type TestWorld } from "../../support/test-world.ts";

const ZONE = { timezone: "America/Sao_Paulo" };
const CSV = makeDag([makeTask("movies")], { dagId: "csv_ingest", ...ZONE });
const AFTER = makeDag([makeTask("ids")], {
  dagId: "tmdb_ingest",
  schedule: { kind: "after", dagIds: ["csv_ingest"] },
  ...ZONE,
});
const AFTER_TWO = makeDag([makeTask("ids")], {
  dagId: "both_ingest",
  schedule: { kind: "after", dagIds: ["csv_ingest", "oscar_ingest"] },
  ...ZONE,
});

let world: TestWorld;
beforeEach(async () => {
  world = await openTestWorld();
});

function makeRun(dag: DagDefinition, logicalDate: string, lakeId = world.lake.id): Promise<DagRun> {
  return world.database.write((query) => {
    const version = makeVersion(dag);
    saveDagVersion(query, version, world.clock.now());
    const run = createRun(query, {
      lakeId,
      version,
      runType: "manual",
      logicalDate: new Date(logicalDate),
      interval: null,
      params: {},
      onlyTasks: null,
      isRefetch: false,
      now: world.clock.now(),
    });
    const tasks = dag.tasks.map(({ taskId }) => ({
      taskId,
      type: "noop",
      pool: "default",
      exclusiveKey: null,
    }));
    addTasks(query, run, tasks);
    return run;
  });
}

/** An object of the dataset that the run has stored and committed. */
async function store(run: DagRun, name: string, dataset = "movies"): Promise<number> {
  const { objects, inputs } = world.ports;
  const lakeId = run.lake ?? "";
  const facts = readRunFacts(run);
  const objectId = await objects.prepareFile({
    lakeId,
    dataset,
    key: `R/${dataset}/${name}.csv`,
    sha256: name,
    sizeBytes: 1,
    run: facts,
    taskId: "movies",
  });
  await objects.commitFile(objectId, "etag");
  await inputs.recordWrite({ lakeId, dataset, run: facts, taskId: "movies", objectId });
  return objectId;
}

function resolve(
  run: DagRun,
  taskId = "ids",
  dataset = "movies",
  lakeId = world.lake.id,
): Promise<TaskInput | undefined> {
  return world.ports.inputs.resolve({ lakeId, run: readRunFacts(run), taskId, dataset });
}

const told = async (input: Promise<TaskInput | undefined>): Promise<string | undefined> => {
  const found = await input;
  return found === undefined ? undefined : `${found.object.sha256}, ${found.source}`;
};

describe("the nearest source is taken", () => {
  test("the object of the same run, even if others wrote later", async () => {
    const run = await makeRun(CSV, "2026-11-01T09:00:00Z");
    await store(run, "own");
    await store(await makeRun(CSV, "2026-11-01T10:00:00Z"), "later");
    expect(await told(resolve(run, "movies"))).toBe("own, same_run");
  });

  test("else that of the followed run of its date, even if a later run of the day wrote too", async () => {
    await store(await makeRun(CSV, "2026-11-01T09:00:00Z"), "followed");
    await store(await makeRun(CSV, "2026-11-01T10:00:00Z"), "later");
    expect(await told(resolve(await makeRun(AFTER, "2026-11-01T09:00:00Z")))).toBe("followed, followed_run");
  });

  test("if several Dags are followed, the object that one of them wrote on the day", async () => {
    await store(await makeRun(CSV, "2026-11-01T09:00:00Z"), "followed");
    await store(await makeRun(makeDag([], { dagId: "other" }), "2026-11-01T10:00:00Z"), "later");
    expect(await told(resolve(await makeRun(AFTER_TWO, "2026-11-01T12:00:00Z")))).toBe(
      "followed, followed_run",
    );
  });

  test("else the newest object of runs of its day, in the zone of the reading Dag", async () => {
    await store(await makeRun(CSV, "2026-11-02T03:30:00Z"), "next day");
    await store(await makeRun(CSV, "2026-11-01T03:30:00Z"), "early");
    await store(await makeRun(CSV, "2026-11-02T02:30:00Z"), "late");
    await store(await makeRun(CSV, "2026-11-01T02:30:00Z"), "day before");
    expect(await told(resolve(await makeRun(AFTER, "2026-11-01T12:00:00Z")))).toBe("late, same_day");
  });

  test("else the newest object of the dataset", async () => {
    await store(await makeRun(CSV, "2026-10-01T09:00:00Z"), "old");
    await store(await makeRun(CSV, "2026-09-01T09:00:00Z"), "newest");
    await store(await makeRun(CSV, "2026-11-01T09:00:00Z"), "other dataset", "series");
    expect(await told(resolve(await makeRun(AFTER, "2026-11-01T09:00:00Z")))).toBe("newest, newest");
  });

  test("a run that wrote again counts with its last object", async () => {
    const run = await makeRun(CSV, "2026-11-01T09:00:00Z");
    await store(run, "first");
    await store(await makeRun(CSV, "2026-11-01T08:00:00Z"), "between");
    await store(run, "again");
    expect(await told(resolve(await makeRun(AFTER, "2026-11-01T10:00:00Z")))).toBe("again, same_day");
  });

  test("an unchanged object counts as written by the run, even if it is older in the lake", async () => {
    const objectId = await store(await makeRun(CSV, "2026-10-01T09:00:00Z"), "same");
    await store(await makeRun(CSV, "2026-10-02T09:00:00Z"), "other");
    const run = await makeRun(CSV, "2026-11-01T09:00:00Z");
    const facts = readRunFacts(run);
    await world.ports.inputs.recordWrite({
      lakeId: world.lake.id,
      dataset: "movies",
      run: facts,
      taskId: "movies",
      objectId,
    });
    const input = await resolve(await makeRun(AFTER, "2026-11-01T09:00:00Z"));
    expect(input).toMatchObject({
      source: "followed_run",
      writtenBy: `csv_ingest/${run.runId}`,
      object: { objectId },
    });
  });

  const LOST = {
    gone: (objectId: number) => world.ports.objects.markMissing([objectId]),
    foreign: () =>
      world.ports.objects.adopt(world.lake.id, [
        {
          key: "R/movies/lost.csv",
          kind: "foreign",
          dataset: null,
          sha256: null,
          sizeBytes: 1,
          etag: "other",
          logicalDate: null,
          answers: null,
        },
      ]),
  } as const;
  const PLACES = [
    { source: "same_run", written: "2026-11-01T09:00:00Z", dag: CSV, read: "2026-11-01T09:00:00Z" },
    { source: "followed_run", written: "2026-11-01T09:00:00Z", dag: AFTER, read: "2026-11-01T09:00:00Z" },
    { source: "same_day", written: "2026-11-01T09:00:00Z", dag: AFTER, read: "2026-11-01T10:00:00Z" },
    { source: "newest", written: "2026-10-31T09:00:00Z", dag: AFTER, read: "2026-11-01T10:00:00Z" },
  ] as const;
  const CASES = PLACES.flatMap((place) => [
    { ...place, what: "gone" as const },
    { ...place, what: "foreign" as const },
  ]);
  test.each(CASES)(
    "an object ($source) that is known to be $what is skipped for an older one, also by a retry",
    async ({ source, written, dag, read, what }) => {
      await store(await makeRun(CSV, "2026-09-01T09:00:00Z"), "old");
      const writer = await makeRun(CSV, written);
      const objectId = await store(writer, "lost");
      const reader = source === "same_run" ? writer : await makeRun(dag, read);
      const taskId = source === "same_run" ? "movies" : "ids";
      expect(await told(resolve(reader, taskId))).toBe(`lost, ${source}`);
      await LOST[what](objectId);
      expect(await told(resolve(reader, taskId))).toBe("old, newest");
      const count = () => world.database.all(sql`SELECT 1 FROM events WHERE kind = 'input_resolved'`).length;
      const resolved = count();
      expect(await told(resolve(reader, taskId))).toBe("old, newest");
      expect(count()).toBe(resolved);
      if (source === "same_run") return;
      expect(await told(resolve(await makeRun({ ...AFTER, dagId: "other" }, read)))).toBe("old, newest");
    },
  );

  test("objects of another lake do not count", async () => {
    await store(await makeRun(CSV, "2026-11-01T09:00:00Z"), "here");
    const run = await makeRun(AFTER, "2026-11-01T09:00:00Z", "s3://other");
    expect(await resolve(run, "ids", "movies", "s3://other")).toBeUndefined();
  });
});

describe("what was resolved", () => {
  test("stays for later attempts, even if a nearer or newer object was written since", async () => {
    await store(await makeRun(CSV, "2026-10-01T09:00:00Z"), "old");
    const run = await makeRun(AFTER, "2026-11-01T09:00:00Z");
    expect(await told(resolve(run))).toBe("old, newest");
    await store(await makeRun(CSV, "2026-11-01T09:00:00Z"), "followed");
    expect(await told(resolve(run))).toBe("old, newest");
  });

  test("is resolved again after the task is cleared, for that task only", async () => {
    const dag = makeDag([makeTask("ids"), makeTask("more")], { dagId: "two", ...ZONE });
    await store(await makeRun(CSV, "2026-10-01T09:00:00Z"), "old");
    const run = await makeRun(dag, "2026-11-01T09:00:00Z");
    await Promise.all([resolve(run, "ids"), resolve(run, "more")]);
    await store(await makeRun(CSV, "2026-11-01T09:00:00Z"), "new");
    await world.database.write((query) => {
      const [ids] = listTasksOfRun(query, run.dagRunId);
      if (ids !== undefined) clearTask(query, run, ids, world.clock.now());
    });
    expect(await told(resolve(run, "ids"))).toBe("new, same_day");
    expect(await told(resolve(run, "more"))).toBe("old, newest");
  });

  test("is nothing while the lake has no object, and that is not stored", async () => {
    const run = await makeRun(AFTER, "2026-11-01T09:00:00Z");
    expect(await resolve(run)).toBeUndefined();
    await store(await makeRun(CSV, "2026-10-01T09:00:00Z"), "first");
    expect(await told(resolve(run))).toBe("first, newest");
  });

  test("is an event that names task, object and writer", async () => {
    const writer = await makeRun(CSV, "2026-11-01T09:00:00Z");
    await store(writer, "movies");
    const run = await makeRun(AFTER, "2026-11-01T09:00:00Z");
    await resolve(run);
    await resolve(run);
    const events = world.database.all<{ message: string }>(
      sql`SELECT message FROM events WHERE kind = 'input_resolved'`,
    );
    expect(events).toEqual([
      {
        message: `tmdb_ingest/${run.runId} ids reads R/movies/movies.csv for movies, written by csv_ingest/${writer.runId} (followed_run).`,
      },
    ]);
  });
});

test("a dataset's Dags are those that wrote it, else those that the reader's Dag follows", async () => {
  const { inputs } = world.ports;
  const reader = readRunFacts(await makeRun(AFTER_TWO, "2026-11-01T09:00:00Z"));
  expect(await inputs.listWriters(reader, "movies")).toEqual(["csv_ingest", "oscar_ingest"]);
  await store(await makeRun(makeDag([], { dagId: "other" }), "2026-10-01T09:00:00Z"), "x");
  expect(await inputs.listWriters(reader, "movies")).toEqual(["other"]);
  const alone = readRunFacts(await makeRun(makeDag([]), "2026-11-01T09:00:00Z"));
  expect(await inputs.listWriters(alone, "series")).toEqual([]);
});
