/**
 * Finds the processes of attempts by the cookie in their environment, in any process group, and ends them. Whose
 * attempts those are is decided elsewhere.
 */
import { readdirSync, readFileSync } from "node:fs";
import { COOKIE_VARIABLE } from "../../model/run/attempt-cookie.ts";
import type { Clock } from "../../model/ports/clock.ts";
import { isOwnProc } from "./own-proc.ts";

export interface AttemptProcess {
  readonly pid: number;
  /** Name of the program, as the system knows it: at most 15 bytes. */
  readonly name: string;
  readonly group: number;
  readonly parent: number;
  /** Clock ticks since the machine's start: distinguishes it from a later process with the same pid. */
  readonly started: string;
}

export interface ProcessSearch {
  /**
   * The processes that are alive now: with a cookie, in the group of one with a cookie, started by such a process, or
   * found before. None if there is no Linux `/proc`, or if its pids belong to another namespace. `onMarked` is called
   * at once for each that has a cookie.
   */
  find(onMarked?: (pid: number) => void): readonly AttemptProcess[];
  /** Whether the last look saw every process: one that ended before it was read may have started another. */
  readonly isWhole: boolean;
  /** How many different processes were found so far. */
  readonly foundCount: number;
}

/** Time for SIGKILL to take effect, and for processes that were started at the last moment to be seen. */
const LOOK_EVERY_MS = 20;
const MOST_LOOKS = 100;
const ENTRY = `${COOKIE_VARIABLE}=`;

/** Empty looks after which nothing is left, even if on a busy machine none of them was complete. */
const EMPTY_LOOKS = 20;

export function createProcessSearch(cookies: ReadonlySet<string>): ProcessSearch {
  const known = new Map<number, string>();
  let isWhole = true;

  function mark(onMarked: (pid: number) => void): ReadonlySet<number> {
    const marked = new Set<number>();
    isWhole = true;
    for (const pid of listOtherPids()) {
      const has = hasCookie(pid, cookies);
      if (has === undefined) isWhole = false;
      if (has === true) onMarked(pid);
      if (has === true || known.has(pid)) marked.add(pid);
    }
    return marked;
  }

  return {
    find(onMarked = () => undefined) {
      if (cookies.size === 0 || process.platform !== "linux" || !isOwnProc()) return [];
      const marked = mark(onMarked);
      if (marked.size === 0) return [];
      const all = listOtherPids().flatMap((pid) => readProcess(pid) ?? []);
      const found = addRelated(all, ({ pid, started }) =>
        known.has(pid) ? known.get(pid) === started : marked.has(pid),
      );
      for (const { pid, started } of found) known.set(pid, started);
      return found;
    },
    get isWhole() {
      return isWhole;
    },
    get foundCount() {
      return known.size;
    },
  };
}

/**
 * Sends SIGKILL to all of them and to their groups until two complete looks find nothing. Resolves with what is left if
 * that does not help: processes of another user, or ones that are started faster than they are ended.
 */
export async function endProcesses(search: ProcessSearch, clock: Clock): Promise<readonly AttemptProcess[]> {
  let found: readonly AttemptProcess[] = [];
  let isFound = false;
  for (let look = 0, whole = 0, empty = 0; look < MOST_LOOKS; look += 1) {
    isFound = false;
    found = search.find((pid) => {
      isFound = true;
      stop(pid);
    });
    if (found.length > 0) {
      killAll(found);
      await clock.sleep(LOOK_EVERY_MS);
    }
    whole = isFound || found.length > 0 ? 0 : whole + (search.isWhole ? 1 : 0);
    empty = isFound || found.length > 0 ? 0 : empty + 1;
    if (whole === 2 || empty === EMPTY_LOOKS) return [];
    await new Promise(setImmediate);
  }
  return found;
}

