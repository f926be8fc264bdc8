/**
 * What a program's end, or its failure to start, means for the attempt: success, failure, or a failure that another
 * attempt cannot change.
 */
import { statSync } from "node:fs";
import { constants } from "node:os";
import { cutText } from "../../model/text/cut-text.ts";
import { AttemptLeftRunning, TaskFailure } from "../../model/errors.ts";
import { describeProcesses, type AttemptProcess } from "./attempt-processes.ts";
import type { Program, ProgramEnd } from "./run-program.ts";

/** sysexits.h: "temp failure; user is invited to retry". */
const EX_TEMPFAIL = 75;
/** POSIX, "Exit Status for Commands": found but not executable, and not found, both returned by the shell. */
const SHELL_REFUSALS: ReadonlySet<number> = new Set([126, 127]);
const QUOTED_CHARACTERS = 200;

/** `undefined` for success. `lastErrors`: the last lines on standard error. */
export function judgeEnd(
  name: string,
  isScript: boolean,
  end: ProgramEnd,
  lastErrors: readonly string[],
): TaskFailure | undefined {
  if (end.exitCode === 0) return undefined;
  const how = end.exitCode === null ? describeSignal(end.signal) : describeCode(end.exitCode, isScript);
  const quoted = lastErrors.map((line) => `"${cutText(line, QUOTED_CHARACTERS)}"`).join(", ");
  const said = quoted === "" ? "It wrote nothing to standard error." : `Last on standard error: ${quoted}.`;
  const message = `${name}: the ${isScript ? "script" : "program"} ${how}. ${said}`;
  const isRefused = isScript && end.exitCode !== null && SHELL_REFUSALS.has(end.exitCode);
  return isRefused
    ? new TaskFailure("SHELL_NOT_FOUND", message, false)
    : new TaskFailure("SHELL_FAILED", message, true);
}

function describeSignal(signal: NodeJS.Signals | null): string {
  const hint = signal === "SIGKILL" ? ", as the system does when memory runs out" : "";
  return `was ended by ${signal ?? "a signal"}${hint}`;
}

function describeCode(code: number, isScript: boolean): string {
  const ended = `ended with exit code ${code}`;
  if (code === EX_TEMPFAIL) return `${ended}: try again later`;
  if (!isScript) return ended;
  if (SHELL_REFUSALS.has(code)) return `${ended}: a command in it was not found or is not executable`;
  const signal = Object.entries(constants.signals).find(([, number]) => code === 128 + number)?.[0];
  return signal === undefined ? ended : `${ended}: a command in it was ended by ${signal}`;
}

/** `left`: the processes that SIGKILL did not end. */
export function judgeLeftovers(name: string, left: readonly AttemptProcess[]): AttemptLeftRunning {
  return new AttemptLeftRunning(
    `${name}: ${describeProcesses(left)} of this attempt still runs after SIGKILL, so no other attempt is made.`,
    {
      hint: "It runs as another user, waits for a device, or starts others faster than they end. End it by hand, then clear the task.",
    },
  );
}

/** The machine lacks something that it may have again later. */
const PASSING_FAULTS: ReadonlySet<string> = new Set(["EAGAIN", "ENOMEM", "EMFILE", "ENFILE", "ETXTBSY"]);

/** Why the program could not be started, from the system's error. */
export function judgeStart(name: string, program: Program, error: unknown): TaskFailure {
  const code = error instanceof Error && "code" in error ? String(error.code) : "unknown fault";
  const isPassing = PASSING_FAULTS.has(code);
  return new TaskFailure(
    isPassing ? "SHELL_FAILED" : "SHELL_NOT_FOUND",
    `${name}: ${describeStart(program, code)} (${code}).`,
    isPassing,
    { cause: error },
  );
}

function describeStart({ file, cwd }: Program, code: string): string {
  // The system returns the same error for the program and for its folder.
  if (cwd !== undefined && !isFolder(cwd)) return `cwd: ${cwd} is not a folder`;
  if (code === "ENOENT" || code === "ENOTDIR") {
    const where = file.includes("/") ? "" : " on the PATH";
    return `the program ${file} was not found${where}, or the interpreter in its first line was not found`;
  }
  if (code === "EACCES") {
    const where = cwd === undefined ? "" : `, or this user may not enter ${cwd}`;
    return `${file} is not executable by this user${where}`;
  }
  if (code === "E2BIG") return `${file}: arguments and environment are longer than this system permits`;
  return `${file} could not be started`;
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
