/** `dagmar backfill ID --from D --to D`: runs every slot of a range. */
import { EXIT } from "../../model/errors.ts";
import { isSet, JSON_OPTION, readText, type Command } from "../command.ts";

export const backfill: Command = {
  name: "backfill",
  summary: "create and run the runs of a date range, oldest first",
  args: [{ name: "<id>", description: "the Dag's id" }],
  options: [
    {
      flags: "--from <date>",
      description: "first day or instant; in the Dag's time zone unless it has an offset",
    },
    { flags: "--to <date>", description: "last day or instant, included" },
    {
      flags: "--reprocess <which>",
      description: "existing runs to run again: none, failed, or completed (all that have ended)",
      defaultValue: "none",
    },
    { flags: "--refetch", description: "request every id again, also stored ones" },
    {
      flags: "--max-active <n>",
      description: "maximum runs at the same time; default: the Dag's max_active_runs",
    },
    { flags: "--dry-run", description: "print what would run, and why the other slots would not" },
    { flags: "--cancel", description: "cancel the Dag's running backfill" },
    JSON_OPTION,
  ],
  examples: [
    "dagmar backfill csv_ingest --from 2026-01-01 --to 2026-01-31 --dry-run",
    "dagmar backfill csv_ingest --from 2026-01-01 --to 2026-01-31 --reprocess failed --max-active 4",
    "dagmar backfill csv_ingest --cancel",
  ],
  async run({ args, options, output, drain }) {
    const { withApp } = await import("../open-app.ts");
    const { readCount } = await import("../arguments/read-options.ts");
    const { cancelBackfill } = await import("../../app/backfills/cancel-backfill.ts");
    const { requestBackfill } = await import("../../app/backfills/request-backfill.ts");
    const { describeScheduler } = await import("../../app/lease-work.ts");
    const isJson = isSet(options, "json");
    const dagId = String(args[0]);
    return withApp(
      async (app) => {
        if (isSet(options, "cancel")) {
          const cancelled = await cancelBackfill(app, dagId, drain);
          output.line(
            cancelled === 0
              ? `No backfill of ${dagId} is running.`
              : `The backfill of ${dagId} is cancelled: ${cancelled} of its runs were open.`,
          );
          return EXIT.done;
        }
        const maxActive = readText(options, "maxActive");
        const asked = await requestBackfill(app, {
          dagId,
          from: readText(options, "from") ?? "",
          to: readText(options, "to") ?? "",
          reprocess: readText(options, "reprocess") ?? "",
          isRefetch: isSet(options, "refetch"),
          maxActive: maxActive === undefined ? null : readCount(maxActive, "--max-active"),
        });
        const { createProgress, printPreview, printResult } = await import("../display/backfill-report.ts");
        if (isSet(options, "dryRun")) {
          const { previewBackfill } = await import("../../app/backfills/preview-backfill.ts");
          const slots = await previewBackfill(app, asked.request);
          printPreview(output, isJson, asked.request, slots);
          return EXIT.done;
        }
        const { backfillDag } = await import("../../app/backfills/backfill-dag.ts");
        const show = {
          begun(isScheduler: boolean) {
            if (isScheduler && !isJson)
              output.line(describeScheduler(app, asked.request.version.fingerprint));
          },
          looked: createProgress(output, isJson || isSet(options, "quiet")),
        };
        return printResult(output, isJson, dagId, await backfillDag(app, asked, show, drain));
      },
      { quietLevel: "warn" },
    );
  },
};
