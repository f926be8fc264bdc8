/** Who this process is, and whether another one is still alive: for the lease and for attempts. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { hostname } from "node:os";

export interface ProcessIdentity {
  readonly pid: number;
  readonly host: string;
  /** Differs between two processes that had the same pid one after the other. */
  readonly processStarted: string;
}

export function identifyProcess(): ProcessIdentity {
  return { pid: process.pid, host: hostname(), processStarted: readStart(process.pid) ?? "unknown" };
}

/**
 * `unknown` for a process of another host (or container): then only the lease's expiry tells. Pid 1 of a restarted
 * container is told from its predecessor by its start.
 */
export function isProcessAlive(identity: ProcessIdentity): boolean | "unknown" {
  if (identity.host !== hostname()) return "unknown";
  try {
    process.kill(identity.pid, 0);
  } catch (error) {
    // EPERM: it lives, as another user.
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
  }
  const started = readStart(identity.pid);
  return started === undefined ? "unknown" : started === identity.processStarted;
}

/** Linux: boot id and field 22 of /proc/PID/stat, clock ticks since boot (proc(5)); elsewhere what `ps` says. */
function readStart(pid: number): string | undefined {
  try {
    if (existsSync("/proc/self/stat")) {
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
      const [state, ...fields] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      // A zombie has ended; only its parent has not noticed yet.
      return state === "Z" ? "ended" : `${boot}/${fields[18] ?? ""}`;
    }
    return execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" }).trim();
  } catch {
    return undefined;
  }
}
