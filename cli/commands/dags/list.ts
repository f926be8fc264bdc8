/** `dagmar dags list`: every Dag in the folder, the broken ones with their first fault. */
import { describeSchedule } from "../../../model/dag/dag.ts";
import { EXIT, formatDagIssue } from "../../../model/errors.ts";
import { isSet, JSON_OPTION, type Command } from "../../command.ts";

export const dagsList: Command = {
  name: "dags list",
  summary: "every Dag, with its schedule",
  options: [JSON_OPTION],
  examples: ["dagmar dags list", "dagmar dags list --json"],
  async run({ options, output }) {
    const { readDagLibrary } = await import("../../../app/dag-library.ts");
    const library = readDagLibrary();
    const folder = await library.loadDags();
    const { readDagRows } = await import("../../../app/dags/read-dag-row.ts");
    const { rows, fault } = await readDagRows(library.settings.databaseFile);
    if (fault !== null) output.fault(`Which Dags are paused is not known: ${fault}`);
    const isPaused = (dagId: string): boolean => rows.get(dagId)?.isPaused ?? false;
    const sound = [...folder.dags.values()].map(({ definition, enabled, file }) => ({
      dag_id: definition.dagId,
      state: !enabled ? "off" : isPaused(definition.dagId) ? "paused" : "on",
      schedule: describeSchedule(definition.schedule),
      timezone: definition.timezone,
      tasks: definition.tasks.length,
      description: definition.description,
      file,
    }));
    const broken = [...folder.broken].map(([dagId, issues]) => ({
      dag_id: dagId,
      state: "broken",
      faults: issues.map(formatDagIssue),
    }));
    if (isSet(options, "json")) {
      output.json([...sound, ...broken]);
      return broken.length > 0 ? EXIT.configuration : EXIT.done;
    }
    output.table(
      ["dag", "state", "schedule", "time zone", "tasks", "description"],
      [
        ...sound.map((dag) => [
          dag.dag_id,
          dag.state,
          dag.schedule,
          dag.timezone,
          dag.tasks,
          dag.description,
        ]),
        ...broken.map((dag) => [
          dag.dag_id,
          dag.state,
          "",
          "",
          null,
          `${dag.faults.length} fault${dag.faults.length === 1 ? "" : "s"}`,
        ]),
      ],
      `There is no Dag in ${library.settings.dagsFolder}.`,
    );
    for (const dag of broken) for (const line of dag.faults) output.fault(line);
    return broken.length > 0 ? EXIT.configuration : EXIT.done;
  },
};
