/** Signals to a program and all that it started, as long as that stays in the program's process group. */
import type { Clock } from "../../model/clock.ts";

const GRACE_MS = 5000;
const LOOK_MS = 20;

const living = new Set<number>();

/** A group is known by the pid of its first process. Those still known when this process exits are ended with it. */
export function registerGroup(group: number): void {
  if (living.size === 0) process.on("exit", killLiving);
  living.add(group);
}

export function forgetGroup(group: number): void {
  living.delete(group);
  if (living.size === 0) process.off("exit", killLiving);
}

function killLiving(): void {
  for (const group of living) signalGroup(group, "SIGKILL");
}

export function signalGroup(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-group, signal);
  } catch {
    // The group is gone, or has become another user's.
  }
}

/** Asks the group to end, and ends it when the grace is over. Watched are its processes: their output may be closed long before. */
export async function endGroup(group: number, clock: Clock): Promise<void> {
  signalGroup(group, "SIGTERM");
  for (let waitedMs = 0; waitedMs < GRACE_MS && isGroupAlive(group); waitedMs += LOOK_MS) {
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
