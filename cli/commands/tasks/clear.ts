/** `dagmar tasks clear ID --date D`: has tasks made again, of one run or of a range of them. */
import { CommandRefused, EXIT } from "../../../model/errors.ts";
import type { DagDefinition } from "../../../model/dag/dag.ts";
import type { App } from "../../../app/app.ts";
import { isSet, JSON_OPTION, readList, readText, type Command } from "../../command.ts";
import type { DateRange } from "../../arguments/read-range.ts";

export const tasksClear: Command = {
  name: "tasks clear",
  summary: "have tasks of a run, or of a range of runs, made again; their attempts stay as history",
  args: [{ name: "<id>", description: "the Dag's id" }],
  options: [
    {
      flags: "--date <date>",
      description: "the run of that instant, or the one of that day; in the Dag's time zone",
    },
    { flags: "--from <date>", description: "the first day or instant of a range" },
    { flags: "--to <date>", description: "its last day or instant, included" },
    { flags: "--task <id>", description: "only this task; repeatable", isRepeatable: true },
    { flags: "--downstream", description: "also whatever comes after those tasks" },
    JSON_OPTION,
  ],
  examples: [
    "dagmar tasks clear tmdb_ingest --date 2026-11-23 --task movies --downstream",
    "dagmar tasks clear csv_ingest --from 2026-11-01 --to 2026-11-07",
  ],
  async run({ args, options, output, drain }) {
    const { withApp } = await import("../../../app/app.ts");
    const { carryOut, describeScheduler } = await import("../../../app/runs/lease-work.ts");
    const { readRange } = await import("../../arguments/read-range.ts");
    return withApp(async (app) => {
      const { definition } = await app.loadEnabledDag(String(args[0]));
      const date = readText(options, "date");
      const [from, to] = [readText(options, "from"), readText(options, "to")];
      if ((date === undefined) === (from === undefined || to === undefined)) {
        throw new CommandRefused("USAGE", "Say which runs: --date, or --from and --to.");
      }
      const range =
        date === undefined
          ? readRange(from ?? "", to ?? "", definition.timezone)
          : await findDate(app, definition, date);
      const tasks = readList(options, "task");
      const request = {
        dagId: definition.dagId,
        from: range.from.toISOString(),
        to: range.to.toISOString(),
        taskIds: tasks.length === 0 ? null : tasks,
        isDownstream: isSet(options, "downstream"),
      };
      const { answer, isScheduler } = await carryOut(app, { kind: "clear", request }, drain);
      const { cleared } = answer;
      if (isSet(options, "json")) {
        output.json({ dag_id: definition.dagId, cleared, scheduler: isScheduler });
        return EXIT.done;
      }
      output.table(
        ["run", "cleared"],
        cleared.map((run) => [
          run.runId,
          run.tasks.length === 0 ? "nothing: none had run" : run.tasks.join(", "),
        ]),
        "",
      );
      if (isScheduler) output.line(describeScheduler(app));
      else {
        output.line(
          "No scheduler is running: they wait for `dagmar scheduler`, or for `dagmar run … --date …`.",
        );
      }
      return EXIT.done;
    });
  },
};

/** A range of one run. */
async function findDate(app: App, dag: DagDefinition, date: string): Promise<DateRange> {
  const { findRunOfDate } = await import("../../../app/runs/choose-date.ts");
  const run = findRunOfDate(await app.openDatabase("existing"), app.lake.id, dag, date);
  const at = new Date(run.logicalDate);
  return { from: at, to: at };
}
