/**
 * What every process that computes does: reads one job from its standard input, answers in lines, and ends. It holds no secret,
 * and ends itself with its folder when its parent is gone, which closes the input.
 */
import { rm } from "node:fs/promises";
import type { Duckdb } from "./duckdb.ts";
import { JobFault, type EngineFailure, type EngineStep } from "./job.ts";
import { describeFault } from "./sql-fault.ts";

/** Node waits 100 ms longer before each. */
const MOST_REMOVALS = 10;

/** What an answer is besides a step or a fault: the result, with a kind of its own. */
export interface EngineResult {
  readonly kind: string;
}

export function answer(line: EngineStep | EngineFailure | EngineResult): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** Raises `ENGINE_MISSING`. */
export async function loadEngine(): Promise<Duckdb> {
  try {
    return await import("@duckdb/node-api");
  } catch (error) {
    const why = error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
    throw new JobFault("ENGINE_MISSING", `DuckDB cannot be loaded: ${why.replace(/\.$/, "")}.`);
  }
}

/** `compute`: raises a `JobFault`, or what DuckDB raises. */
export function serveJob<Job extends { readonly folder: string }>(
  compute: (job: Job) => Promise<EngineResult>,
): void {
  // A parent that is gone reads no answers; what follows from it is decided where the input ends.
  process.stdout.on("error", () => undefined);
  // While the job is being prepared. What fails here fails again, and is answered, when there is a job.
  loadEngine().catch(() => undefined);
  let received = "";
  process.stdin.setEncoding("utf8");
  process.stdin.on("data", (text: string) => {
    received += text;
    const end = received.indexOf("\n");
    if (end === -1) return;
    const line = received.slice(0, end);
    process.stdin.removeAllListeners("data");
    // Flowing on, so that its end is seen.
    process.stdin.resume();
    void handle(JSON.parse(line) as Job, compute);
  });
}

async function handle<Job extends { readonly folder: string }>(
  job: Job,
  compute: (job: Job) => Promise<EngineResult>,
): Promise<void> {
  process.stdin.once("end", () => {
    // Its threads still write: a folder that gets a file while it is emptied is emptied again.
    void rm(job.folder, { recursive: true, force: true, maxRetries: MOST_REMOVALS }).finally(() =>
      process.kill(process.pid, "SIGKILL"),
    );
  });
  try {
    answer(await compute(job));
  } catch (error) {
    const { code, message, hint, line: at, column } = describeFault(error, 0);
    answer({ kind: "fault", code, message, hint, line: at, column } satisfies EngineFailure);
  }
  process.stdin.removeAllListeners("end");
  process.stdin.destroy();
}
