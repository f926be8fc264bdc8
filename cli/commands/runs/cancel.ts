/** `dagmar runs cancel RUN`: stops a run; its stored objects stay. */
import { EXIT } from "../../../model/errors.ts";
import { isRunEnded } from "../../../model/run/dag-run.ts";
import { nameRun } from "../../../model/run/run-name.ts";
import type { Command } from "../../command.ts";
import { RUN_ARGUMENT } from "../../arguments/run-argument.ts";

export const runsCancel: Command = {
  name: "runs cancel",
  summary: "stop a run: its tasks end at their next safe point",
  args: [RUN_ARGUMENT],
  examples: [
    "dagmar runs cancel tmdb_ingest",
    "dagmar runs cancel tmdb_ingest@2026-11-23",
    "dagmar runs cancel csv_ingest/scheduled__2026-11-23T09:00:00.000Z",
  ],
  async run({ args, output, drain }) {
    const { withApp } = await import("../../open-app.ts");
    const { cancelRun } = await import("../../../app/runs/cancel-run.ts");
    return withApp(async (app) => {
      const { run, isCancelled } = await cancelRun(app, String(args[0]), drain);
      const name = nameRun(run);
      // Without a running task it has ended at once.
      const isStopping = isCancelled && !isRunEnded(run.state);
      output.line(
        isStopping
          ? `${name} is being cancelled; \`dagmar runs show ${name}\` shows when it has ended.`
          : isCancelled
            ? `${name} is cancelled.`
            : `${name} has ended already: ${run.state}.`,
      );
      return EXIT.done;
    });
  },
};
