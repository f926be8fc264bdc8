/** Statements about inputs and writes: each touches its own task, run, dataset and lake only. */
import { describe, expect, test } from "vitest";
import type { RunFacts } from "../../../model/ports/task-type.ts";
import { readRun } from "../../../state/runs/dag-runs.ts";
import { createInputStore } from "../../../state/runs/inputs.ts";
import { createTestClock } from "../../support/test-world.ts";
import { AT, HERE, openRows, THEN, THERE } from "../rows.ts";
import { sql } from "../../../state/sqlite/statement.ts";

const NEWEST = sql`UPDATE objects SET commit_order = object_id`;
const LOSE_FIVE = sql`UPDATE objects SET is_committed = 0 WHERE object_id = 5`;

describe("inputs", () => {
  const file = { lake: HERE, dataset: "x", kind: "file", is_committed: 1 };
  const definition = (dagIds: readonly string[]) =>
    JSON.stringify({ tasks: [], schedule: { kind: "after", dagIds } });
  const rows = openRows({
    dag_versions: [
      { fingerprint: "after b", definition: definition(["b"]) },
      { fingerprint: "after b, c", definition: definition(["b", "c"]) },
    ],
    dag_runs: [
      { dag_run_id: 11, dag_id: "f", lake: HERE, logical_date: AT, fingerprint: "after b" },
      { dag_run_id: 12, dag_id: "g", lake: HERE, logical_date: AT, fingerprint: "after b, c" },
      { dag_run_id: 13, dag_id: "c", lake: HERE, logical_date: "2026-11-23T23:59:59.999Z" },
      { dag_run_id: 14, dag_id: "b", lake: HERE, logical_date: "2026-11-24T00:00:00.000Z" },
      { dag_run_id: 15, dag_id: "d", lake: HERE, logical_date: "2026-11-23T00:00:00.000Z" },
      {
        dag_run_id: 16,
        dag_id: "h",
        lake: HERE,
        logical_date: "2026-12-01T00:00:00.000Z",
        fingerprint: "after b",
      },
    ],
    task_instances: [11, 12, 16].flatMap((id) => [
      { task_instance_id: id, dag_run_id: id, task_id: "t" },
      { task_instance_id: id + 10, dag_run_id: id, task_id: "u" },
    ]),
    objects: Array.from({ length: 9 }, (_, index) => ({
      object_id: index + 1,
      ...file,
      key: String(index + 1),
    })),
  });
  const store = () => createInputStore(rows.database, createTestClock(THEN));
  const facts = (dagRunId: number) => readRun(rows.database, dagRunId) as unknown as RunFacts;
  const need = (dagRunId: number, changes = {}) => ({
    lakeId: HERE,
    run: facts(dagRunId),
    taskId: "t",
    dataset: "x",
    ...changes,
  });
  const resolve = async (dagRunId: number, lake = HERE) => {
    const input = await store().resolve(need(dagRunId, { lakeId: lake }));
    return input && `${input.source} ${input.object.objectId} ${input.writtenBy ?? ""}`.trim();
  };
  const write = (id: number, dagRunId: number, changes = {}) => ({
    dataset_write_id: id,
    lake: HERE,
    dataset: "x",
    dag_run_id: dagRunId,
    object_id: id,
    task_id: `w${id}`,
    ...changes,
  });

  test.each<readonly [string, number, readonly object[], string | undefined]>([
    ["the same run's newest write", 11, [write(1, 11), write(2, 11), write(3, 3)], "same_run 2 f/run_id"],
    [
      "not that of another dataset",
      11,
      [write(1, 11), write(2, 11, { dataset: "y" })],
      "same_run 1 f/run_id",
    ],
    ["not that of another lake", 11, [write(1, 11), write(2, 11, { lake: THERE })], "same_run 1 f/run_id"],
    [
      "that of the run that it follows, at its date",
      11,
      [write(3, 3), write(4, 13), write(5, 14)],
      "followed_run 3 b/three",
    ],
    [
      "of several that it follows, the day's newest",
      12,
      [write(3, 3), write(4, 13), write(5, 14), write(6, 15)],
      "followed_run 4 c/run_id",
    ],
    ["else the day's newest", 11, [write(4, 13), write(5, 14), write(6, 15)], "same_day 6 d/run_id"],
    ["else the dataset's newest file", 16, [write(4, 13)], "newest 9"],
  ])("%s", async (_which, dagRunId, writes, input) => {
    await rows.database.write((q) => q.run(NEWEST));
    await rows.put({ dataset_writes: writes as Record<string, unknown>[] });
    expect((await resolve(dagRunId))?.replace(/run_id \d+/, "run_id")).toBe(input);
  });

  test("an input is kept for its task, and described as it was found", async () => {
    await rows.put({ dataset_writes: [write(1, 11)] });
    expect(Object.keys(await rows.watchAll(() => resolve(11)))).toEqual(
      ["events 1", "task_inputs 11 x"].toSorted(),
    );
    await rows.put({ dataset_writes: [write(2, 11), write(3, 3, { object_id: 1 })] });
    expect(await rows.watchAll(() => resolve(11))).toEqual({});
    expect(await resolve(11)).toBe("same_run 1 b/three");
    expect(await store().resolve(need(11, { taskId: "u" }))).toMatchObject({ object: { objectId: 2 } });
    expect(await store().resolve(need(11, { dataset: "y" }))).toBeUndefined();
  });

  test("an input that is gone is resolved again", async () => {
    await rows.put({
      dataset_writes: [write(1, 11)],
      task_inputs: [{ task_instance_id: 11, dataset: "x", object_id: 5, source: "newest", resolved_at: AT }],
    });
    await rows.database.write((q) => q.run(LOSE_FIVE));
    const changes = await rows.watchAll(() => resolve(11));
    expect(changes["task_inputs 11 x"]).toEqual({ object_id: 1, source: "same_run", resolved_at: THEN });
  });

  test("a run's write replaces its own of that task and dataset", async () => {
    const same = { dag_run_id: 11, task_id: "t" };
    await rows.put({
      dataset_writes: [
        write(1, 11, same),
        write(2, 11, { ...same, dataset: "y" }),
        write(3, 11),
        write(4, 3, { task_id: "t" }),
      ],
    });
    const record = () =>
      store().recordWrite({ lakeId: HERE, dataset: "x", run: facts(11), taskId: "t", objectId: 7 });
    expect(await rows.watchAll(record)).toEqual({
      "dataset_writes 1": "deleted",
      "dataset_writes 5": "added",
    });
  });

  test("a dataset's writers are listed by name", async () => {
    const writers = (dataset: string) => store().listWriters(facts(12), dataset);
    await rows.put({
      dataset_writes: [write(1, 13), write(2, 3), write(3, 14), write(4, 15, { dataset: "y" })],
    });
    expect([await writers("x"), await writers("y"), await writers("z")]).toEqual([
      ["b", "c"],
      ["d"],
      ["b", "c"],
    ]);
  });
});
