/** `dagmar runs show RUN`: one run with its tasks, attempts and events, and why an open task waits. */
import { EXIT } from "../../../model/errors.ts";
import { isSet, JSON_OPTION, type Command } from "../../command.ts";
import { RUN_ARGUMENT } from "../../arguments/run-argument.ts";

export const runsShow: Command = {
  name: "runs show",
  summary: "one run: tasks, attempts, events, why something waits",
  args: [RUN_ARGUMENT],
  options: [JSON_OPTION],
  examples: [
    "dagmar runs show tmdb_ingest",
    "dagmar runs show csv_ingest@2026-11-23",
    "dagmar runs show tmdb_ingest/manual__2026-11-23T09:00:00.000Z --json",
  ],
  async run({ args, options, output }) {
    const { withApp } = await import("../../open-app.ts");
    const { describeRun } = await import("../../../app/runs/describe-run.ts");
    return withApp(async (app) => {
      const { found, ...described } = await describeRun(app, String(args[0]));
      const { run, tasks, inputs, attempts, events, waiting, turn, waits } = described;
      if (isSet(options, "json")) {
        output.json({ run, tasks, inputs, attempts, events, waiting, turn, waits });
        return EXIT.done;
      }
      const { paint } = output;
      output.line(
        `${paint.bold(`${String(run["dag_id"])}/${String(run["run_id"])}`)}  ${String(run["state"])}`,
      );
      output.line(
        `  logical date  ${String(run["logical_date_local"])}   partition ${String(run["partition"])}`,
      );
      output.line(`  params        ${String(run["params"])}`);
      output.line(
        `  lake          ${found.lake ?? "not known yet"}${found.lake === app.lake.id ? "" : `; this command works for ${app.lake.id}`}`,
      );
      output.line();
      output.table(
        ["task", "type", "state", "attempts", "seconds", "message"],
        tasks.map((task) => [
          task["task_id"],
          task["type"],
          task["state"],
          task["attempts"],
          task["duration_seconds"],
          task["message"],
        ]),
        "It has no tasks.",
      );
      for (const { task_id, key, dataset, source } of inputs) {
        output.line(
          paint.dim(`  ${String(task_id)} read ${String(key)} for ${String(dataset)} (${String(source)})`),
        );
      }
      for (const task of tasks) {
        const outputs = task["outputs"];
        if (typeof outputs === "string" && outputs !== "{}") {
          output.line(paint.dim(`  ${String(task["task_id"])} gave ${outputs}`));
        }
      }
      if (turn !== null) output.line(`  the run waits: ${waits ?? turn}`);
      for (const { taskId, reasons } of waiting) output.line(`  ${taskId} waits: ${reasons.join("; ")}`);
      if (attempts.some((attempt) => attempt["error"] !== null)) {
        output.line();
        output.table(
          ["attempt of", "no", "state", "started", "error"],
          attempts
            .filter((attempt) => attempt["error"] !== null)
            .map((attempt) => [
              attempt["task_id"],
              attempt["attempt"],
              attempt["state"],
              attempt["started_at_local"],
              attempt["error"],
            ]),
          "",
        );
      }
      if (events.length > 0) {
        output.line();
        output.table(
          ["at", "level", "event"],
          events.map((event) => [event["at_local"], event["level"], event["message"]]),
          "",
        );
      }
      return EXIT.done;
    });
  },
};
