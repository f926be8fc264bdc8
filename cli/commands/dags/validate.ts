/** `dagmar dags validate [FILE…]`: every fault of every file, with line and column. */
import { DagDefinitionError, EXIT, formatDagIssue } from "../../../model/errors.ts";
import { isSet, JSON_OPTION, type Command } from "../../command.ts";

export const dagsValidate: Command = {
  name: "dags validate",
  summary: "check Dag files; all faults at once",
  args: [{ name: "[files...]", description: "files to check; default: the whole Dag folder" }],
  options: [JSON_OPTION],
  examples: ["dagmar dags validate", "dagmar dags validate dags/tmdb_ingest.yaml"],
  async run({ args, options, output }) {
    const { readDagLibrary } = await import("../../../app/dag-library.ts");
    const library = readDagLibrary();
    const files = Array.isArray(args[0]) ? (args[0] as readonly string[]) : [];
    const folder = files.length === 0 ? await library.loadDags() : await library.loadDagFiles(files);
    const whole = files.length === 0 ? folder : await library.loadDags().catch(() => folder);
    const { findUnknownDatasets } = await import("../../../app/dags/find-unknown-datasets.ts");
    const unknown = await findUnknownDatasets(library, folder, whole);
    const issues = [...[...folder.broken.values()].flat(), ...unknown.faults];
    const isFaulty = (file: string): boolean => unknown.faults.some((fault) => fault.file === file);
    if (isSet(options, "json")) {
      const valid = [...folder.dags.values()].filter((dag) => !isFaulty(dag.file));
      output.json({
        valid: valid.map((dag) => dag.definition.dagId),
        faults: issues,
        warnings: unknown.warnings,
      });
      return issues.length > 0 ? EXIT.configuration : EXIT.done;
    }
    for (const warning of unknown.warnings) output.fault(`warning: ${formatDagIssue(warning)}`);
    if (issues.length > 0) throw new DagDefinitionError(issues);
    output.line(`${folder.dags.size} Dag${folder.dags.size === 1 ? "" : "s"} without a fault`);
    return EXIT.done;
  },
};
