/** `dagmar runs list [ID]`: the runs, newest first, and what the open ones wait for. */
import { EXIT } from "../../../model/errors.ts";
import type { Row } from "../../../state/sqlite/row.ts";
import { isSet, JSON_OPTION, readText, type Command } from "../../command.ts";
import { describeCut } from "../../output/output.ts";
import { readLimit } from "../../arguments/read-options.ts";

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
    const { withApp } = await import("../../open-app.ts");
    const { listRuns } = await import("../../../app/runs/list-runs.ts");
    return withApp(async (app) => {
      const dagId = typeof args[0] === "string" ? args[0] : undefined;
      const limit = readLimit(readText(options, "limit"));
      const { total, runs: rows } = await listRuns(app, { limit, ...(dagId === undefined ? {} : { dagId }) });
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
      const nameOf = (row: Row): string => `${String(row["dag_id"])}/${String(row["run_id"])}`;
      // Runs of one Dag mostly wait for the same thing: it is told once.
      const waiting = rows.filter((row) => row["waits"] !== null);
      for (const text of new Set(waiting.map((row) => String(row["waits"])))) {
        const names = waiting.filter((row) => row["waits"] === text).map(nameOf);
        const more =
          names.length > 3 ? ` and ${names.length - 3} more wait` : names.length > 1 ? " wait" : " waits";
        output.line(`${names.slice(0, 3).join(", ")}${more}: ${text}`);
      }
      return EXIT.done;
    });
  },
};
