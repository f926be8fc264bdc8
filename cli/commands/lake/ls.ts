/** `dagmar lake ls [PREFIX]`: the objects that the database has recorded. */
import { EXIT } from "../../../model/errors.ts";
import { isSet, JSON_OPTION, readText, type Command } from "../../command.ts";
import { formatBytes } from "../../../model/text/byte-size.ts";
import { describeCut } from "../../output/output.ts";
import { readLimit } from "../../arguments/read-options.ts";

export const lakeLs: Command = {
  name: "lake ls",
  summary: "recorded objects of the configured lake",
  args: [{ name: "[prefix]", description: "only keys that start with this" }],
  options: [
    { flags: "--dataset <name>", description: "only this dataset" },
    { flags: "--limit <n>", description: "maximum number of rows; 0 for all", defaultValue: "1000" },
    JSON_OPTION,
  ],
  examples: ["dagmar lake ls", "dagmar lake ls Raw/TMDB/ --dataset tmdb_movies --json"],
  async run({ args, options, output }) {
    const { withApp } = await import("../../open-app.ts");
    const { listObjects } = await import("../../../app/lake/list-objects.ts");
    return withApp(async (app) => {
      const dataset = readText(options, "dataset");
      const { total, objects: rows } = await listObjects(app, {
        prefix: typeof args[0] === "string" ? args[0] : "",
        limit: readLimit(readText(options, "limit")),
        ...(dataset === undefined ? {} : { dataset }),
      });
      if (isSet(options, "json")) {
        output.json({ total, shown: rows.length, objects: rows });
        return EXIT.done;
      }
      output.table(
        [
          "key",
          { title: "kind", rank: 4 },
          { title: "dataset", rank: 3 },
          { title: "size", rank: 1 },
          { title: "records", rank: 5 },
          { title: "stored", rank: 2 },
          "state",
        ],
        rows.map((row) => [
          row["key"],
          row["kind"],
          row["dataset"],
          formatBytes(Number(row["size_bytes"])),
          row["records"],
          row["created_at_local"],
          row["state"],
        ]),
        `Nothing is recorded in ${app.lake.id}.`,
      );
      if (rows.length < total) output.line(describeCut(rows.length, total));
      return EXIT.done;
    });
  },
};
