/** Signals to a program and to what it started: its process group, and with it what has left the group. */
import type { Clock } from "../../model/ports/clock.ts";
import { askToEnd, endProcessesAtOnce, isAlive, type ProcessSearch } from "./attempt-processes.ts";

const GRACE_MS = 5000;
const LOOK_MS = 20;

const living = new Map<number, ProcessSearch>();

/** A group is known by the pid of its first process. Those still known when this process exits are ended with it. */
export function registerGroup(group: number, search: ProcessSearch): void {
  if (living.size === 0) process.on("exit", killLiving);
  living.set(group, search);
}

export function forgetGroup(group: number): void {
  living.delete(group);
  if (living.size === 0) process.off("exit", killLiving);
}

function killLiving(): void {
  for (const [group, search] of living) {
    signalGroup(group, "SIGKILL");
    endProcessesAtOnce(search);
  }
}

export function signalGroup(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-group, signal);
  } catch {
    // The group is gone, or has become another user's.
  }
}

/**
 * Asks the group and what has left it to end, and ends the group when the grace is over. Watched are processes: their
 * output may be closed long before. What has left the group and is still there then, `endProcesses` ends.
 */
export async function endGroup(group: number, search: ProcessSearch, clock: Clock): Promise<void> {
  // Looked for first: what is started by a process that has ended is found by its cookie alone.
  const strays = search.find().filter((one) => one.group !== group);
  signalGroup(group, "SIGTERM");
  askToEnd(strays);
  for (
    let waitedMs = 0;
    waitedMs < GRACE_MS && (isGroupAlive(group) || strays.some(isAlive));
    waitedMs += LOOK_MS
  ) {
    await clock.sleep(LOOK_MS);
  }
  signalGroup(group, "SIGKILL");
}

function isGroupAlive(group: number): boolean {
  try {
    process.kill(-group, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
