/** `dagmar lake learn [--dry-run]`: takes into the database what the lake holds and the database does not know. */
import type { LearnedPlace } from "../../../app/lake/learn-datasets.ts";
import { EXIT } from "../../../model/errors.ts";
import { isSet, JSON_OPTION, type Command } from "../../command.ts";

export const lakeLearn: Command = {
  name: "lake learn",
  summary: "take objects and ids that the lake holds into the database",
  options: [{ flags: "--dry-run", description: "show what there is to learn, change nothing" }, JSON_OPTION],
  examples: ["dagmar lake learn --dry-run", "dagmar lake learn"],
  async run({ options, output, drain }) {
    const { withApp } = await import("../../open-app.ts");
    const { learnDatasets } = await import("../../../app/lake/learn-datasets.ts");
    const isDryRun = isSet(options, "dryRun");
    const isJson = isSet(options, "json");
    return withApp(
      async (app) => {
        const learned = await learnDatasets(app, isDryRun, drain);
        if (isJson) {
          output.json({ lake: app.lake.id, dry_run: isDryRun, learned: learned.map(describeAsJson) });
          return EXIT.done;
        }
        output.table(
          [
            "dataset",
            { title: "prefix", rank: 1 },
            "objects",
            "ids",
            "without an object",
            { title: "stored twice", rank: 3 },
            { title: "gone", rank: 2 },
          ],
          learned.map(({ dataset, prefix, lesson }) => [
            dataset,
            prefix,
            lesson.objects,
            lesson.ids,
            lesson.decidedIds,
            lesson.doubledIds,
            lesson.missingKeys.length,
          ]),
          "No Dag stores anything.",
        );
        output.line(describeEnd(learned, app.lake.id, isDryRun));
        return EXIT.done;
      },
      { quietLevel: "warn" },
    );
  },
};

function describeAsJson({ dataset, prefix, lesson }: LearnedPlace): unknown {
  return {
    dataset,
    prefix,
    objects: lesson.objects,
    ids: lesson.ids,
    decided_ids: lesson.decidedIds,
    doubled_ids: lesson.doubledIds,
    by_manifest: lesson.byManifest,
    missing: lesson.missingKeys,
    replaced: lesson.replacedKeys,
    unclaimed: lesson.unclaimedKeys,
    contradicted: lesson.contradictedKeys,
    removed: lesson.removedKeys,
    removals_learnt: lesson.learntKeys,
  };
}

function describeEnd(learned: readonly LearnedPlace[], lakeId: string, isDryRun: boolean): string {
  const isAll = learned.every(
    ({ lesson }) => lesson.objects + lesson.decidedIds + lesson.missingKeys.length === 0,
  );
  if (isAll) return `The database knows everything that ${lakeId} holds.`;
  return isDryRun
    ? `Nothing was changed: \`dagmar lake learn\` takes this of ${lakeId} into the database.`
    : `The database knows this of ${lakeId} now.`;
}
