/** What answers of the API cost: a grid of a year, and the same requests in front of a short and of a long history. */
import { join } from "node:path";
import { systemClock } from "../cli/process/system-clock.ts";
import type { DagDefinition } from "../model/dag/dag.ts";
import { openDatabase } from "../state/sqlite/database.ts";
import { makeDag, makeTask } from "../test/support/test-dag.ts";
import { ANONYMOUS } from "../model/access/user.ts";
import { createReader } from "../web/reading/answer-reads.ts";
import { inform, judgeAtMost, median, type Figure } from "./figure.ts";
import { writeHistory } from "./history.ts";
import { openFolder } from "./workspace.ts";

const YEAR = { runs: 365, tasks: 40 };
const SHORT = { runs: 100, tasks: 2 };
const LONG = { runs: 100_000, tasks: 2 };
const MOST_GRID_MS = 30;
/** A long history over a short one. */
const MOST_GROWTH = 1.5;

interface History {
  readonly runs: number;
  readonly tasks: number;
}

const PAGES: Readonly<Record<string, readonly [path: string, search: string]>> = {
  "grid of 80 runs": ["/api/dagmar/grid/daily", ""],
  "newest 100 runs": ["/api/v2/dags/daily/dagRuns", "?limit=100&order_by=-logical_date"],
  "list of Dags": ["/api/v2/dags", ""],
};

export async function benchAnswers(isQuick: boolean): Promise<readonly Figure[]> {
  const rounds = isQuick ? 5 : 51;
  const year = await measure(YEAR, rounds, { grid: ["/api/dagmar/grid/daily", `?limit=${YEAR.runs}`] });
  const grid = year.get("grid") ?? Number.NaN;
  const short = await measure(SHORT, rounds, PAGES);
  const long = await measure(isQuick ? { ...LONG, runs: 10_000 } : LONG, rounds, PAGES);
  return [
    judgeAtMost(`web: grid of ${YEAR.runs} runs and ${YEAR.tasks} tasks`, MOST_GRID_MS, {
      value: grid,
      write: writeMs,
      note: `median of ${rounds}`,
    }),
    ...Object.keys(PAGES).flatMap((page) => {
      const ms = short.get(page) ?? Number.NaN;
      const longMs = long.get(page) ?? Number.NaN;
      return [
        inform(`web: ${page}, ${SHORT.runs} runs`, writeMs(ms)),
        judgeAtMost(`web: ${page}, growth to 100,000 runs`, MOST_GROWTH, {
          value: longMs / ms,
          write: (growth) => growth.toFixed(2),
          note: writeMs(longMs),
        }),
      ];
    }),
  ];
}

/** The median time of each answer, in ms. */
async function measure(
  history: History,
  rounds: number,
  pages: typeof PAGES,
): Promise<ReadonlyMap<string, number>> {
  const folder = openFolder(`web-${history.runs}`);
  const databaseFile = join(folder, "dagmar.db");
  const database = await openDatabase(databaseFile, { clock: systemClock, mode: "create" });
  await writeHistory(database, makeDaily(history.tasks), history.runs, new Date("2026-11-23T09:00:00Z"));
  await database.close();
  const reader = createReader(
    {
      databaseFile,
      lakeId: "file:///lake/",
      dagsFolder: folder,
      logsFolder: folder,
      version: "bench",
      timezone: "UTC",
      limits: { pools: new Map(), maxActiveTasks: 32 },
      settings: [],
      base: "",
      assetsFolder: folder,
    },
    systemClock,
  );
  const times = new Map<string, number>();
  for (const [name, [path, search]] of Object.entries(pages)) {
    const ms: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const beganMs = performance.now();
      const { reply } = await reader.answer(
        { method: "GET", path, search, headers: {}, body: "", user: ANONYMOUS },
        () => Promise.reject(new Error("a page that is read orders nothing")),
      );
      ms.push(performance.now() - beganMs);
      if (reply.status !== 200) throw new Error(`${path} answered ${reply.status}`);
    }
    times.set(name, median(ms));
  }
  await reader.close();
  return times;
}

function makeDaily(tasks: number): DagDefinition {
  return makeDag(
    Array.from({ length: tasks }, (_, place) => makeTask(`t${place}`)),
    { dagId: "daily", timezone: "UTC" },
  );
}

function writeMs(ms: number): string {
  return `${ms.toFixed(1)} ms`;
}
