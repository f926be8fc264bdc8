/** `dagmar lake missing`: every id that has no stored answer, and why. */
import { EXIT } from "../../../model/errors.ts";
import { isSet, JSON_OPTION, readText, type Command } from "../../command.ts";
import { describeCut } from "../../output/output.ts";
import { showInstant } from "../../output/time.ts";
import { readChoices, readLimit } from "../../arguments/read-options.ts";

const OUTCOMES = ["not_found", "failed", "spooled", "not_asked"] as const;

export const lakeMissing: Command = {
  name: "lake missing",
  summary: "ids that are not stored, and why",
  options: [
    { flags: "--dataset <name>", description: "only this dataset" },
    { flags: "--outcome <outcome>", description: "only not_found, failed, spooled or not_asked" },
    { flags: "--limit <n>", description: "maximum number of ids to list; 0 for all", defaultValue: "50" },
    JSON_OPTION,
  ],
  examples: ["dagmar lake missing", "dagmar lake missing --outcome failed --limit 0 --json"],
  async run({ options, output }) {
    const { withApp } = await import("../../open-app.ts");
    const { listMissing } = await import("../../../app/lake/list-missing.ts");
    return withApp(async (app) => {
      const dataset = readText(options, "dataset");
      const given = readText(options, "outcome");
      const [outcome] = given === undefined ? [] : readChoices([given], OUTCOMES, "--outcome");
      const { total, counts, ids, hasAsked } = await listMissing(app, {
        limit: readLimit(readText(options, "limit")),
        ...(dataset === undefined ? {} : { dataset }),
        ...(outcome === undefined ? {} : { outcome }),
      });
      if (isSet(options, "json")) {
        output.json({ total, shown: ids.length, counts, ids });
        return EXIT.done;
      }
      output.table(
        ["dataset", "outcome", { title: "reason", isText: true }, "ids"],
        counts.map((row) => [row["dataset"], row["outcome"], row["reason"], row["ids"]]),
        describeNone(hasAsked, dataset !== undefined || outcome !== undefined),
      );
      if (ids.length === 0) return EXIT.done;
      output.line();
      output.table(
        [
          "id",
          { title: "dataset", rank: 2 },
          "outcome",
          { title: "reason", isText: true },
          { title: "detail", isText: true },
          { title: "decided", rank: 1 },
        ],
        ids.map((row) => [
          row["asked_id"],
          row["dataset"],
          row["outcome"],
          row["reason"],
          row["detail"],
          showInstant(row["decided_at"], app.settings.timezone),
        ]),
        "",
      );
      if (ids.length < total) output.line(describeCut(ids.length, total));
      return EXIT.done;
    });
  },
};

function describeNone(hasAsked: boolean, isFiltered: boolean): string {
  if (!hasAsked) return "No ids have been asked for yet.";
  return isFiltered ? "No missing id matches." : "Every id that was asked for is stored.";
}
