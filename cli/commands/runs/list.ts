/** `dagmar runs list [ID]`: the runs, newest first, and what the open ones wait for. */
import type { RunFilter, RunList } from "../../../app/runs/list-runs.ts";
import { EXIT } from "../../../model/errors.ts";
import type { Row } from "../../../state/sqlite/row.ts";
import { isSet, JSON_OPTION, readList, readText, WATCH_OPTION, type Command } from "../../command.ts";
import { describeCut, type Output } from "../../output/output.ts";
import { readChoices, readLimit } from "../../arguments/read-options.ts";

export const runsList: Command = {
  name: "runs list",
  summary: "runs, newest first",
  args: [{ name: "[id]", description: "only this Dag" }],
  options: [
    {
      flags: "--state <state>",
      description: "only runs in this state: queued, running, success, failed or cancelled; repeatable",
      isRepeatable: true,
    },
    { flags: "--limit <n>", description: "maximum number of rows; 0 for all", defaultValue: "20" },
    WATCH_OPTION,
    JSON_OPTION,
  ],
  examples: [
    "dagmar runs list",
    "dagmar runs list tmdb_ingest --limit 5 --json",
    "dagmar runs list --state failed,cancelled",
    "dagmar runs list --state running --watch",
  ],
  async run({ args, options, output, drain, endOnSignal }) {
    const { withApp } = await import("../../open-app.ts");
    const { listRuns } = await import("../../../app/runs/list-runs.ts");
    const { DAG_RUN_STATES } = await import("../../../model/run/dag-run.ts");
    const dagId = typeof args[0] === "string" ? args[0] : undefined;
    const filter: RunFilter = {
      limit: readLimit(readText(options, "limit")),
      states: readChoices(readList(options, "state"), DAG_RUN_STATES, "--state"),
      ...(dagId === undefined ? {} : { dagId }),
    };
    const shown = { filter, isJson: isSet(options, "json") };
    return withApp(async (app) => {
      if (!isSet(options, "watch")) {
        print(output, await listRuns(app, filter), { ...shown, lakeId: app.lake.id });
        return EXIT.done;
      }
      const { watchDatabase } = await import("../../../app/runs/watch-database.ts");
      const { watch } = await import("../../display/watch.ts");
      const watched = await watchDatabase(app, drain);
      await watch({ output, database: watched.watch, endOnSignal }, async (to) => {
        print(to, await listRuns(watched.app, filter), { ...shown, lakeId: app.lake.id });
        return false;
      });
      return EXIT.done;
    });
  },
};

interface Shown {
  readonly filter: RunFilter;
  readonly isJson: boolean;
  readonly lakeId: string;
}

function print(output: Output, { total, runs }: RunList, { filter, isJson, lakeId }: Shown): void {
  if (isJson) {
    output.json({ total, shown: runs.length, runs });
    return;
  }
  const isLakeShown = runs.some((row) => row["lake"] !== lakeId);
  output.table(
    [
      "dag",
      "run",
      { title: "logical date", rank: 4 },
      "state",
      { title: "started", rank: 2 },
      { title: "seconds", rank: 3 },
      { title: "tasks", rank: 6 },
      { title: "failed", rank: 5 },
      { title: "objects", rank: 7 },
      ...(isLakeShown ? [{ title: "lake", rank: 1 }] : []),
    ],
    runs.map((row) => [
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
    describeNone(filter),
  );
  if (runs.length < total) output.line(describeCut(runs.length, total));
  printWaits(output, runs);
}

function describeNone({ dagId, states = [] }: RunFilter): string {
  if (states.length > 0)
    return `No run${dagId === undefined ? "" : ` of ${dagId}`} is ${states.join(" or ")}.`;
  return dagId === undefined ? "Nothing has run yet." : `${dagId} has not run yet.`;
}

/** Runs of one Dag mostly wait for the same thing: it is shown once. */
function printWaits(output: Output, runs: readonly Row[]): void {
  const nameOf = (row: Row): string => `${String(row["dag_id"])}/${String(row["run_id"])}`;
  const waiting = runs.filter((row) => row["waits"] !== null);
  for (const text of new Set(waiting.map((row) => String(row["waits"])))) {
    const names = waiting.filter((row) => row["waits"] === text).map(nameOf);
    const more =
      names.length > 3 ? ` and ${names.length - 3} more wait` : names.length > 1 ? " wait" : " waits";
    output.line(`${names.slice(0, 3).join(", ")}${more}: ${text}`);
  }
}
