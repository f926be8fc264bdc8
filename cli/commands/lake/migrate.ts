/** `dagmar lake migrate`: gives manifests and metadata of before 0.2 their present names. */
import { EXIT } from "../../../model/errors.ts";
import type { LakeMigration } from "../../../app/lake/migrate-lake.ts";
import { isSet, JSON_OPTION, type Command, type Invocation } from "../../command.ts";

export const lakeMigrate: Command = {
  name: "lake migrate",
  summary: "in a folder lake, rename manifests and metadata of before 0.2, so that *.json matches data only",
  options: [{ flags: "--dry-run", description: "count what would be renamed; change nothing" }, JSON_OPTION],
  examples: ["dagmar lake migrate --dry-run", "dagmar lake migrate"],
  async run({ options, output, drain }) {
    const { withApp } = await import("../../open-app.ts");
    const { migrateLake, previewMigration, readKeptNames } =
      await import("../../../app/lake/migrate-lake.ts");
    return withApp(async (app) => {
      const isDryRun = isSet(options, "dryRun");
      const kept = await readKeptNames(app);
      const result = await (isDryRun || kept !== null ? previewMigration : migrateLake)(app, drain);
      if (isSet(options, "json")) {
        const { metadata, manifests, left } = result;
        const names = { metadata, manifests, left, kept_manifests: kept?.oldManifests ?? 0 };
        output.json({ lake: app.lake.id, dry_run: isDryRun, ...names });
      } else if (kept === null) print(app.lake.id, result, isDryRun, output);
      else {
        output.line(`${app.lake.id}: objects in S3 keep their names, and nothing was changed.`);
        if (kept.oldManifests > 0)
          output.line(
            `${kept.oldManifests} manifests of before 0.2 are named _manifest-….json: leave them out of queries.`,
          );
      }
      return EXIT.done;
    });
  },
};

function print(
  lakeId: string,
  { metadata, manifests, left }: LakeMigration,
  isDryRun: boolean,
  output: Invocation["output"],
): void {
  if (metadata + manifests.length + left.length === 0) {
    output.line(`${lakeId}: every manifest and metadata file has its present name.`);
    return;
  }
  const verb = isDryRun ? "to rename" : "renamed";
  output.line(`${lakeId}: ${metadata} metadata files and ${manifests.length} manifests ${verb}`);
  if (left.length === 0) return;
  output.line();
  output.table(
    ["manifest that keeps its name", { title: "because", isText: true }],
    left.map(({ key, reason }) => [key, BECAUSE[reason]]),
    "",
  );
}

const BECAUSE: Readonly<Record<LakeMigration["left"][number]["reason"], string>> = {
  not_recorded:
    "this database has not recorded it; if it is Dagmar's, the next run of its dataset does: then run this again",
  taken: "another object has the new name",
};
