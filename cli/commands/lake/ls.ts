/** `dagmar lake ls [PREFIX]`: the objects that the database has recorded. */
import type { App } from "../../../app/app.ts";
import { EXIT, type ExitCode } from "../../../model/errors.ts";
import { isSet, JSON_OPTION, readText, type Command, type Invocation } from "../../command.ts";
import { formatBytes } from "../../../model/text/byte-size.ts";
import { describeCut } from "../../output/output.ts";
import { showInstant } from "../../output/time.ts";
import { readLimit } from "../../arguments/read-options.ts";

export const lakeLs: Command = {
  name: "lake ls",
  summary: "recorded objects of the configured lake",
  args: [{ name: "[prefix]", description: "only keys that start with this" }],
  options: [
    { flags: "--dataset <name>", description: "only this dataset" },
    { flags: "--removed", description: "list what `dagmar lake rm` removed instead" },
    { flags: "--limit <n>", description: "maximum number of rows; 0 for all", defaultValue: "1000" },
    JSON_OPTION,
  ],
  examples: [
    "dagmar lake ls",
    "dagmar lake ls Raw/TMDB/ --dataset tmdb_movies --json",
    "dagmar lake ls --removed",
  ],
  async run({ args, options, output }) {
    const { withApp } = await import("../../open-app.ts");
    const { listObjects } = await import("../../../app/lake/list-objects.ts");
    return withApp(async (app) => {
      const dataset = readText(options, "dataset");
      const filter = {
        prefix: typeof args[0] === "string" ? args[0] : "",
        limit: readLimit(readText(options, "limit")),
        ...(dataset === undefined ? {} : { dataset }),
      };
      const isFiltered = filter.prefix !== "" || dataset !== undefined;
      if (isSet(options, "removed")) return showRemovals(app, filter, { options, output });
      const { total, objects: rows } = await listObjects(app, filter);
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
        isFiltered
          ? `No recorded object of ${app.lake.id} matches.`
          : `Nothing is recorded in ${app.lake.id}.`,
      );
      if (rows.length < total) output.line(describeCut(rows.length, total));
      return EXIT.done;
    });
  },
};

async function showRemovals(
  app: App,
  filter: { readonly prefix: string; readonly dataset?: string; readonly limit: number },
  { options, output }: Pick<Invocation, "options" | "output">,
): Promise<ExitCode> {
  const { listRemovals } = await import("../../../app/lake/list-objects.ts");
  const { total, removals } = await listRemovals(app, filter);
  if (isSet(options, "json")) {
    output.json({ total, shown: removals.length, removals });
    return EXIT.done;
  }
  output.table(
    [
      "key",
      { title: "dataset", rank: 4 },
      { title: "ids", rank: 5 },
      { title: "by", rank: 3 },
      { title: "asked", rank: 2 },
      { title: "why", isText: true, rank: 1 },
      "state",
    ],
    removals.map((row) => [
      row["key"],
      row["dataset"],
      row["left_out_ids"],
      row["requested_by"],
      showInstant(row["requested_at"], app.settings.timezone),
      row["why"],
      row["state"],
    ]),
    filter.prefix === "" && filter.dataset === undefined
      ? `Nothing was removed from ${app.lake.id}.`
      : `No removal from ${app.lake.id} matches.`,
  );
  if (removals.length < total) output.line(describeCut(removals.length, total));
  return EXIT.done;
}
