/** The task type `shell`: a script or a program of the user's own, in a process group of its own. What a Dag's params say reaches it as data only. */
import type { JsonValue } from "../../model/dag.ts";
import { TaskFailure } from "../../model/errors.ts";
import type { TaskPorts } from "../../model/task-ports.ts";
import type { TaskContext, TaskOutput, TaskType } from "../../model/task-type.ts";
import { listHandedSecrets, makeChildEnvironment, type Environment } from "./child-environment.ts";
import { makeCleanText } from "./clean-text.ts";
import { judgeEnd, judgeStart } from "./judge-end.ts";
import { optionsSchema, refuseTemplate, type OptionPath, type ShellOptions } from "./options.ts";
import { createOutputLog } from "./output-log.ts";
import { createOutputTail } from "./output-tail.ts";
import { runProgram, type Program } from "./run-program.ts";

type Context = TaskContext<ShellOptions, TaskPorts>;

const LAST_LINE_CHARACTERS = 4096;
const ERROR_LINES = 3;

export interface ShellSettings {
  /** What variables are handed on from. */
  readonly environment: Environment;
  /** See `makeAttemptCookie`. */
  readonly cookieScope: string;
}

export function createShell(settings: ShellSettings): TaskType<ShellOptions, TaskPorts> {
  return {
    type: "shell",
    summary:
      "Runs a script or a program. What it leaves running in its process group is ended with it; exit code 0 is success.",
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
  const { options, taskId, signal, clock, log } = context;
  const program = composeProgram(context, settings);
  const clean = makeCleanText(listHandedSecrets(settings.environment, options.pass_env));
  const shown = createOutputLog(log, options.output_limit, clean);
  const tails = { stdout: createOutputTail(clean), stderr: createOutputTail(clean) };
  const tools = {
    clock,
    signal,
    onOutput: (stream: keyof typeof tails, chunk: Buffer): void => {
      shown.write(stream, chunk);
      tails[stream].add(chunk);
    },
  };
  const end = await startProgram(taskId, program, tools);
  shown.close();
  // Whatever it answered to the SIGTERM: it did not come to its own end.
  signal.throwIfAborted();
  const isScript = options.script !== undefined;
  const failure = judgeEnd(taskId, isScript, end, tails.stderr.lastLines(ERROR_LINES));
  if (failure !== undefined) throw failure;
  const lastLine = tails.stdout.lastLines(1)[0] ?? "";
  return { exit_code: 0, last_line: lastLine.slice(-LAST_LINE_CHARACTERS) };
}

async function startProgram(
  taskId: string,
  program: Program,
  tools: Parameters<typeof runProgram>[1],
): ReturnType<typeof runProgram> {
  try {
    return await runProgram(program, tools);
  } catch (error) {
    throw judgeStart(taskId, program, error);
  }
}

function composeProgram({ options, run, taskId, attempt }: Context, settings: ShellSettings): Program {
  const { cookieScope } = settings;
  const args = options.args.map(String);
  const environment = makeChildEnvironment(settings.environment, options, {
    run,
    taskId,
    attempt,
    cookieScope,
  });
  const { cwd } = options;
  if (options.script !== undefined) {
    // What follows the text is $0, by which the shell names itself in its messages, and then "$1".
    return { file: "/bin/sh", args: ["-eu", "-c", options.script, taskId, ...args], cwd, environment };
  }
  const [file = "", ...rest] = (options.command ?? []).map(String);
  return { file, args: [...rest, ...args], cwd, environment };
}

/** When a Dag file is read the same is asked; here nothing goes round it, such as a definition that an older version stored. */
function assertNoTemplate({ taskId, written }: Context): void {
  const found = findRefusedTemplate(written, []);
  if (found === undefined) return;
  throw new TaskFailure("DAG_INVALID", `${taskId}: no template may stand in ${found.join(".")}.`, false, {
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
