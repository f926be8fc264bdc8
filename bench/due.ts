/** How late the first task of a run begins in a real scheduler: a Dag that is due each second, for a minute. */
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { systemClock } from "../cli/process/system-clock.ts";
import { openDatabase } from "../state/sqlite/database.ts";
import { sql } from "../state/sqlite/statement.ts";
import { inform, judgeAtMost, percentile, type Figure } from "./figure.ts";
import { openServiceFolder, startScheduler } from "./scheduler-process.ts";

const MOST_MS = 20;
const DAG = `
dag: each_second
schedule: "* * * * * *"
timezone: UTC
tasks:
  first: { type: noop }
  second: { type: noop, needs: [first] }
`;

interface Lateness {
  readonly started: number;
  readonly ended: number;
}

export async function benchDue(isQuick: boolean): Promise<readonly Figure[]> {
  const workspace = openServiceFolder("due", new Map([["each_second", DAG]]));
  const scheduler = await startScheduler(workspace);
  await delay(isQuick ? 5_000 : 60_500);
  await scheduler.stop();
  const runs = await readLateness(join(workspace.folder, "dagmar.db"));
  const write = (ms: number): string => `${ms.toFixed(0)} ms`;
  const describe = (values: readonly number[]): string =>
    [0.5, 0.95, 1].map((share) => write(percentile(values, share))).join(", ");
  const ended = runs.map((run) => run.ended);
  return [
    inform(
      "due: to the turn that starts the first task; p50, p95, most",
      describe(runs.map((run) => run.started)),
    ),
    judgeAtMost("due: to the first task's end, it being a no-op; p95", MOST_MS, {
      value: percentile(ended, 0.95),
      write,
      note: `p50 ${write(percentile(ended, 0.5))}, most ${write(percentile(ended, 1))}; ${runs.length} runs`,
    }),
  ];
}

/** In milliseconds after the instant at which the run was due. The start is noted before its commit, the end after. */
async function readLateness(databaseFile: string): Promise<readonly Lateness[]> {
  const database = await openDatabase(databaseFile, { clock: systemClock, mode: "read" });
  try {
    return database
      .all<{ logical_date: string; started_at: string; finished_at: string }>(
        sql`SELECT r.logical_date, a.started_at, a.finished_at
          FROM attempts a JOIN task_instances t USING (task_instance_id) JOIN dag_runs r USING (dag_run_id)
          WHERE t.task_id = 'first' AND a.finished_at IS NOT NULL`,
      )
      .map((row) => ({
        started: Date.parse(row.started_at) - Date.parse(row.logical_date),
        ended: Date.parse(row.finished_at) - Date.parse(row.logical_date),
      }));
  } finally {
    await database.close();
  }
}
