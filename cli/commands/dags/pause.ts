/** `dagmar dags pause | unpause ID`. */
import { EXIT } from "../../../model/errors.ts";
import type { Command } from "../../command.ts";

export const dagsPause: Command = makeCommand(
  "pause",
  "stop creating scheduled runs; runs in progress continue",
);
export const dagsUnpause: Command = makeCommand(
  "unpause",
  "create scheduled runs again; catchup decides which missed slots get one",
);

const SAYS = {
  pause: { done: "is paused", before: "was paused already" },
  unpause: { done: "is not paused", before: "was not paused" },
} as const;

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
        output.line(`${dagId} ${hasChanged ? SAYS[verb].done : SAYS[verb].before}.`);
        return EXIT.done;
      });
    },
  };
}
