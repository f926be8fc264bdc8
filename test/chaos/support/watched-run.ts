/** Runs a command to its end and measures its time and peak memory. */
import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import type { CliProcess, CliResult } from "../../support/cli.ts";

export interface WatchedResult extends CliResult {
  readonly seconds: number;
  /** The kernel's own high-water mark, as last seen before the process ended. */
  readonly peakMebibytes: number;
}

const LOOK_MS = 10;

export async function watch(running: CliProcess): Promise<WatchedResult> {
  const startedMs = performance.now();
  let peakMebibytes = 0;
  let isOver = false;
  const ended = running.ended.finally(() => {
    isOver = true;
  });
  while (!isOver) {
    peakMebibytes = Math.max(peakMebibytes, readPeak(running.child.pid ?? 0));
    await Promise.race([ended, delay(LOOK_MS)]);
  }
  return { ...(await ended), seconds: (performance.now() - startedMs) / 1000, peakMebibytes };
}

function readPeak(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}
