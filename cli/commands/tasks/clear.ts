/** `dagmar tasks clear RUN`, or `DAG` with dates: makes tasks of one run, or of a range of runs, run again. */
import { EXIT } from "../../../model/errors.ts";
import { nameRun } from "../../../model/run/run-name.ts";
import { isSet, JSON_OPTION, readList, readText, type Command } from "../../command.ts";

export const tasksClear: Command = {
  name: "tasks clear",
  summary: "rerun tasks of one run or of a range of runs; earlier attempts are kept",
  args: [
    { name: "<run>", description: "DAG@DATE, DAG/RUN_ID or a run id; or a Dag's id with the dates below" },
  ],
  options: [
    {
      flags: "--date <date>",
      description: "the run of that instant, or the one of that day; in the Dag's time zone",
    },
    { flags: "--from <date>", description: "the first day or instant of a range" },
    { flags: "--to <date>", description: "its last day or instant, included" },
    { flags: "--task <id>", description: "only this task; repeatable", isRepeatable: true },
    { flags: "--downstream", description: "also all tasks downstream of them" },
    JSON_OPTION,
  ],
  examples: [
    "dagmar tasks clear tmdb_ingest@2026-11-23 --task movies --downstream",
    "dagmar tasks clear tmdb_ingest --date 2026-11-23 --task movies",
    "dagmar tasks clear csv_ingest --from 2026-11-01 --to 2026-11-07",
  ],
  async run({ args, options, output, drain }) {
    const { withApp } = await import("../../open-app.ts");
    const { clearTasks } = await import("../../../app/tasks/clear-tasks.ts");
    const { describeScheduler } = await import("../../../app/lease-work.ts");
    return withApp(async (app) => {
      const words = {
        name: String(args[0]),
        date: readText(options, "date"),
        from: readText(options, "from"),
        to: readText(options, "to"),
        taskIds: readList(options, "task"),
        isDownstream: isSet(options, "downstream"),
      };
      const { dagId, cleared, isScheduler } = await clearTasks(app, words, drain);
      if (isSet(options, "json")) {
        output.json({ dag_id: dagId, cleared, scheduler: isScheduler });
        return EXIT.done;
      }
      output.table(
        ["run", { title: "cleared", isText: true }],
        cleared.map((run) => [nameRun({ dagId, runId: run.runId }), run.tasks.join(", ")]),
        "Nothing was cleared: no such task of these runs has run.",
      );
      if (cleared.length === 0) return EXIT.done;
      if (isScheduler) output.line(describeScheduler(app));
      else {
        output.line(
          "No scheduler is running: they wait for `dagmar scheduler`, or for `dagmar run … --date …`.",
        );
      }
      return EXIT.done;
    });
  },
};
