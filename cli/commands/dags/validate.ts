/** `dagmar dags validate [FILE…]`: every fault of every file, with line and column. */
import { DagDefinitionError, EXIT, formatDagIssue } from "../../../model/errors.ts";
import { isSet, JSON_OPTION, type Command } from "../../command.ts";

export const dagsValidate: Command = {
  name: "dags validate",
  summary: "check Dag files and report every fault",
  args: [{ name: "[files...]", description: "files to check; default: the whole Dag folder" }],
  options: [JSON_OPTION],
  examples: ["dagmar dags validate", "dagmar dags validate dags/tmdb_ingest.yaml"],
  async run({ args, options, output }) {
    const { readDagLibrary, withApp } = await import("../../open-app.ts");
    const { validateDags } = await import("../../../app/dags/validate-dags.ts");
    const files = Array.isArray(args[0]) ? (args[0] as readonly string[]) : [];
    const { valid, faults, warnings } = await validateDags(readDagLibrary(), files, (use) =>
      withApp(use, { quietLevel: "warn" }),
    );
    if (isSet(options, "json")) {
      output.json({ valid, faults, warnings });
      return faults.length > 0 ? EXIT.configuration : EXIT.done;
    }
    for (const warning of warnings) output.fault(`warning: ${formatDagIssue(warning)}`);
    if (faults.length > 0) throw new DagDefinitionError(faults);
    output.line(`${valid.length} Dag${valid.length === 1 ? " is" : "s are"} valid`);
    return EXIT.done;
  },
};
