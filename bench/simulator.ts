/** The TMDB simulator as a process of its own, so that its work is not counted as ours; its CPU time is shown separately. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { DIST } from "./workspace.ts";

export interface SimulatorStats {
  readonly requests: number;
  readonly maxPerSlidingSecond: number;
  /** From the first to the last request. */
  readonly spanMs: number;
  readonly cpuMs: number;
}

export interface SimulatorProcess {
  readonly url: string;
  readonly token: string;
  stats(): Promise<SimulatorStats>;
  stop(): Promise<void>;
}

const TOKEN = "bench";

/** `flags` as `quickstart/simulator/main` has them. */
export async function startSimulatorProcess(flags: readonly string[]): Promise<SimulatorProcess> {
  const program = join(DIST, "quickstart/simulator/main.js");
  const child = spawn(process.execPath, [program, "--token", TOKEN, ...flags], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const line = await Promise.race([
    new Promise<string>((resolve) => createInterface({ input: child.stdout }).once("line", resolve)),
    ended.then(() => {
      throw new Error("the simulator ended before it was ready");
    }),
  ]);
  const { url } = JSON.parse(line) as { readonly url: string };
  return {
    url,
    token: TOKEN,
    async stats() {
      const answer = await fetch(new URL("/__stats", url));
      return (await answer.json()) as SimulatorStats;
    },
    async stop() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}
