/** Ends what the attempts of a dead process left running, found by the cookie in its environment. Which attempts those are is recovery's to say. */
import { readdirSync, readFileSync } from "node:fs";
import { COOKIE_VARIABLE } from "../model/attempt-cookie.ts";

const ENTRY = `${COOKIE_VARIABLE}=`;
/** Who starts processes faster than this is not to be caught by looking. */
const MOST_LOOKS = 20;

/**
 * Sends SIGKILL to each process with one of these cookies, and to its group, until two looks find no further one. Returns
 * how many it found. Processes whose environment this user may not read are passed over; so is everything where there
 * is no `/proc` of Linux's kind.
 */
export function endOrphans(cookies: ReadonlySet<string>): number {
  if (cookies.size === 0 || process.platform !== "linux") return 0;
  const ownGroup = readGroup("self");
  const ended = new Set<number>();
  for (let look = 0, emptyLooks = 0; look < MOST_LOOKS && emptyLooks < 2; look += 1) {
    // What one of them had just started when it was ended is not in the list that was read before.
    const found = listOtherProcesses().filter((pid) => !ended.has(pid) && hasCookie(pid, cookies));
    emptyLooks = found.length === 0 ? emptyLooks + 1 : 0;
    for (const pid of found) {
      ended.add(pid);
      endWithGroup(pid, ownGroup);
    }
  }
  return ended.size;
}

/** This process is left out: started by such an attempt, it has the cookie too. */
function listOtherProcesses(): readonly number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid);
}

/** proc(5): what the environment was when the program was started, entries ended by NULs; empty once it has ended. */
function hasCookie(pid: number, cookies: ReadonlySet<string>): boolean {
  const text = readProcess(pid, "environ");
  if (text === undefined || !text.includes(ENTRY)) return false;
  return text.split("\0").some((entry) => entry.startsWith(ENTRY) && cookies.has(entry.slice(ENTRY.length)));
}

function endWithGroup(pid: number, ownGroup: number | undefined): void {
  const group = readGroup(pid);
  kill(pid);
  if (group !== undefined && group > 1 && group !== ownGroup) kill(-group);
}

function kill(target: number): void {
  try {
    process.kill(target, "SIGKILL");
  } catch {
    // It ended by itself since it was found, or may not be ended by this user.
  }
}

/** Field 5 of /proc/PID/stat; the name before it may hold anything, parentheses too. */
function readGroup(pid: number | "self"): number | undefined {
  const stat = readProcess(pid, "stat");
  const group = stat?.slice(stat.lastIndexOf(")") + 2).split(" ")[2];
  return group === undefined ? undefined : Number(group);
}

function readProcess(pid: number | "self", file: "environ" | "stat"): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return undefined;
  }
}
