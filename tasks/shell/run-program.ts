/**
 * Runs one program in its own session and process group until nothing of the group is left. What its end means is
 * judged elsewhere.
 */
import { spawn, type ChildProcessByStdio } from "node:child_process";
import { setPriority } from "node:os";
import type { Readable, Writable } from "node:stream";
import type { Clock } from "../../model/ports/clock.ts";
import type { ProcessSearch } from "./attempt-processes.ts";
import { STREAMS, type StreamName } from "./output-log.ts";
import { endGroup, forgetGroup, registerGroup, signalGroup } from "./process-group.ts";

export interface Program {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string | undefined;
  readonly environment: Readonly<Record<string, string>>;
  /**
   * For its standard input, once there is one; the input stays open until the program ends, and one that lost its parent sees the end
   * of it. If it rejects, the program gets none, and waits until `signal` ends it.
   */
  readonly input?: Promise<string>;
  /** As `os.setPriority` takes it; without one it has that of this process. */
  readonly priority?: number;
}

export interface ProgramEnd {
  /** `null` if a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ProgramTools {
  readonly clock: Clock;
  /**
   * When aborted: SIGTERM to the group and to the processes that have left it, a grace period, SIGKILL to the group.
   */
  readonly signal: AbortSignal;
  /** Cookie of the program's attempt. */
  readonly search: ProcessSearch;
  readonly onOutput: (stream: StreamName, chunk: Buffer) => void;
}

/** A process that left the group can hold the output open for ever; we wait this long for the rest of the output. */
const LAST_WORDS_MS = 500;
/**
 * SIGKILL takes an instant, unless the system itself blocks the process, for example on a disk that does not answer.
 */
const KILL_MS = 1000;

type Child = ChildProcessByStdio<Writable | null, Readable, Readable>;

/** At once: on Linux a priority is one thread's, and threads that begin later inherit it. */
function lower(pid: number, priority: number): void {
  try {
    setPriority(pid, priority);
  } catch {
    // It has ended already; its end says how.
  }
}

/** The program could not be ended; its processes show why. */
export class ProgramStuck extends Error {}

/**
 * Resolves when the program, its group and its output have ended. Rejects with the system's error if it cannot be
 * started, and with `ProgramStuck` if SIGKILL did not end it.
 */
export async function runProgram(program: Program, tools: ProgramTools): Promise<ProgramEnd> {
  const { clock, signal, search, onOutput } = tools;
  const child = start(program);
  for (const name of STREAMS) {
    child[name].on("data", (chunk: Buffer) => {
      onOutput(name, chunk);
    });
    // What could be read was read; the program's end shows how it ended.
    child[name].on("error", () => undefined);
  }
  const closing = new AbortController();
  child.once("close", () => {
    closing.abort();
  });
  const gone = new AbortController();
  let giveUp = (): void => undefined;
  const exited = new Promise<ProgramEnd>((resolve, reject) => {
    giveUp = () => reject(new ProgramStuck("SIGKILL did not end the program"));
    child.once("error", reject);
    child.once("exit", (exitCode, by) => {
      gone.abort();
      resolve({ exitCode, signal: by });
    });
  });
  // Without a pid nothing was started; an error event follows.
  const group = child.pid;
  if (group === undefined) return exited;

  if (program.priority !== undefined) lower(group, program.priority);
  registerGroup(group, search);
  let ending: Promise<void> | undefined;
  const endAll = async (): Promise<void> => {
    await endGroup(group, search, clock);
    await clock.sleep(KILL_MS, gone.signal).catch(() => undefined);
    giveUp();
  };
  const end = (): void => {
    ending = endAll();
  };
  signal.addEventListener("abort", end, { once: true });
  if (signal.aborted) end();
  try {
    const result = await exited;
    signal.removeEventListener("abort", end);
    await ending;
    signalGroup(group, "SIGKILL");
    await clock.sleep(LAST_WORDS_MS, closing.signal).catch(() => undefined);
    return result;
  } finally {
    forgetGroup(group);
    child.unref();
    for (const name of STREAMS) child[name].destroy();
    child.stdin?.destroy();
  }
}

function start({ file, args, cwd, environment, input }: Program): Child {
  const options = { cwd, env: environment, detached: true };
  if (input === undefined) return spawn(file, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
  const child = spawn(file, args, { ...options, stdio: ["pipe", "pipe", "pipe"] });
  // A program that ended before it read everything: its end says why.
  child.stdin.on("error", () => undefined);
  void input.then(
    (text) => child.stdin.write(text),
    () => undefined,
  );
  return child;
}
