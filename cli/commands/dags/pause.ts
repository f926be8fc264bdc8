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
      const { withApp } = await import("../../../app/app.ts");
      const { carryOut } = await import("../../../app/runs/lease-work.ts");
      return withApp(async (app) => {
        const { definition, fingerprint } = await app.loadDag(String(args[0]));
        const request = { version: { definition, fingerprint }, isPaused };
        const { answer } = await carryOut(app, { kind: "pause", request }, drain);
        const state = isPaused ? "paused" : "not paused";
        output.line(`${definition.dagId} is ${state}${answer.changed ? "" : " already"}.`);
        return EXIT.done;
      });
    },
  };
}