/** The same for a process that exits and cannot wait: a few looks, without a report of what is left. */
export function endProcessesAtOnce(search: ProcessSearch): void {
  for (let look = 0, emptyLooks = 0; look < MOST_LOOKS && emptyLooks < 2; look += 1) {
    const foundBefore = search.foundCount;
    killAll(search.find(stop));
    emptyLooks = search.foundCount === foundBefore ? emptyLooks + 1 : 0;
  }
}

/** SIGTERM, for processes that get a chance to end by themselves. */
export function askToEnd(processes: readonly AttemptProcess[]): void {
  for (const { pid } of processes) send(pid, "SIGTERM");
}

export function isAlive({ pid, started }: AttemptProcess): boolean {
  return readProcess(pid)?.started === started;
}

export function describeProcesses(processes: readonly AttemptProcess[]): string {
  const [first] = processes;
  if (first === undefined) return "no process";
  const others = processes.length - 1;
  return `process ${first.pid} (${first.name})${others === 0 ? "" : ` and ${others} more`}`;
}

function killAll(processes: readonly AttemptProcess[]): void {
  const ownGroup = readProcess(process.pid)?.group;
  for (const { pid, group } of processes) {
    kill(pid);
    if (group > 1 && group !== ownGroup) kill(-group);
  }
}

/**
 * A stopped process starts no other before it is ended, and those that it has started are still known as its children.
 */
function stop(pid: number): void {
  send(pid, "SIGSTOP");
}

function kill(target: number): void {
  send(target, "SIGKILL");
}

function send(target: number, signal: NodeJS.Signals): void {
  try {
    process.kill(target, signal);
  } catch {
    // It ended by itself since it was found, or this user may not end it: then it is found again.
  }
}

/** This process is left out: if such an attempt started it, it has the cookie too. */
function listOtherPids(): readonly number[] {
  return (
    readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .filter((pid) => pid !== process.pid)
      // The newest first, until pids start from the beginning again: a short-lived process is seen before it has ended.
      .toSorted((left, right) => right - left)
  );
}

function addRelated(
  all: readonly AttemptProcess[],
  isFound: (one: AttemptProcess) => boolean,
): readonly AttemptProcess[] {
  const ownGroup = readProcess(process.pid)?.group;
  const pids = new Set<number>();
  const groups = new Set<number>();
  for (let isGrowing = true; isGrowing;) {
    isGrowing = false;
    for (const one of all) {
      const { pid, parent, group } = one;
      if (pids.has(pid) || !(isFound(one) || pids.has(parent) || groups.has(group))) continue;
      pids.add(pid);
      if (group > 1 && group !== ownGroup) groups.add(group);
      isGrowing = true;
    }
  }
  return all.filter(({ pid }) => pids.has(pid));
}

/**
 * proc(5): the environment with which the program was started, entries ended by NULs; empty once it has ended.
 * `undefined` for a process that is gone; an unreadable one of another user has none.
 */
function hasCookie(pid: number, cookies: ReadonlySet<string>): boolean | undefined {
  let text;
  try {
    text = readFileSync(`/proc/${pid}/environ`, "utf8");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    return code === "ENOENT" || code === "ESRCH" ? undefined : false;
  }
  if (!text.includes(ENTRY)) return false;
  return text.split("\0").some((entry) => entry.startsWith(ENTRY) && cookies.has(entry.slice(ENTRY.length)));
}

/** `undefined` for a process that has ended, also if its parent has not noticed yet. */
function readProcess(pid: number): AttemptProcess | undefined {
  let stat;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return undefined;
  }
  // proc(5): the name may hold any character, parentheses too.
  const nameEnd = stat.lastIndexOf(")");
  const fields = stat.slice(nameEnd + 2).split(" ");
  const [state = "", parent = "", group = ""] = fields;
  if (state === "Z" || state === "X") return undefined;
  return {
    pid,
    name: stat.slice(stat.indexOf("(") + 1, nameEnd),
    group: Number(group),
    parent: Number(parent),
    started: fields[19] ?? "",
  };
}
