/** `dagmar ids show`: one id: its outcome, the run that decided it, and the object with its answer. */
import { EXIT } from "../../../model/errors.ts";
import { isSet, JSON_OPTION, type Command } from "../../command.ts";
import { showInstant } from "../../output/time.ts";

export const idsShow: Command = {
  name: "ids show",
  summary: "show one id: its outcome, the run that decided it, and the object with its answer",
  args: [{ name: "<id>", description: "as it was asked for, such as tt0133093" }],
  options: [JSON_OPTION],
  examples: ["dagmar ids show tt0133093", "dagmar ids show tt0133093 --json"],
  async run({ args, options, output }) {
    const { withApp } = await import("../../open-app.ts");
    const { describeId } = await import("../../../app/lake/describe-id.ts");
    return withApp(async (app) => {
      const database = await app.openDatabase("read");
      const entries = describeId(database, app.lake.id, String(args[0]));
      if (isSet(options, "json")) {
        output.json(entries);
        return EXIT.done;
      }
      output.table(
        [
          "dataset",
          "outcome",
          { title: "reason", isText: true },
          { title: "run", rank: 2 },
          { title: "decided", rank: 1 },
          { title: "object", isText: true },
        ],
        entries.map((entry) => [
          entry.dataset,
          entry.outcome,
          [entry.reason, entry.detail].filter((part) => part !== null).join(": "),
          entry.runId === null ? null : `${entry.dagId ?? ""}/${entry.runId}`,
          showInstant(entry.decidedAt, app.settings.timezone),
          entry.key,
        ]),
        "",
      );
      return EXIT.done;
    });
  },
};
