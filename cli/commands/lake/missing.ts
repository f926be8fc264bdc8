/** `dagmar lake missing`: every id that has no stored answer, and why. */
import { EXIT } from "../../../model/errors.ts";
import { isSet, JSON_OPTION, readText, type Command } from "../../command.ts";
import { describeCut } from "../../output/output.ts";
import type { Column } from "../../output/table.ts";
import { showInstant } from "../../output/time.ts";
import { isUnread } from "../../output/unread.ts";
import { readChoices, readLimit } from "../../arguments/read-options.ts";

const OUTCOMES = ["not_found", "failed", "spooled", "not_asked"] as const;

const BLOCK_ROWS = 1000;

export const lakeMissing: Command = {
  name: "lake missing",
  summary: "ids that are not stored, and why",
  options: [
    { flags: "--dataset <name>", description: "only this dataset" },
    { flags: "--outcome <outcome>", description: "only not_found, failed, spooled or not_asked" },
    { flags: "--limit <n>", description: "maximum number of ids to list; 0 for all", defaultValue: "50" },
    JSON_OPTION,
  ],
  examples: ["dagmar lake missing", "dagmar lake missing --outcome failed --limit 0 --json"],
  async run({ options, output, drain }) {
    const { withApp } = await import("../../open-app.ts");
    const { listMissing } = await import("../../../app/lake/list-missing.ts");
    return withApp(async (app) => {
      const dataset = readText(options, "dataset");
      const given = readText(options, "outcome");
      const [outcome] = given === undefined ? [] : readChoices([given], OUTCOMES, "--outcome");
      const { total, counts, ids, hasAsked } = await listMissing(app, {
        limit: readLimit(readText(options, "limit")),
        ...(dataset === undefined ? {} : { dataset }),
        ...(outcome === undefined ? {} : { outcome }),
      });
      const blocks = cutIntoBlocks(ids);
      if (isSet(options, "json")) {
        const list = output.jsonList({ total, counts }, "ids");
        let shown = 0;
        for (const block of blocks) {
          if (isUnread(drain)) return EXIT.done;
          list.add(block);
          shown += block.length;
          await new Promise(setImmediate);
        }
        list.end({ shown });
        return EXIT.done;
      }
      output.table(
        ["dataset", "outcome", { title: "reason", isText: true }, "ids"],
        counts.map((row) => [row["dataset"], row["outcome"], row["reason"], row["ids"]]),
        describeNone(hasAsked, dataset !== undefined || outcome !== undefined),
      );
      let shown = 0;
      for (const block of blocks) {
        if (isUnread(drain)) return EXIT.done;
        output.line();
        output.table(
          COLUMNS,
          block.map((row) => [
            row["asked_id"],
            row["dataset"],
            row["outcome"],
            row["reason"],
            row["detail"],
            showInstant(row["decided_at"], app.settings.timezone),
          ]),
          "",
        );
        shown += block.length;
        await new Promise(setImmediate);
      }
      if (shown > 0 && shown < total) output.line(describeCut(shown, total));
      return EXIT.done;
    });
  },
};

const COLUMNS: readonly Column[] = [
  { title: "id" },
  { title: "dataset", rank: 2 },
  { title: "outcome" },
  { title: "reason", isText: true },
  { title: "detail", isText: true },
  { title: "decided", rank: 1 },
];

/** A longer list is written block by block, each with its titles. */
function* cutIntoBlocks<Row>(rows: Iterable<Row>): Generator<readonly Row[]> {
  let block: Row[] = [];
  for (const row of rows) {
    block.push(row);
    if (block.length < BLOCK_ROWS) continue;
    yield block;
    block = [];
  }
  if (block.length > 0) yield block;
}

function describeNone(hasAsked: boolean, isFiltered: boolean): string {
  if (!hasAsked) return "No ids have been asked for yet.";
  return isFiltered ? "No missing id matches." : "Every id that was asked for is stored.";
}
