/** `dagmar lake verify [PREFIX] [--deep]`: compares the database's records with the store. */
import { EXIT } from "../../../model/errors.ts";
import { isSet, JSON_OPTION, type Command } from "../../command.ts";
import { countNoun } from "../../../model/text/count-noun.ts";

export const lakeVerify: Command = {
  name: "lake verify",
  summary: "compare recorded objects with the store; report ids stored twice",
  args: [{ name: "[prefix]", description: "only keys that start with this" }],
  options: [{ flags: "--deep", description: "read every object and compare its SHA-256" }, JSON_OPTION],
  examples: ["dagmar lake verify", "dagmar lake verify Raw/TMDB/ --deep"],
  async run({ args, options, output, drain }) {
    const { withApp } = await import("../../open-app.ts");
    const { verifyLake } = await import("../../../app/lake/verify-lake.ts");
    return withApp(async (app) => {
      const prefix = typeof args[0] === "string" ? args[0] : "";
      const isDeep = isSet(options, "deep");
      const verdict = await verifyLake(app, { prefix, isDeep }, drain);
      const { deviations, checked, foreign } = verdict;
      const exitCode = verdict.isFaulty ? EXIT.failed : EXIT.done;
      if (isSet(options, "json")) {
        output.json({
          lake: app.lake.id,
          checked,
          foreign,
          deep: isDeep,
          deviations,
          doubled_ids: verdict.doubles,
        });
        return exitCode;
      }
      const how = isDeep ? "read and compared by SHA-256" : "compared by size and recorded SHA-256";
      if (checked > 0 || deviations.length > 0) {
        output.table(
          ["key", "verdict", { title: "detail", isText: true }],
          deviations.map((deviation) => [deviation.key, deviation.verdict, deviation.detail]),
          "Every object is there and matches its record.",
        );
      }
      if (checked === 0) output.line(describeUnrecorded(app.lake.id, prefix, verdict.lakes));
      const others = foreign > 0 ? `; ${foreign} foreign, skipped` : "";
      output.line(`${countNoun(checked, "recorded object")} of ${app.lake.id} ${how}${others}`);
      return exitCode;
    });
  },
};

/** A lake without any recorded object usually means that the wrong lake is configured. */
function describeUnrecorded(lakeId: string, prefix: string, lakes: readonly string[]): string {
  if (lakes.includes(lakeId)) return `No object below ${prefix} is recorded.`;
  const others = lakes.length === 0 ? "" : ` The database has objects of ${lakes.join(", ")}.`;
  return `Nothing of this lake is recorded.${others}`;
}
