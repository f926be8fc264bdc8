/** `dagmar lake ls [PREFIX]`: the objects that the books know. */
import { EXIT } from "../../../model/errors.ts";
import { isSet, JSON_OPTION, readText, type Command } from "../../command.ts";
import { formatBytes } from "../../../model/byte-size.ts";
import { readCount } from "../../read-options.ts";

export const lakeLs: Command = {
  name: "lake ls",
  summary: "recorded objects of the configured lake",
  args: [{ name: "[prefix]", description: "only keys that start with this" }],
  options: [
    { flags: "--dataset <name>", description: "of this dataset only" },
    { flags: "--limit <n>", description: "at most so many", defaultValue: "1000" },
    JSON_OPTION,
  ],
  examples: ["dagmar lake ls", "dagmar lake ls Raw/TMDB/ --dataset tmdb_movies --json"],
  async run({ args, options, output }) {
    const { withApp } = await import("../../app.ts");
    const { reportObjects } = await import("../../../state/reports.ts");
    return withApp(async (app) => {
      const database = await app.openDatabase("read");
      const dataset = readText(options, "dataset");
      const limit = readCount(readText(options, "limit"), "--limit");
      const rows = reportObjects(database, {
        lakeId: app.lake.id,
        prefix: typeof args[0] === "string" ? args[0] : "",
        ...(dataset === undefined ? {} : { dataset }),
        limit,
      });
      if (isSet(options, "json")) {
        output.json(rows);
        return EXIT.done;
      }
      output.table(
        ["key", "kind", "dataset", "size", "records", "stored", "state"],
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
      if (rows.length === limit) output.line(`… the first ${limit}; --limit shows more`);
      return EXIT.done;
    });
  },
};
