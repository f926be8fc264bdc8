/** `dagmar lake catalog --format athena|duckdb`: the SQL that makes the lake's tables known to another engine. */
import { EXIT, CommandRefused } from "../../../model/errors.ts";
import { isSet, JSON_OPTION, readText, type Command } from "../../command.ts";
import { readChoices } from "../../arguments/read-options.ts";

export const lakeCatalog: Command = {
  name: "lake catalog",
  summary: "SQL that makes the lake's tables known to Athena or DuckDB",
  options: [
    { flags: "--format <engine>", description: "athena (external tables) or duckdb (views)" },
    JSON_OPTION,
  ],
  examples: [
    "dagmar lake catalog --format duckdb > views.sql",
    "dagmar lake catalog --format athena > tables.sql",
  ],
  async run({ options, output, drain }) {
    const { withApp } = await import("../../open-app.ts");
    const { CATALOG_FORMATS, writeCatalog } = await import("../../../app/lake/catalog/write-catalog.ts");
    const given = readText(options, "format");
    if (given === undefined)
      throw new CommandRefused("USAGE", "--format is missing.", {
        hint: "Write --format athena or --format duckdb.",
      });
    const [format = "duckdb"] = readChoices([given], CATALOG_FORMATS, "--format");
    return withApp(
      async (app) => {
        const catalog = await writeCatalog(app, format, drain);
        if (isSet(options, "json")) {
          output.json({ lake: app.lake.id, format, ...catalog });
          return EXIT.done;
        }
        const notes = [
          `The tables of ${app.lake.id} for ${format === "athena" ? "Athena" : "DuckDB"}, as the Dag files declare them.`,
          ...catalog.notes,
          ...catalog.skipped.map(({ dataset, why }) => `Left out: ${dataset}, because ${why}.`),
        ];
        const comment = notes.map((note) => `-- ${note.replaceAll("\n", " ")}\n`).join("");
        output.data([comment, ...catalog.statements.map(({ sql }) => `${sql}\n`)].join("\n"));
        return EXIT.done;
      },
      { quietLevel: "warn" },
    );
  },
};
