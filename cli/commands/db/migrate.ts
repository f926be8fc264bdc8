/** `dagmar db migrate`: creates the database or migrates it to the newest schema. */
import { EXIT } from "../../../model/errors.ts";
import { isSet, JSON_OPTION, type Command } from "../../command.ts";

export const dbMigrate: Command = {
  name: "db migrate",
  summary: "create the database, or migrate it to the newest schema",
  options: [JSON_OPTION],
  examples: ["dagmar db migrate"],
  async run({ options, output }) {
    const { withApp } = await import("../../open-app.ts");
    const { MIGRATIONS } = await import("../../../state/sqlite/migrations/list.ts");
    return withApp(async (app) => {
      const database = await app.openDatabase("create");
      const newest = MIGRATIONS.at(-1)?.name ?? "";
      if (isSet(options, "json")) output.json({ database: database.path, migration: newest });
      else output.line(`${database.path} is at ${newest}`);
      return EXIT.done;
    });
  },
};
