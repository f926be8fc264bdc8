/** `dagmar runs list [ID]`: the runs, newest first. */
import { EXIT } from "../../../model/errors.ts";
import { isSet, JSON_OPTION, readText, type Command } from "../../command.ts";
import { describeCut } from "../../output.ts";
import { readLimit } from "../../read-options.ts";

export const runsList: Command = {
  name: "runs list",
  summary: "runs, newest first",
  args: [{ name: "[id]", description: "of this Dag only" }],
  options: [
    { flags: "--limit <n>", description: "at most so many; 0 for all", defaultValue: "20" },
    JSON_OPTION,
  ],
  examples: ["dagmar runs list", "dagmar runs list tmdb_ingest --limit 5 --json"],
  async run({ args, options, output }) {
    const { withApp } = await import("../../app.ts");
    const { countRuns, reportRuns } = await import("../../../state/reports.ts");
    return withApp(async (app) => {
      const database = await app.openDatabase("read");
      const dagId = typeof args[0] === "string" ? args[0] : undefined;
      const limit = readLimit(readText(options, "limit"));
      const filter = dagId === undefined ? {} : { dagId };
      const total = countRuns(database, filter);
      const rows = reportRuns(database, { ...filter, limit });
      if (isSet(options, "json")) {
        output.json({ total, shown: rows.length, runs: rows });
        return EXIT.done;
      }
      const isLakeShown = rows.some((row) => row["lake"] !== app.lake.id);
      const headings = [
        "dag",
        "run",
        "logical date",
        "state",
        "started",
        "seconds",
        "tasks",
        "failed",
        "objects",
      ];
      output.table(
        isLakeShown ? [...headings, "lake"] : headings,
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
          ...(isLakeShown ? [row["lake"]] : []),
        ]),
        dagId === undefined ? "Nothing has run yet." : `${dagId} has not run yet.`,
      );
      if (rows.length < total) output.line(describeCut(rows.length, total));
      return EXIT.done;
    });
  },
};
