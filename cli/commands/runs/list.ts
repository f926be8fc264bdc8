/** `dagmar runs list [ID]`: the runs, newest first. */
import { EXIT } from "../../../model/errors.ts";
import { isSet, JSON_OPTION, readText, type Command } from "../../command.ts";
import { readCount } from "../../read-options.ts";

export const runsList: Command = {
  name: "runs list",
  summary: "runs, newest first",
  args: [{ name: "[id]", description: "of this Dag only" }],
  options: [{ flags: "--limit <n>", description: "at most so many", defaultValue: "20" }, JSON_OPTION],
  examples: ["dagmar runs list", "dagmar runs list tmdb_ingest --limit 5 --json"],
  async run({ args, options, output }) {
    const { withApp } = await import("../../app.ts");
    const { reportRuns } = await import("../../../state/reports.ts");
    return withApp(async (app) => {
      const database = await app.openDatabase("read");
      const dagId = typeof args[0] === "string" ? args[0] : undefined;
      const limit = readCount(readText(options, "limit"), "--limit");
      const rows = reportRuns(database, { ...(dagId === undefined ? {} : { dagId }), limit });
      if (isSet(options, "json")) {
        output.json(rows);
        return EXIT.done;
      }
      output.table(
        ["dag", "run", "logical date", "state", "started", "seconds", "tasks", "failed", "objects"],
        rows.map((row) => [
          row["dag_id"],
          row["run_id"],
          row["logical_date_local"],
          row["state"],
          row["started_at_local"],
          row["duration_seconds"],
          row["tasks"],
          row["failed_tasks"],
          row["objects"],
        ]),
        dagId === undefined ? "Nothing has run yet." : `${dagId} has not run yet.`,
      );
      return EXIT.done;
    });
  },
};
