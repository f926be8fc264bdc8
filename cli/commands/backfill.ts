/** `dagmar backfill ID --from D --to D`: runs for every slot of a range. */
import { CommandRefused, EXIT } from "../../model/errors.ts";
import { isSet, JSON_OPTION, readText, type Command } from "../command.ts";

export const backfill: Command = {
  name: "backfill",
  summary: "make the runs of a range of days, oldest first",
  args: [{ name: "<id>", description: "the Dag's id" }],
  options: [
    {
      flags: "--from <date>",
      description: "first day or instant; in the Dag's time zone where it names none",
    },
    { flags: "--to <date>", description: "last day or instant, included" },
    {
      flags: "--reprocess <which>",
      description: "make runs that exist again: none, failed, or completed (all that have ended)",
      defaultValue: "none",
    },
    { flags: "--refetch", description: "ask every id anew, also those that are stored" },
    { flags: "--max-active <n>", description: "runs at the same time; the Dag's max_active_runs without it" },
    { flags: "--dry-run", description: "print what would run, and why each other slot would not" },
    { flags: "--cancel", description: "stop the Dag's backfill that is under way" },
    JSON_OPTION,
  ],
  examples: [
    "dagmar backfill csv_ingest --from 2026-01-01 --to 2026-01-31 --dry-run",
    "dagmar backfill csv_ingest --from 2026-01-01 --to 2026-01-31 --reprocess failed --max-active 4",
    "dagmar backfill csv_ingest --cancel",
  ],
  async run({ args, options, output, drain }) {
    const { withApp } = await import("../../app/app.ts");
    const { tellPaused } = await import("../../app/dags/tell-paused.ts");
    const { readCount } = await import("../arguments/read-options.ts");
    const { readRange } = await import("../arguments/read-range.ts");
    const { listBackfillSlots } = await import("../../app/backfill/backfill-slots.ts");
    const { cancelBackfill, previewBackfill, runBackfill } =
      await import("../../app/backfill/run-backfill.ts");
    const { REPROCESS } = await import("../../state/runs/backfills.ts");
    const isJson = isSet(options, "json");
    return withApp(
      async (app) => {
        const dagId = String(args[0]);
        if (isSet(options, "cancel")) {
          return cancelBackfill(app, (await app.loadDag(dagId)).definition.dagId, output, drain);
        }
        const { definition, fingerprint } = await app.loadEnabledDag(dagId);
        await tellPaused(app, definition.dagId);
        const reprocess = REPROCESS.find((one) => one === readText(options, "reprocess"));
        if (reprocess === undefined) {
          throw new CommandRefused("USAGE", `--reprocess is one of ${REPROCESS.join(", ")}.`);
        }
        const { from, to } = readRange(
          readText(options, "from") ?? "",
          readText(options, "to") ?? "",
          definition.timezone,
        );
        const maxActive = readText(options, "maxActive");
        const { dags } = await app.loadDags();
        const request = {
          version: { definition, fingerprint },
          from: from.toISOString(),
          to: to.toISOString(),
          slots: listBackfillSlots(definition, dags, from, to),
          reprocess,
          isRefetch: isSet(options, "refetch"),
          maxActive: maxActive === undefined ? null : readCount(maxActive, "--max-active"),
        };
        if (!isSet(options, "dryRun")) return runBackfill(app, request, output, isJson, drain);
        await previewBackfill(app, request, output, isJson);
        return EXIT.done;
      },
      { quietLevel: "warn" },
    );
  },
};
