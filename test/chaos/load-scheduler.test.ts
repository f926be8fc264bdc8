/** A thousand Dags of five tasks, each due every minute: no slot missed, none doubled, and neither memory nor a turn grows. */
import { execFile } from "node:child_process";
import { realpathSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import BetterSqlite3 from "better-sqlite3";
import { expect, test } from "vitest";
import { makeTempFolder } from "../support/test-world.ts";
import { bundleProgram } from "./load/bundle-program.ts";
import { isLong, describeFigures } from "./load/lane.ts";

const DAGS = 1_000;
const TASKS = 5;
const MINUTES = isLong ? 60 : 3;
const LIMIT_MS = isLong ? 45 * 60_000 : 150_000;
/** What may stay in memory of each further task instance, on average. A joined signal that was never released was 3,500. */
const MOST_BYTES_LEFT = 500;
const MOST_RSS_MIB = 600;

interface MinuteLine {
  readonly minute: number;
  readonly ms: number;
  readonly ticks: number;
  readonly tickMedianMs: number;
  readonly rssMiB: number;
  readonly heapMiB: number;
}

interface EndLine {
  readonly errors: readonly string[];
  readonly peakMiB: number;
}

test(
  `${DAGS} Dags of ${TASKS} tasks, each due every minute, for ${MINUTES} minutes: all done, each once, in flat memory`,
  async () => {
    const folder = realpathSync(makeTempFolder());
    const program = await bundleProgram("test/chaos/load/scheduler-program.ts", folder);
    const { minutes, end } = await run(program, folder);

    expect(end.errors).toEqual([]);
    expect(judge(join(folder, "dagmar.db"))).toEqual({
      runs: DAGS * MINUTES,
      slots: DAGS * MINUTES,
      slotsOfEachDag: [{ least: MINUTES, most: MINUTES }],
      states: [{ state: "success", n: DAGS * MINUTES }],
      tasks: [{ state: "success", n: DAGS * MINUTES * TASKS, started: 1 }],
      attempts: [{ state: "success", n: DAGS * MINUTES * TASKS }],
      firstToLastMinutes: MINUTES - 1,
      tooEarly: 0,
      skips: 0,
      integrity: "ok",
    });

    const [first] = minutes;
    const last = minutes.at(-1);
    if (first === undefined || last === undefined) throw new Error("it reported nothing");
    const seconds = minutes.reduce((sum, { ms }) => sum + ms / 1000, 0);
    const bytesLeft = ((last.heapMiB - first.heapMiB) * 2 ** 20) / ((MINUTES - 1) * DAGS * TASKS);
    const slowest = Math.max(...minutes.map(({ ms }) => ms));
    describeFigures(`${DAGS} Dags × ${TASKS} tasks × ${MINUTES} minutes`, {
      "task instances": DAGS * MINUTES * TASKS,
      "task instances a second": (DAGS * MINUTES * TASKS) / seconds,
      "real seconds of a minute, mean": seconds / MINUTES,
      "real seconds of a minute, slowest": slowest / 1000,
      "ms of a turn, median, first minute": first.tickMedianMs,
      "ms of a turn, median, last minute": last.tickMedianMs,
      "turns of a minute": last.ticks,
      "heap MiB after a collection, first minute": first.heapMiB,
      "heap MiB after a collection, last minute": last.heapMiB,
      "bytes left of a task instance": bytesLeft,
      "RSS MiB, largest after a collection": Math.max(...minutes.map(({ rssMiB }) => rssMiB)),
      "peak MiB": end.peakMiB,
    });
    expect(bytesLeft).toBeLessThan(MOST_BYTES_LEFT);
    expect(end.peakMiB).toBeLessThan(MOST_RSS_MIB);
    // What was due in a minute is done within it, on a machine that others use.
    expect(slowest).toBeLessThan(60_000);
    expect(medianTurn(minutes.slice(-5))).toBeLessThan(3 * medianTurn(minutes.slice(0, 5)));
  },
  LIMIT_MS,
);

async function run(
  program: string,
  folder: string,
): Promise<{ readonly minutes: readonly MinuteLine[]; readonly end: EndLine }> {
  const args = ["--folder", folder, "--dags", String(DAGS), "--minutes", String(MINUTES)];
  const { stdout } = await promisify(execFile)(process.execPath, ["--expose-gc", program, ...args], {
    timeout: LIMIT_MS - 5_000,
    killSignal: "SIGKILL",
  });
  const lines = stdout.trimEnd().split("\n");
  return {
    minutes: lines.slice(0, -1).map((line) => JSON.parse(line) as MinuteLine),
    end: JSON.parse(lines.at(-1) ?? "") as EndLine,
  };
}

function medianTurn(minutes: readonly MinuteLine[]): number {
  const sorted = minutes.map(({ tickMedianMs }) => tickMedianMs).toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

/** What the database says, read by plain SQL. */
function judge(file: string) {
  const database = new BetterSqlite3(file, { readonly: true });
  const all = (sql: string): unknown[] => database.prepare(sql).all();
  const one = (sql: string): unknown => database.prepare(sql).pluck().get();
  try {
    return {
      runs: one("SELECT count(*) FROM dag_runs"),
      slots: one("SELECT count(*) FROM (SELECT DISTINCT dag_id, logical_date FROM dag_runs)"),
      slotsOfEachDag: all(
        `SELECT min(n) AS least, max(n) AS most FROM (SELECT count(*) AS n FROM dag_runs GROUP BY dag_id)`,
      ),
      states: all("SELECT state, count(*) AS n FROM dag_runs GROUP BY state"),
      tasks: all(
        `SELECT state, count(*) AS n, max(attempt_count) AS started FROM task_instances GROUP BY state`,
      ),
      attempts: all("SELECT state, count(*) AS n FROM attempts GROUP BY state"),
      firstToLastMinutes: one(
        `SELECT CAST(round((julianday(max(logical_date)) - julianday(min(logical_date))) * 1440) AS INTEGER)
          FROM dag_runs`,
      ),
      tooEarly: one("SELECT count(*) FROM dag_runs WHERE started_at < logical_date"),
      skips: one("SELECT count(*) FROM events WHERE kind = 'slots_skipped'"),
      integrity: one("PRAGMA integrity_check"),
    };
  } finally {
    database.close();
  }
}
