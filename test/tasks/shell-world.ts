/** Attempts of shell tasks without a database: a log that keeps its lines, and templates resolved as for a run. */
import { existsSync, readFileSync } from "node:fs";
import { onTestFinished, vi } from "vitest";
import type { Clock } from "../../model/ports/clock.ts";
import type { JsonValue } from "../../model/dag/dag.ts";
import { TaskFailure } from "../../model/errors.ts";
import type { LogFields, Logger } from "../../model/ports/logger.ts";
import type { TaskPorts } from "../../model/ports/task-ports.ts";
import type { RunFacts, TaskContext, TaskOutput } from "../../model/ports/task-type.ts";
import { renderTemplates } from "../../model/dag/template.ts";
import { createShell, type ShellSettings } from "../../tasks/shell/index.ts";
import type { ShellOptions } from "../../tasks/shell/options.ts";
import { createTestClock } from "../support/test-world.ts";

type Written = Readonly<Record<string, JsonValue>>;

export interface AttemptOptions {
  readonly params?: Written;
  readonly settings?: Partial<ShellSettings>;
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
  readonly cookie?: string;
}

export interface ShellAttempt {
  readonly output: Promise<TaskOutput>;
  /** What was logged so far, as `stream: text`. */
  readonly lines: readonly string[];
  /** Resolves with the first line that matches. */
  untilLine(pattern: RegExp): Promise<string>;
}

const RUN: Omit<RunFacts, "params"> = {
  dagRunId: 1,
  dagId: "reports",
  runId: "manual__2026-11-23T09:00:00.000Z",
  logicalDate: "2026-11-23T09:00:00.000Z",
  timezone: "UTC",
  partition: "2026/11/23",
  runStamp: "20261123T090000000Z",
  refetchGeneration: null,
};

let attemptCount = 0;

export function startShell(written: Written, options: AttemptOptions = {}): ShellAttempt {
  const { params = {} } = options;
  attemptCount += 1;
  // An attempt that fails ends every process with its cookie, so no other test may have the same.
  const cookie = options.cookie ?? `test-${process.pid}-${attemptCount}`;
  const type = createShell({ environment: process.env, secrets: [], ...options.settings });
  const rendered = renderTemplates(written, (name) => params[name.replace("params.", "")]);
  const lines: string[] = [];
  const watchers = new Set<() => void>();
  const note = (message: string, fields: LogFields = {}): void => {
    lines.push(`${String(fields["stream"])}: ${message}`);
    for (const watcher of watchers) watcher();
  };
  const log: Logger = { debug: note, info: note, warn: note, error: note, with: () => log };
  const context: Partial<TaskContext<ShellOptions, TaskPorts>> = {
    run: { ...RUN, params },
    taskId: "build",
    attempt: 2,
    cookie,
    options: type.options.parse(rendered),
    written,
    signal: options.signal ?? new AbortController().signal,
    log,
    clock: options.clock ?? createTestClock(),
  };
  const output = type.run(context as TaskContext<ShellOptions, TaskPorts>);
  // The awaiting test gets the failure; a test that ended before must not get another's.
  output.catch(() => undefined);
  return {
    output,
    lines,
    untilLine: (pattern) =>
      new Promise((resolve) => {
        const look = (): void => {
          const found = lines.find((line) => pattern.test(line));
          if (found !== undefined) resolve(found);
        };
        watchers.add(look);
        look();
      }),
  };
}

export async function runShell(written: Written, options?: AttemptOptions) {
  const attempt = startShell(written, options);
  return { output: await attempt.output, lines: attempt.lines };
}

export async function failShell(written: Written, options?: AttemptOptions): Promise<TaskFailure> {
  const error: unknown = await startShell(written, options).output.then(
    (output) => new Error(`it did not fail: ${JSON.stringify(output)}`),
    (reason: unknown) => reason,
  );
  if (!(error instanceof TaskFailure)) throw error;
  return error;
}

export function readLastLine(output: TaskOutput): string {
  const line = output["last_line"];
  if (typeof line !== "string") throw new Error("no last_line");
  return line;
}

/** A zombie has ended; only its parent has not noticed yet. */
export function isRunning(pid: number): boolean {
  if (!existsSync(`/proc/${pid}/stat`)) return false;
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

/** SIGKILL is sent at once and takes a moment to have its effect. */
export async function untilGone(pid: number): Promise<void> {
  await vi.waitFor(
    () => {
      if (isRunning(pid)) throw new Error(`process ${pid} is still there`);
    },
    { timeout: 5000, interval: 5 },
  );
}

/** For a process that is meant to keep running. */
export function endAfterTest(pid: number): void {
  onTestFinished(() => {
    if (isRunning(pid)) process.kill(pid, "SIGKILL");
  });
}

/** The number in a line such as `stdout: pid 123`. */
export function readPid(line: string): number {
  const pid = Number(/(\d+)$/.exec(line)?.[1]);
  if (!(pid > 1)) throw new Error(`no pid in ${line}`);
  return pid;
}
