/** `dagmar lake verify [PREFIX] [--deep]`: compares the books with the store. */
import { EXIT } from "../../../model/errors.ts";
import type { DoubledIds } from "../../../lake/protocol/verify-lake.ts";
import type { Row } from "../../../state/sqlite/row.ts";
import { isSet, JSON_OPTION, type Command } from "../../command.ts";

export const lakeVerify: Command = {
  name: "lake verify",
  summary: "compare recorded objects with the store; doubled ids",
  args: [{ name: "[prefix]", description: "only keys that start with this" }],
  options: [{ flags: "--deep", description: "read every object and compare its SHA-256" }, JSON_OPTION],
  examples: ["dagmar lake verify", "dagmar lake verify Raw/TMDB/ --deep"],
  async run({ args, options, output, drain }) {
    const { withApp } = await import("../../../app/app.ts");
    const { listDoubles, listLakes, listRecordedObjects } = await import("../../../state/reports.ts");
    const { countStored } = await import("../../../state/records/adoption.ts");
    const { isFault, verifyLake } = await import("../../../lake/protocol/verify-lake.ts");
    return withApp(async (app) => {
      const database = await app.openDatabase("read");
      const prefix = typeof args[0] === "string" ? args[0] : "";
      const recorded = listRecordedObjects(database, app.lake.id, prefix);
      const booked = recorded.filter((row) => row.kind !== "foreign");
      const foreign = recorded.filter((row) => row.kind === "foreign");
      const doubled = listDoubles(database, app.lake.id, prefix);
      const isDeep = isSet(options, "deep");
      const deviations = await verifyLake(
        app.lake,
        booked.map((row) => ({ key: row.key, sha256: row.sha256, sizeBytes: row.size_bytes })),
        {
          prefix,
          isDeep,
          signal: drain,
          foreignKeys: new Set(foreign.map((row) => row.key)),
          doubles: groupDoubles(doubled),
          countStored: (key, answers) => countStored(database, app.lake.id, key, answers),
        },
      );
      const exitCode = deviations.some(isFault) ? EXIT.failed : EXIT.done;
      if (isSet(options, "json")) {
        output.json({
          lake: app.lake.id,
          checked: booked.length,
          foreign: foreign.length,
          deep: isDeep,
          deviations,
          doubled_ids: doubled,
        });
        return exitCode;
      }
      const how = isDeep ? "read and compared by SHA-256" : "compared by size and recorded SHA-256";
      if (booked.length > 0 || deviations.length > 0) {
        output.table(
          ["key", "verdict", "detail"],
          deviations.map((deviation) => [deviation.key, deviation.verdict, deviation.detail]),
          "Everything is there and as recorded.",
        );
      }
      if (booked.length === 0) output.line(describeUnrecorded(app.lake.id, prefix, listLakes(database)));
      const others = foreign.length > 0 ? `; ${foreign.length} foreign, left alone` : "";
      output.line(`${booked.length} recorded objects of ${app.lake.id} ${how}${others}`);
      return exitCode;
    });
  },
};

/** One for each pair of objects. */
function groupDoubles(rows: readonly Row[]): readonly DoubledIds[] {
  const pairs = new Map<string, DoubledIds>();
  for (const row of rows) {
    const [key, otherKey] = [String(row["key"]), String(row["other_key"])];
    const pair = pairs.get(`${key}\n${otherKey}`);
    const example = pair?.example ?? String(row["asked_id"]);
    pairs.set(`${key}\n${otherKey}`, { key, otherKey, ids: (pair?.ids ?? 0) + 1, example });
  }
  return [...pairs.values()];
}

/** A lake of which the database has nothing is most often another one than was meant. */
function describeUnrecorded(lakeId: string, prefix: string, lakes: readonly string[]): string {
  if (lakes.includes(lakeId)) return `Nothing below ${prefix} is recorded.`;
  const others = lakes.length === 0 ? "" : ` The database has objects of ${lakes.join(", ")}.`;
  return `Nothing of this lake is recorded.${others}`;
}
