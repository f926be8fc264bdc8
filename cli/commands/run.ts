/** `dagmar run ID`: one run, now, in the foreground; the exit code is the run's. */
import { isSet, readList, readText, type Command } from "../command.ts";

export const run: Command = {
  name: "run",
  summary: "run a Dag now, in the foreground",
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
    { flags: "--task <id>", description: "only this task and what it needs; repeatable", isRepeatable: true },
    { flags: "--rerun", description: "clear the run of that date first, by the Dag as it is now" },
    { flags: "--refetch", description: "ask every id anew, also those that are stored" },
    { flags: "--json", description: "print the result as JSON, nothing else" },
  ],
  examples: [
    "dagmar run csv_ingest",
    "dagmar run tmdb_ingest --date 2026-11-23 --param limit=100",
    "dagmar run tmdb_ingest --date 2026-11-23 --task movies --rerun",
  ],
  async run({ args, options, output, drain }) {
    const { withApp } = await import("../../app/app.ts");
    const { tellPaused } = await import("../../app/dags/tell-paused.ts");
    const { chooseLogicalDate } = await import("../../app/runs/choose-date.ts");
    const { readParams, readTasks } = await import("../arguments/read-options.ts");
    const { runForeground } = await import("../../app/runs/foreground-run.ts");
    const { describeScheduler } = await import("../../app/runs/lease-work.ts");
    const { openDisplay } = await import("../display/open-display.ts");
    const isJson = isSet(options, "json");
    const display = await openDisplay(output, isJson);
    return withApp(
      async (app) => {
        const { definition, fingerprint } = await app.loadEnabledDag(String(args[0]));
        await tellPaused(app, definition.dagId);
        const namedTasks = readList(options, "task");
        const request = {
          version: { definition, fingerprint },
          logicalDate: await chooseLogicalDate(
            app,
            definition,
            readText(options, "date"),
            isSet(options, "force"),
          ),
          isNew: false,
          params: readParams(readList(options, "param"), definition),
          onlyTasks: readTasks(namedTasks, definition),
          namedTasks,
          isRerun: isSet(options, "rerun"),
          isRefetch: isSet(options, "refetch"),
        };
        const { report, exitCode, isScheduler } = await runForeground(app, request, display, drain);
        if (isJson) output.json(report.toJson());
        else report.print(output);
        if (isScheduler && !isJson) output.line(`  ${describeScheduler(app, fingerprint)}`);
        if (isScheduler && drain.aborted)
          output.fault("The scheduler goes on with it; `dagmar runs show` tells.");
        return exitCode;
      },
      { logStream: display.logStream, quietLevel: "warn" },
    );
  },
};
