/** Whether `/proc` shows this process's own view of the machine. */
import { readFileSync } from "node:fs";

/**
 * Whether the numbers in `/proc` are pids of this process's own namespace: a container may see the `/proc` of its host.
 * Each process has one pid in every namespace from that of the mounted `/proc` down to its own (proc(5), `NSpid`).
 */
export function isOwnProc(): boolean {
  try {
    return /^NSpid:\s+\d+$/m.test(readFileSync("/proc/self/status", "utf8"));
  } catch {
    return false;
  }
}
