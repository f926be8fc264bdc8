/** Starts the engine's process for one job, follows its answers, and turns its end into a result or a plain error. */
import { constants } from "node:os";
import { fileURLToPath } from "node:url";
import { TaskFailure } from "../../model/errors.ts";
import { failpoint } from "../../model/failpoint.ts";
import type { Clock } from "../../model/ports/clock.ts";
import type { Progress } from "../../model/ports/task-type.ts";
import { COOKIE_VARIABLE } from "../../model/run/attempt-cookie.ts";
import { createProcessSearch, endProcesses } from "../shell/attempt-processes.ts";
import { judgeLeftovers } from "../shell/judge-end.ts";
import { runProgram, type ProgramEnd } from "../shell/run-program.ts";
import type { EngineFailure, EngineStep } from "./engine/job.ts";
import type { EngineResult } from "./engine/serve-job.ts";

/** Its compiled module. */
export const ENGINE = new URL("./engine.js", import.meta.url);

export interface EngineTools {
  readonly taskId: string;
  readonly cookie: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly progress: (progress: Progress) => void;
  /** Where the engine's compiled module is. */
  readonly module: URL;
}

const NOTES = { reading: "reading", writing: "computing", checking: "checking" } as const;
/** Of what it wrote to standard error, for the message. */
const LAST_ERROR_CHARACTERS = 500;

/**
 * `job`: being prepared, which takes about as long as the engine takes to load. `Result`: what the module answers where it has no
 * fault. Raises `ENGINE_CRASHED` (retryable) if the process ends without an answer, its own faults and those of the job. Nothing of
 * either runs when this function ends, nor after this process.
 */
export async function runEngine<Result extends EngineResult>(
  job: Promise<object>,
  tools: EngineTools,
): Promise<Result | EngineFailure> {
  const { taskId, cookie, clock, signal } = tools;
  const search = createProcessSearch(new Set([cookie]));
  const answers = createAnswers<Result>((step) => {
    if (step === "writing") failpoint("table.engine.writing");
    tools.progress({ done: 0, total: null, unit: "rows", note: NOTES[step] });
  });
  let errors = "";
  const broken = new AbortController();
  const prepared = job.catch((error: unknown) => {
    broken.abort(error);
    throw error;
  });
  try {
    const end = await runProgram(
      {
        file: process.execPath,
        args: [fileURLToPath(tools.module)],
        cwd: undefined,
        // No secret of ours, and nothing that changes how Node or DuckDB work.
        environment: { [COOKIE_VARIABLE]: cookie, TZ: "UTC", LANG: "C.UTF-8" },
        input: prepared.then((given) => `${JSON.stringify(given)}\n`),
        // It takes all processors, and this process has other tasks and people at its pages.
        priority: constants.priority.PRIORITY_BELOW_NORMAL,
      },
      {
        clock,
        signal: AbortSignal.any([signal, broken.signal]),
        search,
        onOutput: (stream, chunk) => {
          if (stream === "stdout") {
            try {
              answers.add(chunk);
            } catch (error) {
              // Raised below: an error in here would end this process.
              broken.abort(error);
            }
          } else errors = (errors + chunk.toString("utf8")).slice(-LAST_ERROR_CHARACTERS);
        },
      },
    );
    signal.throwIfAborted();
    broken.signal.throwIfAborted();
    return answers.last() ?? describeCrash(taskId, end, errors);
  } catch (error) {
    const left = await endProcesses(search, clock);
    throw left.length === 0 ? error : judgeLeftovers(taskId, left);
  } finally {
    await prepared.catch(() => undefined);
  }
}

function describeCrash(taskId: string, { exitCode, signal }: ProgramEnd, errors: string): never {
  const how = exitCode === null ? `by ${signal ?? "a signal"}` : `with exit code ${exitCode}`;
  const why = signal === "SIGKILL" ? ", as the system does when memory runs out" : "";
  const said =
    errors.trim() === "" ? "" : ` Last on standard error: ${errors.trim().split("\n").at(-1) ?? ""}`;
  throw new TaskFailure(
    "ENGINE_CRASHED",
    `${taskId}: the process that computes was ended ${how}${why}. Nothing was published.${said}`,
    true,
    { hint: "If it happens again, lower the task's `memory` below what the machine has free." },
  );
}

/** Lines of JSON, in pieces as they come. */
function createAnswers<Result extends EngineResult>(
  onStep: (step: keyof typeof NOTES) => void,
): {
  add(chunk: Buffer): void;
  last(): Result | EngineFailure | undefined;
} {
  let rest: Buffer = Buffer.alloc(0);
  let last: Result | EngineFailure | undefined;
  return {
    add(chunk) {
      rest = Buffer.concat([rest, chunk]);
      for (let end = rest.indexOf("\n"); end !== -1; end = rest.indexOf("\n")) {
        const answer = JSON.parse(rest.subarray(0, end).toString("utf8")) as
          Result | EngineFailure | EngineStep;
        rest = rest.subarray(end + 1);
        if (isStep(answer)) onStep(answer.step);
        else last = answer;
      }
    },
    last: () => last,
  };
}

function isStep(answer: EngineResult): answer is EngineStep {
  return answer.kind === "step";
}
