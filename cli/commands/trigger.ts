/** `dagmar trigger ID`: asks for a run and does not wait for it. */
import { EXIT } from "../../model/errors.ts";
import { isSet, JSON_OPTION, readList, readText, type Command } from "../command.ts";

export const trigger: Command = {
  name: "trigger",
  summary: "ask a running scheduler for a run, without waiting for it",
  args: [{ name: "<id>", description: "the Dag's id" }],
  options: [
    {
      flags: "--date <date>",
      description: "an instant, or a day: its run, else its slot; in the Dag's time zone where it names none",
    },
    { flags: "--force", description: "also for a date after the next slot" },
    {
      flags: "--param <name=value>",
      description: "override a param of the Dag; repeatable",
      isRepeatable: true,
    },
    JSON_OPTION,
  ],
  examples: ["dagmar trigger csv_ingest", "dagmar trigger tmdb_ingest --date 2026-11-23 --param limit=100"],
  async run({ args, options, output, drain }) {
    const { withApp } = await import("../../app/app.ts");
    const { tellPaused } = await import("../../app/dags/tell-paused.ts");
    const { chooseLogicalDate } = await import("../../app/runs/choose-date.ts");
    const { readParams } = await import("../arguments/read-options.ts");
    const { carryOut, describeScheduler } = await import("../../app/runs/lease-work.ts");
    const { readRun } = await import("../../state/runs/dag-runs.ts");
    return withApp(async (app) => {
      const { definition, fingerprint } = await app.loadEnabledDag(String(args[0]));
      await tellPaused(app, definition.dagId);
      const request = {
        version: { definition, fingerprint },
        logicalDate: await chooseLogicalDate(
          app,
          definition,
          readText(options, "date"),
          isSet(options, "force"),
        ),
        isNew: true,
        params: readParams(readList(options, "param"), definition),
        onlyTasks: null,
        namedTasks: [],
        isRerun: false,
        isRefetch: false,
      };
      const { answer, isScheduler } = await carryOut(app, { kind: "run", request }, drain);
      const { dagRunId, how } = answer;
      const run = readRun(await app.openDatabase("read"), dagRunId);
      if (isSet(options, "json")) {
        output.json({
          dag_id: run.dagId,
          run_id: run.runId,
          state: run.state,
          how,
          scheduler: isScheduler,
        });
        return EXIT.done;
      }
      output.line(`${run.dagId}/${run.runId}  ${how === "done" ? "had succeeded already" : run.state}`);
      if (isScheduler) output.line(describeScheduler(app, fingerprint));
      if (!isScheduler && how !== "done") {
        output.line(
          `No scheduler is running: the run waits for \`dagmar scheduler\`, or give \`dagmar run ${run.dagId} --date ${run.logicalDate}\`.`,
        );
      }
      return EXIT.done;
    });
  },
};
