/** `dagmar db check`: SQLite's integrity check, dangling references, and values that this version does not know. */
import { EXIT } from "../../../model/errors.ts";
import { isSet, JSON_OPTION, type Command } from "../../command.ts";

export const dbCheck: Command = {
  name: "db check",
  summary: "check the database's integrity",
  options: [JSON_OPTION],
  examples: ["dagmar db check"],
  async run({ options, output }) {
    const { withApp } = await import("../../open-app.ts");
    const { checkDatabase } = await import("../../../app/database/check-database.ts");
    return withApp(async (app) => {
      const { database, faults } = await checkDatabase(app);
      if (isSet(options, "json")) output.json({ database, faults });
      else if (faults.length === 0) output.line(`${database} has no faults`);
      else for (const fault of faults) output.fault(fault);
      return faults.length === 0 ? EXIT.done : EXIT.failed;
    });
  },
};
