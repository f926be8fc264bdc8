/** `dagmar dags show ID`: one Dag with its graph drawn as text. */
import { describeSchedule } from "../../../model/dag/dag.ts";
import { EXIT } from "../../../model/errors.ts";
import { isSet, JSON_OPTION, type Command } from "../../command.ts";
import { drawGraph } from "../../display/draw-graph.ts";
import { countNoun } from "../../../model/text/count-noun.ts";

export const dagsShow: Command = {
  name: "dags show",
  summary: "one Dag: schedule, params, tasks, graph",
  args: [{ name: "<id>", description: "the Dag's id" }],
  options: [JSON_OPTION],
  examples: ["dagmar dags show tmdb_ingest"],
  async run({ args, options, output }) {
    const { readDagLibrary } = await import("../../open-app.ts");
    const { describeDag } = await import("../../../app/dags/describe-dag.ts");
    const { dag, row, fault } = await describeDag(readDagLibrary(), String(args[0]));
    const { definition } = dag;
    if (fault !== null) output.fault(`Cannot tell whether it is paused: ${fault}`);
    const isPaused = row?.isPaused ?? false;
    if (isSet(options, "json")) {
      const { enabled, file, fingerprint } = dag;
      output.json({
        ...definition,
        enabled,
        paused: isPaused,
        cursor: row?.cursor ?? null,
        file,
        fingerprint,
      });
      return EXIT.done;
    }
    const { paint } = output;
    output.line(`${paint.bold(definition.dagId)}  ${definition.description}`);
    output.line(`  file       ${dag.file}${dag.enabled ? "" : paint.warn("  (off: enabled: false)")}`);
    const paused = isPaused ? paint.warn("  paused: `dagmar dags unpause` resumes it") : "";
    output.line(`  schedule   ${describeSchedule(definition.schedule)} (${definition.timezone})${paused}`);
    output.line(
      `  catchup    ${definition.catchup}, at most ${countNoun(definition.maxActiveRuns, "active run")}`,
    );
    const params = Object.entries(definition.params);
    output.line(
      `  params     ${params.length === 0 ? "none" : params.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join("  ")}`,
    );
    output.line();
    for (const line of drawGraph(definition)) output.line(line);
    return EXIT.done;
  },
};
