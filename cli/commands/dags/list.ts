/** `dagmar dags list`: every Dag in the folder, the broken ones with their first fault. */
import { EXIT } from "../../../model/errors.ts";
import { isSet, JSON_OPTION, type Command } from "../../command.ts";
import { countNoun } from "../../../model/text/count-noun.ts";

export const dagsList: Command = {
  name: "dags list",
  summary: "every Dag, with its schedule",
  options: [JSON_OPTION],
  examples: ["dagmar dags list", "dagmar dags list --json"],
  async run({ options, output }) {
    const { readDagLibrary } = await import("../../open-app.ts");
    const { listDags } = await import("../../../app/dags/list-dags.ts");
    const library = readDagLibrary();
    const { sound, broken, fault } = await listDags(library);
    if (fault !== null) output.fault(`Cannot tell which Dags are paused: ${fault}`);
    if (isSet(options, "json")) {
      output.json([
        ...sound.map(({ dagId, ...facts }) => ({ dag_id: dagId, ...facts })),
        ...broken.map(({ dagId, faults }) => ({ dag_id: dagId, state: "broken", faults })),
      ]);
      return broken.length > 0 ? EXIT.configuration : EXIT.done;
    }
    output.table(
      [
        "dag",
        "state",
        { title: "schedule", rank: 1 },
        { title: "time zone", rank: 2 },
        { title: "tasks", rank: 3 },
        { title: "description", isText: true },
      ],
      [
        ...sound.map((dag) => [dag.dagId, dag.state, dag.schedule, dag.timezone, dag.tasks, dag.description]),
        ...broken.map((dag) => [dag.dagId, "broken", "", "", null, countNoun(dag.faults.length, "fault")]),
      ],
      `There is no Dag in ${library.settings.dagsFolder}.`,
    );
    for (const dag of broken) for (const line of dag.faults) output.fault(line);
    return broken.length > 0 ? EXIT.configuration : EXIT.done;
  },
};
