/** `dagmar db check`: SQLite's own integrity check, and that every reference leads somewhere. */
import { EXIT } from "../../../model/errors.ts";
import { isSet, JSON_OPTION, type Command } from "../../command.ts";

export const dbCheck: Command = {
  name: "db check",
  summary: "check the database's integrity",
  options: [JSON_OPTION],
  examples: ["dagmar db check"],
  async run({ options, output }) {
    const { withApp } = await import("../../open-app.ts");
    return withApp(async (app) => {
      const database = await app.openDatabase("read");
      const faults = database.check();
      if (isSet(options, "json")) output.json({ database: database.path, faults });
      else if (faults.length === 0) output.line(`${database.path} is sound`);
      else for (const fault of faults) output.fault(fault);
      return faults.length === 0 ? EXIT.done : EXIT.failed;
    });
  },
};
