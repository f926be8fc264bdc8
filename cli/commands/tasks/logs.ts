/** `dagmar tasks logs RUN TASK`: what an attempt of a task has logged, and goes on to log. Reads files and database; changes neither. */
import { CommandRefused, EXIT } from "../../../model/errors.ts";
import type { TaskInstance } from "../../../model/run/task-instance.ts";
import type { AttemptLogReader } from "../../../logs/attempt-log-reader.ts";
import type { Query } from "../../../state/sqlite/database.ts";
import { isSet, JSON_OPTION, readText, type Command } from "../../command.ts";
import { RUN_ARGUMENT } from "../../arguments/run-argument.ts";
import { systemClock } from "../../process/system-clock.ts";

const LOOK_AGAIN_MS = 250;

export const tasksLogs: Command = {
  name: "tasks logs",
  summary: "what a task has logged, attempt by attempt",
  args: [RUN_ARGUMENT, { name: "<task>", description: "the task's id" }],
  options: [
    { flags: "--attempt <number>", description: "this attempt instead of the newest" },
    { flags: "--follow", description: "go on until the attempt has ended" },
    JSON_OPTION,
  ],
  examples: [
    "dagmar tasks logs tmdb_ingest movies --follow",
    "dagmar tasks logs csv_ingest@2026-11-23 series",
    "dagmar tasks logs csv_ingest/manual__2026-11-23T09:00:00.000Z series --attempt 1",
  ],
  async run({ args, options, output, drain }) {
    const { withApp } = await import("../../../app/app.ts");
    const { locateAttemptLog } = await import("../../../logs/attempt-log-place.ts");
    const { createAttemptLogReader } = await import("../../../logs/attempt-log-reader.ts");
    const { escapeControlCharacters } = await import("../../../model/text/control-character.ts");
    const { readCount } = await import("../../arguments/read-options.ts");
    const { findRun } = await import("../../../app/runs/find-run.ts");
    const { listTasksOfRun } = await import("../../../state/runs/task-instances.ts");
    const isJson = isSet(options, "json");
    const isFollowing = isSet(options, "follow");
    if (isJson && isFollowing) {
      throw new CommandRefused(
        "USAGE",
        "--follow and --json do not go together: JSON is printed when all is read.",
      );
    }
    const asked = readText(options, "attempt");
    const number = asked === undefined ? undefined : readCount(asked, "--attempt");
    return withApp(async (app) => {
      const database = await app.openDatabase("read");
      const { dagId, runId, dagRunId } = findRun(database, app.lake.id, String(args[0]), systemClock.now());
      const name = `${dagId}/${runId}`;
      const readTask = (query: Query): TaskInstance =>
        findTask(listTasksOfRun(query, dagRunId), String(args[1]), name);
      const task = readTask(database);
      const attempt = chooseAttempt(task, number, name);
      if (attempt === undefined) {
        if (isJson) output.json({ attempt: null, file: null, lines: [] });
        else output.line(`${task.taskId} of ${name} has had no attempt so far; its state is ${task.state}.`);
        return EXIT.done;
      }
      const file = locateAttemptLog(app.settings.logsFolder, {
        dagId,
        runId,
        taskId: task.taskId,
        attempt,
      });
      if (file === undefined) throw new CommandRefused("INTERNAL", `${name} has no place for its logs.`);
      const isRunning = (): boolean => {
        const { state, attemptCount } = readTask(database);
        return state === "running" && attemptCount === attempt;
      };
      const reader = createAttemptLogReader(file);
      const lines: string[] = [];
      const show = (line: string): void => {
        if (isJson) lines.push(line);
        else output.line(escapeControlCharacters(line));
      };
      try {
        await readLines(reader, show, drain, () => isFollowing && isRunning());
      } catch (error) {
        if (!(error instanceof Error && "syscall" in error)) throw error;
        output.fault(`dagmar: ${error.message}`);
        return EXIT.failed;
      }
      if (isJson) output.json({ attempt, file: reader.isFound ? file : null, lines });
      else if (!reader.isFound && !drain.aborted) {
        output.line(
          `Attempt ${attempt} of ${task.taskId} has no log: it wrote nothing, or ${file} was removed.`,
        );
      }
      return EXIT.done;
    });
  },
};

function findTask(tasks: readonly TaskInstance[], taskId: string, run: string): TaskInstance {
  const task = tasks.find((one) => one.taskId === taskId);
  if (task !== undefined) return task;
  throw new CommandRefused("TASK_UNKNOWN", `${run} has no task ${taskId}.`, {
    hint: `It has ${tasks.map((one) => one.taskId).join(", ")}.`,
  });
}

/** `undefined` while there is no attempt at all. */
function chooseAttempt(task: TaskInstance, asked: number | undefined, run: string): number | undefined {
  const { attemptCount, taskId } = task;
  if (attemptCount === 0 || asked === undefined) return attemptCount === 0 ? undefined : attemptCount;
  if (asked <= attemptCount) return asked;
  const count = attemptCount === 1 ? "1 attempt" : `${attemptCount} attempts`;
  throw new CommandRefused("USAGE", `${taskId} of ${run} has had ${count}: there is no attempt ${asked}.`);
}

/** Whether there may be more is asked before each reading: an attempt's last line is written before its end is. */
async function readLines(
  reader: AttemptLogReader,
  show: (line: string) => void,
  drain: AbortSignal,
  mayGrow: () => boolean,
): Promise<void> {
  for (;;) {
    const isLast = !mayGrow();
    for await (const line of reader.readNewLines()) {
      if (drain.aborted) return;
      show(line);
    }
    if (isLast) break;
    await systemClock.sleep(LOOK_AGAIN_MS, drain).catch(() => undefined);
    if (drain.aborted) return;
  }
  if (reader.rest !== "") show(reader.rest);
}
