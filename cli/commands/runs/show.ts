/** `dagmar runs show RUN`: one run with its tasks, attempts and events, and why an open task waits. */
import { CommandRefused, EXIT } from "../../../model/errors.ts";
import { systemClock } from "../../system-clock.ts";
import { isSet, JSON_OPTION, type Command } from "../../command.ts";

export const runsShow: Command = {
  name: "runs show",
  summary: "one run: tasks, attempts, events, why something waits",
  args: [{ name: "<run>", description: "DAG for its newest run, DAG/RUN_ID, or a run id" }],
  options: [JSON_OPTION],
  examples: [
    "dagmar runs show tmdb_ingest",
    "dagmar runs show tmdb_ingest/manual__2026-11-23T09:00:00.000Z --json",
  ],
  async run({ args, options, output }) {
    const { withApp } = await import("../../app.ts");
    const reports = await import("../../../state/reports.ts");
    const { explainRun } = await import("../../../scheduler/explain-run.ts");
    return withApp(async (app) => {
      const database = await app.openDatabase("read");
      const name = String(args[0]);
      const run = reports.findRunRow(database, name);
      if (run === undefined) {
        throw new CommandRefused("RUN_UNKNOWN", `No run answers to ${name}.`, {
          hint: "`dagmar runs list` shows them.",
        });
      }
      const dagRunId = Number(run["dag_run_id"]);
      const tasks = reports.reportTasks(database, dagRunId);
      const attempts = reports.reportAttempts(database, dagRunId);
      const events = reports.reportRunEvents(database, String(run["dag_id"]), String(run["run_id"]));
      const waiting = explainRun(database, dagRunId, app.settings, systemClock.now());
      if (isSet(options, "json")) {
        output.json({ run, tasks, attempts, events, waiting });
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
      for (const task of tasks) {
        const outputs = task["outputs"];
        if (typeof outputs === "string" && outputs !== "{}") {
          output.line(paint.dim(`  ${String(task["task_id"])} gave ${outputs}`));
        }
      }
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
