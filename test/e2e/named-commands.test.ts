/** The command that a preview names, and the one that an order without a scheduler names, does the same. */
import { expect, test } from "vitest";
import { describeOrder } from "../../app/describe-order.ts";
import { openDatabase } from "../../state/sqlite/database.ts";
import { createHandClock } from "../support/hand-clock.ts";
import { untilReady, useServiceWorld } from "../support/service-process.ts";

const DATE = "2026-11-21";
/** Of a run of one task. */
const FIRST_ONLY = "2026-11-15T06:00:00.000Z";

/** None of them needs quotes. */
const readWords = (command: string): readonly string[] => command.split(" ").slice(1);

test("each command that a preview or a refused order names works as it is printed", async () => {
  const world = useServiceWorld();
  world.writeDag(
    "daily",
    'schedule: "0 6 * * *"\nparams: { limit: 1 }\ntasks:\n  a: { type: noop }\n  b: { type: noop, needs: [a] }\n',
  );
  const scheduler = await world.startScheduler();
  await untilReady(scheduler);
  const preview = async (kind: string, body: unknown): Promise<string> => {
    const reply = await fetch(`${scheduler.url}/api/dagmar/dags/daily/preview/${kind}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    const { command } = (await reply.json()) as { command: string };
    return command;
  };
  const follow = async (command: string): Promise<void> => {
    const { exitCode, stderr } = await world.run(readWords(command));
    expect(exitCode, `${command}\n${stderr}`).toBe(0);
  };

  await follow(await preview("trigger", { logical_date: DATE, conf: { limit: 4 } }));
  const [run] = world.query<{ run_id: string; id: number; params: string }>(
    "SELECT run_id, dag_run_id AS id, params FROM dag_runs",
  );
  expect(run?.params).toBe('{"limit":4}');
  await follow(`dagmar run daily --date ${DATE} --param limit=4`);
  await follow(`dagmar run daily --date ${FIRST_ONLY} --task a`);
  await follow(await preview("mark", { dag_run_id: run?.run_id, task_id: "b", new_state: "failed" }));
  await follow(await preview("clear", { dag_run_id: run?.run_id, task_ids: ["b"], only_failed: true }));
  await follow(await preview("backfill", { from_date: "2026-11-18", to_date: "2026-11-19" }));
  expect(world.readStates("v_runs", "daily").length).toBe(4);

  const database = await openDatabase(world.databaseFile, { clock: createHandClock(), mode: "read" });
  const dag = { dagId: "daily", fingerprint: "" };
  const dagRunId = run?.id ?? 0;
  const again = describeOrder(database, {
    kind: "run",
    request: {
      dag,
      logicalDate: `${DATE}T06:00:00.000Z`,
      params: { limit: 4 },
      isNew: false,
      onlyTasks: null,
      namedTasks: [],
      isRerun: true,
      isRefetch: false,
    },
  });
  const backfill = describeOrder(database, {
    kind: "backfill",
    request: {
      dag,
      from: "2026-11-17",
      to: "2026-11-17",
      reprocess: "none",
      isRefetch: false,
      maxActive: null,
    },
  });
  const single = describeOrder(database, {
    kind: "run",
    request: {
      dag,
      logicalDate: FIRST_ONLY,
      params: { limit: 1 },
      isNew: false,
      onlyTasks: ["a"],
      namedTasks: [],
      isRerun: true,
      isRefetch: false,
    },
  });
  const cancel = describeOrder(database, { kind: "cancel_run", dagRunId });
  await database.close();
  await scheduler.stop();
  for (const command of [again, backfill, single, cancel]) await follow(command ?? "");
  expect(world.readStates("v_runs", "daily").length).toBe(5);
  // It did not become a run of all tasks.
  const tasksOf = "SELECT task_id FROM v_tasks WHERE logical_date = ?";
  expect(world.query(tasksOf, FIRST_ONLY)).toEqual([{ task_id: "a" }]);
}, 120_000);
