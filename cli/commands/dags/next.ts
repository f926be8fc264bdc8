/** `dagmar dags next ID`: when a Dag is due, and whether it is off or paused. `runs list` shows past runs. */
import type { NextSlots } from "../../../app/dags/next-slots.ts";
import { CommandRefused, EXIT } from "../../../model/errors.ts";
import { isSet, JSON_OPTION, readText, type Command, type Invocation } from "../../command.ts";
import { showInstant } from "../../output/time.ts";
import { readCount } from "../../arguments/read-options.ts";

const MAX_COUNT = 1000;
export const dagsNext: Command = {
  name: "dags next",
  summary: "the next slots of a Dag's schedule",
  args: [{ name: "<id>", description: "the Dag's id" }],
  options: [
    { flags: "--count <n>", description: `how many, at most ${MAX_COUNT}`, defaultValue: "5" },
    { flags: "--from <date>", description: "the first instant to look at, instead of now" },
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
          hint: "Continue from the last one with --from.",
        },
      );
    }
    const range = { from: readText(options, "from"), count };
    const { next, fault } = await findNextSlots(readDagLibrary(), String(args[0]), range);
    if (fault !== null) output.fault(`Cannot tell whether it is paused: ${fault}`);
    if (isSet(options, "json")) output.json(next);
    else print(next, output);
    return EXIT.done;
  },
};

function print(next: NextSlots, output: Invocation["output"]): void {
  const { paint } = output;
  const off = next.enabled ? "" : paint.warn("  (off: enabled: false; these slots get no runs)");
  const paused = next.paused
    ? paint.warn(`  (paused: no runs until \`dagmar dags unpause ${next.dag_id}\`)`)
    : "";
  output.line(`${paint.bold(next.dag_id)}  ${next.schedule} (${next.timezone})${off}${paused}`);
  if (next.schedule === "manual") {
    output.line(`  It has no schedule. Start it with \`dagmar run ${next.dag_id}\`.`);
    return;
  }
  if (next.follows.length > 0) {
    output.line(
      next.follows.length === 1
        ? "  One run for each successful run of that Dag, at the same logical date."
        : "  One run a day, when all of these Dags have succeeded for that day.",
    );
    for (const upstream of next.follows) {
      output.line();
      if ("fault" in upstream) output.line(`${paint.bold(upstream.dag_id)}  ${paint.bad(upstream.fault)}`);
      else print(upstream, output);
    }
    return;
  }
  const hasNotes = next.slots.some((slot) => slot.note !== null);
  const show = (instant: string | null): string => showInstant(instant, next.timezone);
  output.table(
    ["logical date", { title: "interval from", rank: 1 }, ...(hasNotes ? [{ title: "", isText: true }] : [])],
    next.slots.map((slot) => [
      show(slot.logical_date),
      show(slot.interval_start),
      ...(hasNotes ? [slot.note] : []),
    ]),
    "  No slots left: the schedule matches no future day, or the Dag's `end` has passed.",
  );
}
