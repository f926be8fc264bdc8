/** What it costs to run a finished run again: the same, the same after `--rerun`, and that of each of the next days. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { inform, judgeAtMost, median, type Figure } from "./figure.ts";
import { measureProcess, type Measured } from "./measure-process.ts";
import { FIRST_DAY, runDag } from "./run-dag.ts";
import type { SimulatorProcess } from "./simulator.ts";
import type { Samples, Workspace } from "./workspace.ts";

const TARGET_SECONDS = 1;
/** Fewer than seven: ids that were not found are asked again after a week. */
const NEXT_DAYS = ["2026-11-24", "2026-11-25", "2026-11-26", "2026-11-27", "2026-11-28"] as const;

/** `workspace` holds the finished run of `FIRST_DAY`. */
export async function benchReruns(
  workspace: Workspace,
  simulator: SimulatorProcess,
  samples: Samples,
): Promise<readonly Figure[]> {
  const days = samples.isQuick ? NEXT_DAYS.slice(0, 2) : NEXT_DAYS;
  const ask = (...args: readonly string[]): Promise<Measured> =>
    runDag(workspace, "tmdb_ingest", "--task", "movies", ...args);
  const figures = [
    await measure("rerun: the finished run", () => ask("--date", FIRST_DAY)),
    await measure("rerun: the finished run, with --rerun", () => ask("--date", FIRST_DAY, "--rerun")),
    await measure("rerun: the next day's run", (day) => ask("--date", day)),
  ].flat();
  const csv: number[] = [];
  for (const day of days)
    csv.push((await runDag(workspace, "csv_ingest", "--date", day, "--task", "movies")).seconds);
  const csvSeconds = `${median(csv).toFixed(2)} s`;
  return [...figures, inform("rerun: the next day's csv_ingest, movies.csv unchanged", csvSeconds)];

  async function measure(name: string, run: (day: string) => Promise<Measured>): Promise<readonly Figure[]> {
    const before = { requests: (await simulator.stats()).requests, objects: countObjects(workspace) };
    const seconds: number[] = [];
    const bare: number[] = [];
    for (const day of days) {
      seconds.push((await run(day)).seconds);
      bare.push((await measureProcess(process.execPath, ["-e", "0"])).seconds);
    }
    const requests = (await simulator.stats()).requests - before.requests;
    const objects = countObjects(workspace) - before.objects;
    return [
      judgeAtMost(name, TARGET_SECONDS, {
        value: median(seconds),
        write: (value) => `${value.toFixed(2)} s`,
        note: `${samples.matchingIds} ids; a bare Node ${median(bare).toFixed(2)} s`,
      }),
      judgeAtMost(`${name}, requests and new objects`, 0, { value: requests + objects, write: String }),
    ];
  }
}

function countObjects({ folder }: Workspace): number {
  const entries = readdirSync(join(folder, "lake"), { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).length;
}
