/** `dagmar dags next ID`: when a Dag is due, and whether it is off or paused. What of it has run, `runs list` knows. */
import type { NextSlots } from "../../../app/dags/next-slots.ts";
import { CommandRefused, EXIT } from "../../../model/errors.ts";
import { isSet, JSON_OPTION, readText, type Command, type Invocation } from "../../command.ts";
import { showInstant, UTC_OPTION } from "../../output/time.ts";
import { readCount } from "../../arguments/read-options.ts";

const MAX_COUNT = 1000;
export const dagsNext: Command = {
  name: "dags next",
  summary: "the next slots of a Dag's schedule",
  args: [{ name: "<id>", description: "the Dag's id" }],
  options: [
    { flags: "--count <n>", description: `how many, at most ${MAX_COUNT}`, defaultValue: "5" },
    { flags: "--from <date>", description: "the first instant to look at, instead of now" },
    UTC_OPTION,
    JSON_OPTION,
  ],
  examples: ["dagmar dags next csv_ingest", "dagmar dags next csv_ingest --from 2026-11-01 --count 30"],
  async run({ args, options, output }) {
    const { readDagLibrary } = await import("../../open-app.ts");
    const { findNextSlots } = await import("../../../app/dags/next-slots.ts");
    const count = readCount(readText(options, "count"), "--count");
    if (count > MAX_COUNT) {
      throw new CommandRefused(
        "USAGE",
        `--count ${count} is too many: ${MAX_COUNT} slots are shown at most.`,
        {
          hint: "Go on from the last one with --from.",
        },
      );
    }
    const range = { from: readText(options, "from"), count };
    const { next, fault } = await findNextSlots(readDagLibrary(), String(args[0]), range);
    if (fault !== null) output.fault(`Whether it is paused is not known: ${fault}`);
    if (isSet(options, "json")) output.json(next);
    else print(next, output, isSet(options, "utc"));
    return EXIT.done;
  },
};

function print(next: NextSlots, output: Invocation["output"], isUtc: boolean): void {
  const { paint } = output;
  const off = next.enabled ? "" : paint.warn("  (off: enabled: false; none of this happens)");
  const paused = next.paused
    ? paint.warn(`  (paused: none of this happens before \`dagmar dags unpause ${next.dag_id}\`)`)
    : "";
  output.line(`${paint.bold(next.dag_id)}  ${next.schedule} (${next.timezone})${off}${paused}`);
  if (next.schedule === "manual") {
    output.line(`  It has no schedule: \`dagmar run ${next.dag_id}\` runs it.`);
    return;
  }
  if (next.follows.length > 0) {
    output.line(
      next.follows.length === 1
        ? "  It has one run for each run of that Dag that succeeds, at the same logical date."
        : "  It has one run a day, when all of those Dags have succeeded for that day.",
    );
    for (const upstream of next.follows) {
      output.line();
      if ("fault" in upstream) output.line(`${paint.bold(upstream.dag_id)}  ${paint.bad(upstream.fault)}`);
      else print(upstream, output, isUtc);
    }
    return;
  }
  const hasNotes = next.slots.some((slot) => slot.note !== null);
  const show = (instant: string | null): string => showInstant(instant, next.timezone, isUtc);
  output.table(
    ["logical date", { title: "interval from", rank: 1 }, ...(hasNotes ? [{ title: "", isText: true }] : [])],
    next.slots.map((slot) => [
      show(slot.logical_date),
      show(slot.interval_start),
      ...(hasNotes ? [slot.note] : []),
    ]),
    "  No slot lies ahead: the schedule matches no day any more, or the Dag's `end` is over.",
  );
}
