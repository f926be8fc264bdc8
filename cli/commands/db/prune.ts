/** `dagmar db prune --older-than D`: removes old history from the database; rows that describe the lake stay. */
import { CommandRefused, EXIT } from "../../../model/errors.ts";
import { parseDurationSeconds } from "../../../model/time/duration.ts";
import type { PruneResult } from "../../../scheduler/housekeeper.ts";
import type { PruneReport } from "../../../state/upkeep/prune.ts";
import { isSet, JSON_OPTION, readText, type Command, type Invocation } from "../../command.ts";
import { showInstant } from "../../output/time.ts";

/** `90s` for `90d` would leave little history. */
const LEAST_SECONDS = 86_400;

export const dbPrune: Command = {
  name: "db prune",
  summary: "remove old runs and their rows; the file keeps its size, `db backup` writes a smaller copy",
  options: [
    {
      flags: "--older-than <duration>",
      description: "remove what ended longer ago than this: 90d, 12w; at least 1d, at most 3650d",
    },
    { flags: "--dry-run", description: "count what would be removed; change nothing" },
    JSON_OPTION,
  ],
  examples: ["dagmar db prune --older-than 90d --dry-run", "dagmar db prune --older-than 90d"],
  async run({ options, output, drain }) {
    const ageSeconds = readAge(readText(options, "olderThan"));
    const isDryRun = isSet(options, "dryRun");
    const { withApp } = await import("../../open-app.ts");
    const { previewPrune, pruneDatabase } = await import("../../../app/database/prune-database.ts");
    return withApp(async (app) => {
      const before = new Date(app.clock.now().getTime() - ageSeconds * 1000);
      const report = await (isDryRun ? previewPrune : pruneDatabase)(app, before, drain);
      if (isSet(options, "json")) {
        output.json({
          database: app.settings.databaseFile,
          before: before.toISOString(),
          dry_run: isDryRun,
          ...report,
        });
      } else {
        print(
          report,
          {
            until: showInstant(before.toISOString(), app.settings.timezone),
            isDryRun,
          },
          output,
        );
      }
      return EXIT.done;
    });
  },
};

function readAge(text: string | undefined): number {
  const seconds = text === undefined ? undefined : parseDurationSeconds(text);
  if (seconds !== undefined && seconds >= LEAST_SECONDS) return seconds;
  throw new CommandRefused(
    "USAGE",
    text === undefined
      ? "--older-than is missing: it sets how much history to keep."
      : `--older-than ${text} is not a duration of at least a day and at most 3650d.`,
    { hint: "Write --older-than 90d, 12w or 36h." },
  );
}

const KEPT_BECAUSE: Readonly<Record<keyof PruneReport["kept"], string>> = {
  newest: "the newest of their Dag, or the one before a newer run",
  followed: "a Dag that follows them has not run for them yet",
  backfill: "in the range of a backfill that is running",
  refetched: "refetched: the name of their generation must not be used again",
  records: "their records or their ask are still needed",
};

function print(
  { removed, kept, logs }: PruneResult,
  { until, isDryRun }: { readonly until: string; readonly isDryRun: boolean },
  output: Invocation["output"],
): void {
  const rows = Object.entries({ ...removed, "log folders": logs }).filter(([, count]) => count > 0);
  const verb = isDryRun ? "to remove" : "removed";
  output.table([`older than ${until}`, `rows ${verb}`], rows, `Nothing from before ${until} can be removed.`);
  const reasons = Object.entries(kept).filter(([, count]) => count > 0);
  if (reasons.length > 0) {
    output.line();
    output.table(
      [{ title: "old runs that stay because", isText: true }, "runs"],
      reasons.map(([reason, count]) => [KEPT_BECAUSE[reason as keyof PruneReport["kept"]], count]),
      "",
    );
  }
  if (isDryRun || rows.length === 0) return;
  output.line();
  output.line(
    "The file keeps its size and uses the room again; `dagmar db backup FILE` writes a smaller copy.",
  );
}
