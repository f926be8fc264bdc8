/** `dagmar runs show RUN`: one run with its tasks, attempts and events, and why an open task waits. */
import type { RunDescription } from "../../../app/runs/describe-run.ts";
import { EXIT } from "../../../model/errors.ts";
import { isSet, JSON_OPTION, WATCH_OPTION, type Command } from "../../command.ts";
import { RUN_ARGUMENT } from "../../arguments/run-argument.ts";
import type { Output } from "../../output/output.ts";

export const runsShow: Command = {
  name: "runs show",
  summary: "one run: tasks, attempts, events, why something waits",
  args: [RUN_ARGUMENT],
  options: [
    { ...WATCH_OPTION, description: `${WATCH_OPTION.description}, the run's end with the run's exit code` },
    JSON_OPTION,
  ],
  examples: [
    "dagmar runs show tmdb_ingest",
    "dagmar runs show csv_ingest@2026-11-23",
    "dagmar runs show tmdb_ingest --watch",
    "dagmar runs show tmdb_ingest/manual__2026-11-23T09:00:00.000Z --json",
  ],
  async run({ args, options, output, drain, endOnSignal }) {
    const { withApp } = await import("../../open-app.ts");
    const { describeRun } = await import("../../../app/runs/describe-run.ts");
    const { printRunPage } = await import("../../display/run-page.ts");
    return withApp(async (app) => {
      const print = (to: Output, description: RunDescription): void => {
        const { found: _found, ...rows } = description;
        if (isSet(options, "json")) to.json(rows);
        else printRunPage(to, description, { lakeId: app.lake.id });
      };
      const first = await describeRun(app, String(args[0]));
      if (!isSet(options, "watch")) {
        print(output, first);
        return EXIT.done;
      }
      const { watchDatabase } = await import("../../../app/runs/watch-database.ts");
      const { watch } = await import("../../display/watch.ts");
      const { isRunEnded } = await import("../../../model/run/dag-run.ts");
      const { nameRun } = await import("../../../model/run/run-name.ts");
      // A Dag's id would mean another run as soon as there is a newer one.
      const name = nameRun(first.found);
      const watched = await watchDatabase(app, drain);
      let { state } = first.found;
      await watch({ output, database: watched.watch, endOnSignal }, async (to) => {
        const description = await describeRun(watched.app, name);
        print(to, description);
        ({ state } = description.found);
        return isRunEnded(state);
      });
      return state === "success" ? EXIT.done : EXIT.failed;
    });
  },
};
