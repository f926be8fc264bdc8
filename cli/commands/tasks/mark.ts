/** `dagmar tasks mark RUN TASK success|failed`: sets a task's state by hand, without running it. */
import { CommandRefused, EXIT } from "../../../model/errors.ts";
import { nameRun } from "../../../model/run/run-name.ts";
import type { Command } from "../../command.ts";
import { RUN_ARGUMENT } from "../../arguments/run-argument.ts";

export const tasksMark: Command = {
  name: "tasks mark",
  summary: "set a task's state by hand, without running it; downstream tasks use it",
  args: [
    RUN_ARGUMENT,
    { name: "<task>", description: "the task's id" },
    { name: "<state>", description: "success or failed" },
  ],
  examples: [
    "dagmar tasks mark csv_ingest series success",
    "dagmar tasks mark csv_ingest@2026-11-23 series success",
  ],
  async run({ args, output, drain }) {
    const { withApp } = await import("../../open-app.ts");
    const { markTask } = await import("../../../app/tasks/mark-task.ts");
    const { describeScheduler } = await import("../../../app/lease-work.ts");
    const state = args[2];
    if (state !== "success" && state !== "failed") {
      throw new CommandRefused("USAGE", `A task is marked success or failed, not "${String(state)}".`);
    }
    return withApp(async (app) => {
      const taskId = String(args[1]);
      const { run, isMarked, isScheduler } = await markTask(app, String(args[0]), taskId, state, drain);
      output.line(
        `${nameRun(run)} ${taskId} ${isMarked ? "is" : "was"} ${state}${isMarked ? "" : " already"}.`,
      );
      if (isScheduler && isMarked) output.line(describeScheduler(app));
      return EXIT.done;
    });
  },
};
