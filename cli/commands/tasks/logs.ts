/** `dagmar tasks logs RUN [TASK]`: prints the log of an attempt and can follow it; without a task it lists the tasks. Changes nothing. */
import { CommandRefused, EXIT } from "../../../model/errors.ts";
import type { Clock } from "../../../model/ports/clock.ts";
import type { AttemptLogReader } from "../../../logs/attempt-log-reader.ts";
import type { Row } from "../../../state/sqlite/row.ts";
import { isSet, JSON_OPTION, readText, type Command } from "../../command.ts";
import { RUN_ARGUMENT } from "../../arguments/run-argument.ts";
import type { Output } from "../../output/output.ts";

const LOOK_AGAIN_MS = 250;

export const tasksLogs: Command = {
  name: "tasks logs",
  summary: "show a task's log, attempt by attempt; without a task, list the run's tasks",
  args: [RUN_ARGUMENT, { name: "[task]", description: "the task's id" }],
  options: [
    { flags: "--attempt <number>", description: "this attempt instead of the newest" },
    { flags: "--follow", description: "keep printing until the attempt has ended" },
    JSON_OPTION,
  ],
  examples: [
    "dagmar tasks logs tmdb_ingest",
    "dagmar tasks logs tmdb_ingest movies --follow",
    "dagmar tasks logs csv_ingest@2026-11-23 series",
    "dagmar tasks logs csv_ingest/manual__2026-11-23T09:00:00.000Z series --attempt 1",
  ],
  async run({ args, options, output, drain }) {
    const { withApp } = await import("../../open-app.ts");
    const { listLoggedTasks, openTaskLog } = await import("../../../app/tasks/open-task-log.ts");
    const { escapeControlCharacters } = await import("../../../model/text/control-character.ts");
    const { readCount } = await import("../../arguments/read-options.ts");
    const isJson = isSet(options, "json");
    const isFollowing = isSet(options, "follow");
    if (isJson && isFollowing) {
      throw new CommandRefused("USAGE", "--follow cannot be used with --json, which is printed at the end.");
    }
    const asked = readText(options, "attempt");
    const number = asked === undefined ? undefined : readCount(asked, "--attempt");
    const taskId = args[1];
    if (taskId === undefined && (isFollowing || asked !== undefined)) {
      throw new CommandRefused("USAGE", "--follow and --attempt need a task.", {
        hint: `\`dagmar tasks logs ${String(args[0])}\` lists the tasks.`,
      });
    }
    return withApp(async (app) => {
      if (taskId === undefined) {
        const listed = await listLoggedTasks(app, String(args[0]));
        listTasks(output, listed.runName, listed.tasks, isJson);
        return EXIT.done;
      }
      const { runName, task, attempt } = await openTaskLog(app, String(args[0]), String(taskId), number);
      if (attempt === null) {
        if (isJson) output.json({ attempt: null, file: null, lines: [], failure: null });
        else
          output.line(`${task.taskId} of ${runName} has had no attempt so far; its state is ${task.state}.`);
        return EXIT.done;
      }
      const { file, reader } = attempt;
      const lines: string[] = [];
      const show = (line: string): void => {
        if (isJson) lines.push(line);
        else output.line(escapeControlCharacters(line));
      };
      try {
        await readLines(reader, show, drain, app.clock, () => isFollowing && attempt.isRunning());
      } catch (error) {
        if (!(error instanceof Error && "syscall" in error)) throw error;
        output.fault(`dagmar: ${error.message}`);
        return EXIT.failed;
      }
      const failure = attempt.readFailure();
      if (isJson) {
        output.json({ attempt: attempt.number, file: reader.isFound ? file : null, lines, failure });
        return EXIT.done;
      }
      if (drain.aborted) return EXIT.done;
      if (!reader.isFound) {
        output.line(
          `Attempt ${attempt.number} of ${task.taskId} has no log: it wrote nothing, or ${file} was removed.`,
        );
      }
      if (failure !== null) {
        const { state, code, error } = failure;
        const words = `Attempt ${attempt.number} ${WORDS[state] ?? state}: ${error}`;
        output.line(output.paint.bad(code === null || code === error ? words : `${words} [${code}]`));
      }
      return EXIT.done;
    });
  },
};

const WORDS: Readonly<Record<string, string>> = {
  failed: "failed",
  timed_out: "timed out",
  cancelled: "was stopped",
  lost: "was lost",
};

function listTasks(output: Output, runName: string, tasks: readonly Row[], isJson: boolean): void {
  if (isJson) {
    output.json({ run: runName, tasks });
    return;
  }
  output.table(
    ["task", "state", { title: "attempts", rank: 1 }, { title: "message", isText: true }],
    tasks.map((task) => [task["task_id"], task["state"], task["attempts"], task["message"]]),
    `${runName} has no tasks.`,
  );
  if (tasks.length > 0) output.line(`\`dagmar tasks logs ${runName} TASK\` prints what a task logged.`);
}

/** Asks whether the attempt runs before each read: an attempt writes its last line before its end is recorded. */
async function readLines(
  reader: AttemptLogReader,
  show: (line: string) => void,
  drain: AbortSignal,
  clock: Clock,
  mayGrow: () => boolean,
): Promise<void> {
  for (;;) {
    const isLast = !mayGrow();
    for await (const line of reader.readNewLines()) {
      if (drain.aborted) return;
      show(line);
    }
    if (isLast) break;
    await clock.sleep(LOOK_AGAIN_MS, drain).catch(() => undefined);
    if (drain.aborted) return;
  }
  if (reader.rest !== "") show(reader.rest);
}
