/** The process: its arguments, what its signals mean, and its exit code. main.ts receives the signals, and ends it. */
import {
  CommandRefused,
  ConfigError,
  DagDefinitionError,
  DagmarError,
  EXIT,
  formatDagIssue,
  type ExitCode,
} from "../model/errors.ts";
import { explainSystemFault } from "../model/system-fault.ts";
import { findCacheFolder, readTestSwitches } from "../config/settings/environment.ts";
import { keepCompiledCode } from "./process/compile-cache.ts";
import { obeySwitches } from "./process/failpoint-switches.ts";
import type { OutputStream } from "../app/lost-output.ts";
import { lostOutput } from "./output/lost-output.ts";
import { createOutput, type Output } from "./output/output.ts";
import { runProgram } from "./program.ts";
import { readVersion } from "./process/version.ts";

export type EndingSignal = "SIGHUP" | "SIGINT" | "SIGQUIT" | "SIGTERM";

/** The process, as main.ts hands it over. */
export interface Seat {
  /** Also calls the handler for each signal that came before. */
  receiveSignals(handler: (signal: EndingSignal) => void): void;
  /** With the status that shells give for a process that the signal ended. */
  endBy(signal: EndingSignal): never;
  end(code: ExitCode): never;
}

const version = readVersion();
keepCompiledCode(findCacheFolder(), version);
obeySwitches(readTestSwitches());
const output = createOutput({ stdout: process.stdout, stderr: process.stderr });
const drain = new AbortController();

function startDrain(signal: EndingSignal): void {
  output.fault(`${signal}: stopping at the next safe point; a second signal stops at once`);
  drain.abort(new CommandRefused("INTERRUPTED", `Stopped by ${signal}.`));
}

// `dagmar … | head`: the reader closed the pipe. A command that only prints ends normally; a run stops at a safe point.
// A full disk is not such a decision: a run continues without the stream.
function handleUnwritten(stream: OutputStream, error: NodeJS.ErrnoException): void {
  if (error.code === "EPIPE") {
    if (!drain.signal.aborted)
      drain.abort(new CommandRefused("OUTPUT_CLOSED", "The output was closed by its reader."));
    return;
  }
  const isFirst = lostOutput.note(stream, error);
  if (isFirst && stream === "stdout")
    output.fault(`dagmar: standard output cannot be written: ${error.message}`);
}

function explain(error: unknown, to: Output): ExitCode {
  if (error instanceof DagDefinitionError) {
    for (const issue of error.issues) to.fault(formatDagIssue(issue));
    to.fault(`${error.issues.length} fault${error.issues.length === 1 ? "" : "s"} in Dag files`);
    return error.exitCode;
  }
  if (error instanceof DagmarError) {
    // It lists one fault a line; in any other message a line feed is part of a foreign name.
    const lines = error instanceof ConfigError ? error.message.split("\n") : [error.message];
    const [first = "", ...others] = lines;
    to.fault(`dagmar: ${first}`);
    for (const line of others) to.fault(line);
    if (error.hint !== undefined) to.fault(`  ${error.hint}`);
    return error.exitCode;
  }
  const fault = explainSystemFault(error);
  if (fault !== undefined) return explain(new CommandRefused(fault.code, fault.message, fault), to);
  to.fault("dagmar: this is a bug in Dagmar; please report it with the lines below");
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  for (const line of stack.split("\n")) to.fault(line);
  return EXIT.failed;
}

/** Runs the command line's command; gives the process's exit code. */
export async function runProcess(argv: readonly string[], seat: Seat): Promise<ExitCode> {
  // After a crash the process state is unknown, so the process ends; the next one finds what was committed.
  const crash = (error: unknown): void => seat.end(explain(error, output));
  process.on("unhandledRejection", crash);
  process.on("uncaughtException", crash);
  process.stdout.on("error", (error: NodeJS.ErrnoException) => handleUnwritten("stdout", error));
  process.stderr.on("error", (error: NodeJS.ErrnoException) => handleUnwritten("stderr", error));

  let first: EndingSignal | undefined;
  /** Nothing is under way that would have to be stopped with care. */
  let isLookingOnly = false;
  // The first signal starts a drain, the second ends at once. A run can resume after either.
  seat.receiveSignals((signal) => {
    // Ctrl-\ means at once. By itself it would leave the programs of tasks running.
    if (signal === "SIGQUIT") {
      output.fault("SIGQUIT: stopping at once; the same command resumes");
      seat.endBy(signal);
    }
    // A terminal that is closed sends it twice, by its shell and by the system: only the other two end a drain.
    const mayEndNow = signal !== "SIGHUP" && (drain.signal.aborted || isLookingOnly);
    if (mayEndNow) seat.endBy(signal);
    if (drain.signal.aborted) return;
    first = signal;
    startDrain(signal);
  });

  const code = await runCommand(argv, () => {
    isLookingOnly = true;
    if (first !== undefined && first !== "SIGHUP") seat.endBy(first);
  });
  // Idle keep-alive connections and timers would hold the process. What a slow reader has not taken yet would go with it.
  const streams = [process.stdout, process.stderr];
  await Promise.all(
    streams.map((stream) => new Promise<void>((resolve) => stream.write("", () => resolve()))),
  );
  return lostOutput.isAnswerLost && code === EXIT.done ? EXIT.tryAgain : code;
}

async function runCommand(argv: readonly string[], endOnSignal: () => void): Promise<ExitCode> {
  try {
    return await runProgram(argv, { output, drain: drain.signal, version, endOnSignal });
  } catch (error) {
    return explain(error, output);
  }
}
