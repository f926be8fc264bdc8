/**
 * The task type `shell`: a script or a program of the user's own, in its own process group. A Dag's params reach it
 * only as data.
 */
import type { JsonValue } from "../../model/dag/dag.ts";
import { TaskFailure } from "../../model/errors.ts";
import { makeMask } from "../../model/text/mask-secrets.ts";
import type { TaskPorts } from "../../model/ports/task-ports.ts";
import type { TaskContext, TaskOutput, TaskType } from "../../model/ports/task-type.ts";
import { createProcessSearch, endProcesses, type ProcessSearch } from "./attempt-processes.ts";
import { listHandedSecrets, makeChildEnvironment, type Environment } from "./child-environment.ts";
import { makeCleanText } from "./clean-text.ts";
import { judgeEnd, judgeLeftovers, judgeStart } from "./judge-end.ts";
import { optionsSchema, refuseTemplate, type OptionPath, type ShellOptions } from "./options.ts";
import { findNonText, showLine, type OutputLine } from "./output-line.ts";
import { createOutputLog } from "./output-log.ts";
import { createOutputTail } from "./output-tail.ts";
import { ProgramStuck, runProgram, type Program } from "./run-program.ts";

type Context = TaskContext<ShellOptions, TaskPorts>;

/** The longest output. It is kept in the database, and passed to the options of other tasks. */
const LAST_LINE_BYTES = 4096;
const ERROR_LINES = 3;

export interface ShellSettings {
  /** The variables from which some are passed on. */
  readonly environment: Environment;
  /** Texts that must not appear in a program's output, in addition to what `pass_env` passes on. */
  readonly secrets: readonly string[];
}

export function createShell(settings: ShellSettings): TaskType<ShellOptions, TaskPorts> {
  return {
    type: "shell",
    summary:
      "Runs a script or a program. Exit code 0 is success. Processes that it leaves running in its process group are ended with it. The last line on standard output that is not blank is the output `last_line`; if it has more than 4,096 bytes or is not text, the task fails.",
    options: optionsSchema,
    ownTemplateNames: [],
    outputNames: ["exit_code", "last_line"],
    writes: () => undefined,
    reads: () => [],
    exclusiveKey: () => null,
    refuseTemplate,
    async run(context): Promise<TaskOutput> {
      assertNoTemplate(context);
      context.signal.throwIfAborted();
      return runShell(context, settings);
    },
  };
}

async function runShell(context: Context, settings: ShellSettings): Promise<TaskOutput> {
  const program = composeProgram(context, settings);
  const search = createProcessSearch(new Set([context.cookie]));
  try {
    return await runOnce(context, settings, program, search);
  } catch (error) {
    // Nothing of a failed attempt may run together with the next one, or after its run has ended.
    const left = await endProcesses(search, context.clock);
    throw left.length === 0 ? error : judgeLeftovers(context.taskId, left);
  }
}

async function runOnce(
  context: Context,
  settings: ShellSettings,
  program: Program,
  search: ProcessSearch,
): Promise<TaskOutput> {
  const { options, taskId, signal, clock, log } = context;
  const handed = listHandedSecrets(settings.environment, options.pass_env);
  const secrets = [...settings.secrets, ...handed];
  const [clean, mask] = [makeCleanText(secrets), makeMask(secrets)];
  const show = (line: OutputLine): string => clean(showLine(line));
  const isBlank = (line: OutputLine): boolean => show(line).trim() === "";
  const shown = createOutputLog(log, options.output_limit, show);
  const tails = { stdout: createOutputTail(1, isBlank), stderr: createOutputTail(ERROR_LINES, isBlank) };
  const onOutput = (stream: keyof typeof tails, chunk: Buffer): void => {
    shown.write(stream, chunk);
    tails[stream].add(chunk);
  };
  const end = await startProgram(taskId, program, { clock, signal, search, onOutput });
  shown.close();
  // Whatever its exit code after the SIGTERM: it did not end by itself.
  signal.throwIfAborted();
  const isScript = options.script !== undefined;
  const failure = judgeEnd(taskId, isScript, end, tails.stderr.lines.map(show));
  if (failure !== undefined) throw failure;
  const [lastLine] = tails.stdout.lines;
  if (lastLine === undefined) return { exit_code: 0, last_line: "" };
  assertShort(taskId, lastLine);
  return { exit_code: 0, last_line: mask(readText(taskId, lastLine)) };
}

function assertShort(taskId: string, { lengthBytes }: OutputLine): void {
  if (lengthBytes <= LAST_LINE_BYTES) return;
  const [got, limit] = [lengthBytes, LAST_LINE_BYTES].map((bytes) => bytes.toLocaleString("en-US"));
  throw new TaskFailure(
    "OUTPUT_TOO_LONG",
    `${taskId}: the last line on standard output is ${got} bytes long, and the output last_line may have ${limit}.`,
    false,
    {
      hint: "Write the text to a file and print the file's name last. If no task reads the line, print a short one after it.",
    },
  );
}

/** Byte for byte: text cleaned for display would be another text for the task that reads it. */
function readText(taskId: string, line: OutputLine): string {
  const fault = findNonText(line.head);
  if (fault === undefined) return line.head.toString("utf8");
  throw new TaskFailure(
    "OUTPUT_NOT_TEXT",
    `${taskId}: the last line on standard output is not plain text: byte ${fault.position.toLocaleString("en-US")} is ${fault.what}.`,
    false,
    {
      hint: "The output last_line is UTF-8 text without control characters. Print a plain line last (NO_COLOR=1 stops the colours of many programs), or write the bytes to a file and print its name.",
    },
  );
}

async function startProgram(
  taskId: string,
  program: Program,
  tools: Parameters<typeof runProgram>[1],
): ReturnType<typeof runProgram> {
  try {
    return await runProgram(program, tools);
  } catch (error) {
    // The reason for its end is known; `runShell` looks for what is left of it.
    if (error instanceof ProgramStuck) tools.signal.throwIfAborted();
    throw judgeStart(taskId, program, error);
  }
}

function composeProgram(context: Context, settings: ShellSettings): Program {
  const { options, taskId } = context;
  const args = options.args.map(String);
  const environment = makeChildEnvironment(settings.environment, options, context);
  const { cwd } = options;
  if (options.script !== undefined) {
    // After the text comes $0, which the shell uses as its name in messages, and then "$1".
    return { file: "/bin/sh", args: ["-eu", "-c", options.script, taskId, ...args], cwd, environment };
  }
  const [file = "", ...rest] = (options.command ?? []).map(String);
  return { file, args: [...rest, ...args], cwd, environment };
}

/** The same is checked when a Dag file is read; here it also catches definitions that an older version stored. */
function assertNoTemplate({ taskId, written }: Context): void {
  const found = findRefusedTemplate(written, []);
  if (found === undefined) return;
  throw new TaskFailure("DAG_INVALID", `${taskId}: templates are not allowed in ${found.join(".")}.`, false, {
    hint: `In its Dag file: ${refuseTemplate(found) ?? ""}.`,
  });
}

function findRefusedTemplate(value: JsonValue, path: OptionPath): OptionPath | undefined {
  if (typeof value === "string") {
    return value.includes("${") && refuseTemplate(path) !== undefined ? path : undefined;
  }
  if (value === null || typeof value !== "object") return undefined;
  for (const [name, item] of Object.entries(value)) {
    const found = findRefusedTemplate(item, [...path, Array.isArray(value) ? Number(name) : name]);
    if (found !== undefined) return found;
  }
  return undefined;
}
