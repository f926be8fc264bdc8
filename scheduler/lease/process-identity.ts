/** The identity of this process, and whether another process is still alive: for the lease and for attempts. */
import { execFileSync } from "node:child_process";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { isOwnProc } from "../../tasks/shell/own-proc.ts";

export interface ProcessIdentity {
  readonly pid: number;
  readonly host: string;
  /**
   * Differs between processes with the same pid, one after the other or in two pid namespaces. Linux: `<boot
   * id>/<namespaces>/<start in clock ticks>`; a row of version 0.1 has no namespaces. Elsewhere the output of `ps`.
   */
  readonly processStarted: string;
}

const IS_LINUX = process.platform === "linux";

/** `isLinux`: reads /proc; otherwise asks `ps`. */
export function identifyProcess(isLinux = IS_LINUX): ProcessIdentity {
  return { pid: process.pid, host: hostname(), processStarted: readOwnStart(isLinux) ?? "unknown" };
}

/**
 * `false` only if the process would be visible here: same host, boot and pid namespace. Containers and machines may
 * share a host name. For a process that is not visible, only the lease's expiry counts.
 */
export function isProcessAlive(identity: ProcessIdentity, isLinux = IS_LINUX): boolean | "unknown" {
  if (identity.host !== hostname()) return "unknown";
  return isLinux ? lookOnLinux(identity) : lookElsewhere(identity);
}

function lookOnLinux({ pid, processStarted }: ProcessIdentity): boolean | "unknown" {
  const place = readPlace();
  const [boot, ...rest] = processStarted.split("/");
  const start = rest.pop();
  if (place === undefined || start === undefined || boot !== place.boot) return "unknown";
  const [namespaces] = rest;
  if (namespaces !== undefined && namespaces !== place.namespaces) return "unknown";
  // The row does not name its pid's namespace: only finding that very process proves anything.
  const isGone = namespaces === undefined ? "unknown" : false;
  if (!isPidTaken(pid)) return isGone;
  const found = readStat(pid);
  if (found === undefined) return "unknown";
  if (found.start !== start) return isGone;
  // A zombie has ended; its parent has not noticed yet.
  return !found.isZombie;
}

function lookElsewhere({ pid, processStarted }: ProcessIdentity): boolean | "unknown" {
  if (!isPidTaken(pid)) return false;
  const started = askPs(pid);
  return started === undefined ? "unknown" : started === processStarted;
}

function isPidTaken(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is alive, as another user.
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

function readOwnStart(isLinux: boolean): string | undefined {
  if (!isLinux) return askPs(process.pid);
  const place = readPlace();
  const stat = readStat("self");
  return place === undefined || stat === undefined
    ? undefined
    : `${place.boot}/${place.namespaces}/${stat.start}`;
}

/**
 * The scope in which pids and start times are comparable. Includes the time namespace, because the kernel adds its
 * offset to the start time; kernels before 5.6 have none.
 */
function readPlace(): { readonly boot: string; readonly namespaces: string } | undefined {
  const boot = read("/proc/sys/kernel/random/boot_id")?.trim();
  const pids = readNamespace("pid");
  if (boot === undefined || pids === undefined) return undefined;
  return { boot, namespaces: `${pids},${readNamespace("time") ?? "time"}` };
}

function readNamespace(kind: "pid" | "time"): string | undefined {
  try {
    return readlinkSync(`/proc/self/ns/${kind}`);
  } catch {
    return undefined;
  }
}

/** Fields 3 and 22 of /proc/PID/stat (proc(5)). The name before them may contain parentheses. */
function readStat(pid: number | "self"): { readonly start: string; readonly isZombie: boolean } | undefined {
  const stat = pid === "self" || isOwnProc() ? read(`/proc/${pid}/stat`) : undefined;
  if (stat === undefined) return undefined;
  const [state, ...fields] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return { start: fields[18] ?? "", isZombie: state === "Z" };
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

function askPs(pid: number): string | undefined {
  try {
    return execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" }).trim();
  } catch {
    return undefined;
  }
}
