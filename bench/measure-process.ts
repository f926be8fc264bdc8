/** Runs a program as a child process and measures its wall time, CPU time and peak memory. */
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { median } from "./figure.ts";

export interface Measured {
  readonly seconds: number;
  /** User and system, of all its threads and ended children; `NaN` where `/usr/bin/time` is absent. */
  readonly cpuSeconds: number;
  /** Peak resident set, of it or of its largest child. */
  readonly peakMiB: number;
  readonly stdout: string;
}

export interface ProcessOptions {
  /** The whole of its environment. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly folder?: string;
}

const TIME = "/usr/bin/time";
const MARK = "measured-by-time";
const POLL_MS = 5;
const SHOWN_LINES = 20;

/**
 * Raises, with the end of what the program wrote to standard error, when it does not end with 0. Debian's package `time`
 * stands between us and the program where it is there: a process starts with the peak of the one that forked it.
 */
export async function measureProcess(
  program: string,
  args: readonly string[],
  options: ProcessOptions = {},
): Promise<Measured> {
  const hasTime = existsSync(TIME);
  const command = hasTime ? [TIME, "-f", `${MARK} %U %S %M`, program, ...args] : [program, ...args];
  const startedMs = performance.now();
  const child = spawn(command[0] ?? "", command.slice(1), {
    env: options.environment ?? process.env,
    stdio: ["ignore", "pipe", "pipe"],
    ...(options.folder === undefined ? {} : { cwd: options.folder }),
  });
  let polledMiB = 0;
  const polling = hasTime
    ? undefined
    : setInterval(() => {
        polledMiB = Math.max(polledMiB, readPeakMiB(child.pid ?? 0));
      }, POLL_MS);
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const exitCode = await new Promise<number>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve(code ?? 1));
  });
  const seconds = (performance.now() - startedMs) / 1000;
  clearInterval(polling);
  if (exitCode !== 0) {
    const end = stderr.trimEnd().split("\n").slice(-SHOWN_LINES).join("\n");
    throw new Error(`${program} ${args.join(" ").slice(0, 200)} ended with ${exitCode}:\n${end}`);
  }
  const told = new RegExp(`${MARK} ([\\d.]+) ([\\d.]+) (\\d+)`).exec(stderr);
  return {
    seconds,
    cpuSeconds: told === null ? Number.NaN : Number(told[1]) + Number(told[2]),
    peakMiB: told === null ? polledMiB : Number(told[3]) / 1024,
    stdout,
  };
}

/** VmHWM is the kernel's own high-water mark (proc(5)): the last reading before the end is the peak. */
function readPeakMiB(pid: number): number {
  return readStatusMiB(pid, /VmHWM:\s+(\d+) kB/);
}

/** 0 if there is no such process. */
export function readResidentMiB(pid: number): number {
  return readStatusMiB(pid, /VmRSS:\s+(\d+) kB/);
}

function readStatusMiB(pid: number, field: RegExp): number {
  try {
    const match = field.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
    return Number(match?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

export async function canRun(program: string, args: readonly string[]): Promise<boolean> {
  if (!existsSync(program)) return false;
  return measureProcess(program, args).then(
    () => true,
    () => false,
  );
}

export interface Contestant {
  readonly name: string;
  /** `round` counts from 0. */
  run(round: number): Promise<Measured>;
}

export interface Standing {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakMiB: number;
  readonly stdout: string;
}

/**
 * Medians by name. All run in each round, in an order that turns, so that a machine that is busy for a while is busy for
 * all of them, and none always runs after the same other.
 */
export async function runInTurns(
  contestants: readonly Contestant[],
  rounds: number,
): Promise<ReadonlyMap<string, Standing>> {
  const runs = new Map<string, Measured[]>(contestants.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (let place = 0; place < contestants.length; place += 1) {
      const contestant = contestants[(round + place) % contestants.length];
      if (contestant !== undefined) runs.get(contestant.name)?.push(await contestant.run(round));
    }
  }
  return new Map(
    [...runs].map(([name, measured]) => [
      name,
      {
        seconds: median(measured.map((one) => one.seconds)),
        cpuSeconds: median(measured.map((one) => one.cpuSeconds)),
        // A limit on memory applies to the worst case.
        peakMiB: Math.max(...measured.map((one) => one.peakMiB)),
        stdout: measured[0]?.stdout ?? "",
      },
    ]),
  );
}
