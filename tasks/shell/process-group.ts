/** Signals to a program and to the processes that it started: its process group, and those that have left the group. */
import type { Clock } from "../../model/ports/clock.ts";
import { askToEnd, endProcessesAtOnce, isAlive, type ProcessSearch } from "./attempt-processes.ts";

const GRACE_MS = 5000;
const LOOK_MS = 20;

const living = new Map<number, ProcessSearch>();

/**
 * A group is identified by the pid of its first process. Groups still known when this process exits are ended with it.
 */
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
    // The group is gone, or belongs to another user now.
  }
}

/**
 * Asks the group and the processes that have left it to end, and ends the group after the grace period. It watches
 * processes, because their output may be closed long before. `endProcesses` ends those that have left the group and
 * still run.
 */
export async function endGroup(group: number, search: ProcessSearch, clock: Clock): Promise<void> {
  // Before the signal: children of a process that has ended can be found only by their cookie.
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
