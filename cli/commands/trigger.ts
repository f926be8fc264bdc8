/** `dagmar trigger ID`: asks for a run and does not wait for it. */
import { EXIT } from "../../model/errors.ts";
import { nameRun } from "../../model/run/run-name.ts";
import { isSet, JSON_OPTION, readList, readText, type Command } from "../command.ts";

export const trigger: Command = {
  name: "trigger",
  summary: "ask a running scheduler for a run, without waiting for it",
  args: [{ name: "<id>", description: "the Dag's id" }],
  options: [
    {
      flags: "--date <date>",
      description:
        "an instant, or a day (its run, else its slot); in the Dag's time zone unless it has an offset",
    },
    { flags: "--force", description: "allow a date after the next slot" },
    {
      flags: "--param <name=value>",
      description: "override a param of the Dag; repeatable",
      isRepeatable: true,
    },
    JSON_OPTION,
  ],
  examples: ["dagmar trigger csv_ingest", "dagmar trigger tmdb_ingest --date 2026-11-23 --param limit=100"],
  async run({ args, options, output, drain }) {
    const { withApp } = await import("../open-app.ts");
    const { readParams } = await import("../arguments/read-options.ts");
    const { warnPaused } = await import("../../app/dags/warn-paused.ts");
    const { chooseLogicalDate } = await import("../../app/runs/choose-date.ts");
    const { describeLost } = await import("../../app/runs/find-lost-work.ts");
    const { triggerRun } = await import("../../app/runs/trigger-run.ts");
    const { describeScheduler } = await import("../../app/lease-work.ts");
    return withApp(async (app) => {
      const folder = await app.loadDags();
      const { definition, fingerprint } = app.pickEnabledDag(folder, String(args[0]));
      await warnPaused(app, definition.dagId);
      const date = readText(options, "date");
      const request = {
        version: { definition, fingerprint },
        logicalDate: await chooseLogicalDate(app, definition, folder.dags, date, isSet(options, "force")),
        params: readParams(readList(options, "param"), definition),
      };
      const { run, how, isScheduler, lost } = await triggerRun(app, request, drain);
      const exitCode = lost.length > 0 ? EXIT.failed : EXIT.done;
      if (isSet(options, "json")) {
        output.json({
          dag_id: run.dagId,
          run_id: run.runId,
          state: run.state,
          how,
          scheduler: isScheduler,
          lost,
        });
        return exitCode;
      }
      output.line(`${nameRun(run)}  ${how === "done" ? "had succeeded already" : run.state}`);
      if (isScheduler) output.line(describeScheduler(app, fingerprint));
      if (!isScheduler && how !== "done") {
        output.line(
          `No scheduler is running, so the run waits. Start \`dagmar scheduler\`, or run it here: \`dagmar run ${run.dagId} --date ${run.logicalDate}\`.`,
        );
      }
      if (lost.length > 0) {
        output.fault(
          `${describeLost(lost)} \`dagmar run ${run.dagId} --date ${run.logicalDate} --rerun\` stores them again, from the sources as they are now.`,
        );
      }
      return exitCode;
    });
  },
};
