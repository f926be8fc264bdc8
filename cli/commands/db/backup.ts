/** `dagmar db backup FILE`: a consistent, compact copy of the database, also while a run is under way. */
import { EXIT } from "../../../model/errors.ts";
import { isSet, JSON_OPTION, type Command } from "../../command.ts";

export const dbBackup: Command = {
  name: "db backup",
  summary: "make a compact copy of the database, also while a scheduler runs",
  args: [{ name: "<file>", description: "where the copy goes; must not exist" }],
  options: [JSON_OPTION],
  examples: ["dagmar db backup /backups/dagmar-2026-11-23.db"],
  async run({ args, options, output }) {
    const { withApp } = await import("../../open-app.ts");
    const { backUpDatabase } = await import("../../../app/database/back-up-database.ts");
    return withApp(async (app) => {
      const { database, backup } = await backUpDatabase(app, String(args[0]));
      if (isSet(options, "json")) output.json({ database, backup });
      else output.line(`${database} copied to ${backup}`);
      return EXIT.done;
    });
  },
};
