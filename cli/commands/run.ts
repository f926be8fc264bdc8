/** `dagmar run ID`: one run, now, in the foreground; the exit code is the run's. */
import { EXIT, type ExitCode } from "../../model/errors.ts";
import type { RunFigures } from "../../app/runs/measure-run.ts";
import { formatDuration } from "../../model/time/duration.ts";
import type { TimeBudget } from "../../model/time/time-budget.ts";
import { isSet, readList, readText, type Command } from "../command.ts";

export const run: Command = {
  name: "run",
  summary: "run a Dag now, in the foreground",
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
    { flags: "--task <id>", description: "only this task and what it needs; repeatable", isRepeatable: true },
    { flags: "--rerun", description: "clear that date's run first; use the current Dag definition" },
    { flags: "--refetch", description: "request every id again, also stored ones" },
    {
      flags: "--stop-after <time>",
      description: "end in time, such as 14m: stop fetching, store what was fetched, end with 75",
    },
    { flags: "--json", description: "print the result as JSON, nothing else" },
  ],
  examples: [
    "dagmar run csv_ingest",
    "dagmar run tmdb_ingest --date 2026-11-23 --param limit=100",
    "dagmar run tmdb_ingest --date 2026-11-23 --task movies --rerun",
    "dagmar run tmdb_ingest --stop-after 14m",
  ],
  async run({ args, options, output, drain }) {
    const { withApp } = await import("../open-app.ts");
    const { readParams, readTasks, readTimeBudget } = await import("../arguments/read-options.ts");
    const { warnPaused } = await import("../../app/dags/warn-paused.ts");
    const { chooseLogicalDate } = await import("../../app/runs/choose-date.ts");
    const { runDag } = await import("../../app/runs/run-dag.ts");
    const { describeScheduler } = await import("../../app/lease-work.ts");
    const { openDisplay } = await import("../display/open-display.ts");
    const { describeRunAsJson, printRun } = await import("../display/run-report.ts");
    const isJson = isSet(options, "json");
    const budget = readTimeBudget(readText(options, "stopAfter"), "--stop-after");
    const display = await openDisplay(output, isJson || isSet(options, "quiet"));
    return withApp(
      async (app) => {
        const folder = await app.loadDags();
        const { definition, fingerprint } = app.pickEnabledDag(folder, String(args[0]));
        await warnPaused(app, definition.dagId);
        const date = readText(options, "date");
        const namedTasks = readList(options, "task");
        const request = {
          version: { definition, fingerprint },
          logicalDate: await chooseLogicalDate(app, definition, folder.dags, date, isSet(options, "force")),
          isNew: false,
          params: readParams(readList(options, "param"), definition),
          onlyTasks: readTasks(namedTasks, definition),
          namedTasks,
          isRerun: isSet(options, "rerun"),
          isRefetch: isSet(options, "refetch"),
        };
        if (budget !== undefined) app.log.info(describeBudget(budget));
        const figures = await runDag(app, request, (taskIds) => display.open(taskIds), drain, budget);
        const { origin } = figures;
        if (isJson) output.json(describeRunAsJson(figures));
        else printRun(output, figures);
        if (origin.isScheduler && !isJson) output.line(`  ${describeScheduler(app, fingerprint)}`);
        if (origin.isScheduler && drain.aborted)
          output.fault(
            `The scheduler continues it; \`dagmar runs show ${definition.dagId}\` shows its progress.`,
          );
        return judgeExit(figures);
      },
      { logStream: display.logStream, quietLevel: "warn" },
    );
  },
};

function describeBudget({ fetchMs, totalMs }: TimeBudget): string {
  const [fetch, rest] = [fetchMs, totalMs - fetchMs].map((ms) => formatDuration(ms / 1000));
  return `This run has ${formatDuration(totalMs / 1000)}: it fetches for ${fetch}, and keeps ${rest} to store what it has fetched.`;
}

function judgeExit({ run: { state }, origin }: RunFigures): ExitCode {
  if (state === "success") return origin.lost.length > 0 ? EXIT.failed : EXIT.done;
  return origin.isStuck || state === "failed" || state === "cancelled" ? EXIT.failed : EXIT.tryAgain;
}
