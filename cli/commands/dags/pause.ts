/** `dagmar dags pause | unpause ID`. */
import { EXIT } from "../../../model/errors.ts";
import type { Command } from "../../command.ts";

export const dagsPause: Command = makeCommand(
  "pause",
  "make no runs of its schedule until it is unpaused; those under way go on",
);
export const dagsUnpause: Command = makeCommand(
  "unpause",
  "make runs of its schedule again; its catchup decides about what was missed",
);

function makeCommand(verb: "pause" | "unpause", summary: string): Command {
  const isPaused = verb === "pause";
  return {
    name: `dags ${verb}`,
    summary,
    args: [{ name: "<id>", description: "the Dag's id" }],
    examples: [`dagmar dags ${verb} csv_ingest`],
    async run({ args, output, drain }) {
      const { withApp } = await import("../../open-app.ts");
      const { pauseDag } = await import("../../../app/dags/pause-dag.ts");
      return withApp(async (app) => {
        const dagId = String(args[0]);
        const hasChanged = await pauseDag(app, dagId, isPaused, drain);
        const state = isPaused ? "paused" : "not paused";
        output.line(`${dagId} is ${state}${hasChanged ? "" : " already"}.`);
        return EXIT.done;
      });
    },
  };
}
