/** `dagmar lake verify [PREFIX] [--deep]`: compares the books with the store. */
import { EXIT } from "../../../model/errors.ts";
import { isSet, JSON_OPTION, type Command } from "../../command.ts";

export const lakeVerify: Command = {
  name: "lake verify",
  summary: "compare recorded objects with the store",
  args: [{ name: "[prefix]", description: "only keys that start with this" }],
  options: [{ flags: "--deep", description: "read every object and compare its SHA-256" }, JSON_OPTION],
  examples: ["dagmar lake verify", "dagmar lake verify Raw/TMDB/ --deep"],
  async run({ args, options, output, drain }) {
    const { withApp } = await import("../../app.ts");
    const { listRecordedObjects } = await import("../../../state/reports.ts");
    const { verifyLake } = await import("../../../lake/protocol/verify-lake.ts");
    return withApp(async (app) => {
      const database = await app.openDatabase("read");
      const prefix = typeof args[0] === "string" ? args[0] : "";
      const recorded = listRecordedObjects(database, app.lake.id, prefix);
      const booked = recorded.filter((row) => row.kind !== "foreign");
      const foreign = recorded.filter((row) => row.kind === "foreign");
      const isDeep = isSet(options, "deep");
      const deviations = await verifyLake(
        app.lake,
        booked.map((row) => ({ key: row.key, sha256: row.sha256, sizeBytes: row.size_bytes })),
        { prefix, isDeep, signal: drain, foreignKeys: new Set(foreign.map((row) => row.key)) },
      );
      const isWrong = deviations.some((deviation) => deviation.verdict !== "unknown");
      if (isSet(options, "json")) {
        output.json({
          lake: app.lake.id,
          checked: booked.length,
          foreign: foreign.length,
          deep: isDeep,
          deviations,
        });
        return isWrong ? EXIT.failed : EXIT.done;
      }
      const how = isDeep ? "read and compared by SHA-256" : "compared by size and recorded SHA-256";
      output.table(
        ["key", "verdict", "detail"],
        deviations.map((deviation) => [deviation.key, deviation.verdict, deviation.detail]),
        `Everything is there and as recorded.`,
      );
      const others = foreign.length > 0 ? `; ${foreign.length} foreign, left alone` : "";
      output.line(`${booked.length} recorded objects of ${app.lake.id} ${how}${others}`);
      return isWrong ? EXIT.failed : EXIT.done;
    });
  },
};
