/** `dagmar db backup FILE`: a consistent copy of the database, also while a run is under way. */
import { existsSync, renameSync, rmSync } from "node:fs";
import { resolve } from "node:path";
import { CommandRefused, EXIT } from "../../../model/errors.ts";
import { isSet, JSON_OPTION, type Command } from "../../command.ts";

export const dbBackup: Command = {
  name: "db backup",
  summary: "copy the database, also while something runs",
  args: [{ name: "<file>", description: "where the copy goes; must not exist" }],
  options: [JSON_OPTION],
  examples: ["dagmar db backup /backups/dagmar-2026-11-23.db"],
  async run({ args, options, output }) {
    const { withApp } = await import("../../app.ts");
    return withApp(async (app) => {
      const file = resolve(String(args[0]));
      if (existsSync(file)) {
        throw new CommandRefused("USAGE", `${file} exists already; a backup replaces nothing.`);
      }
      const database = await app.openDatabase("read");
      // Under another name until it is whole: a half-made copy must not look like a backup.
      const partial = `${file}.partial`;
      rmSync(partial, { force: true });
      try {
        await database.backup(partial);
        renameSync(partial, file);
      } finally {
        rmSync(partial, { force: true });
      }
      if (isSet(options, "json")) output.json({ database: database.path, backup: file });
      else output.line(`${database.path} copied to ${file}`);
      return EXIT.done;
    });
  },
};
