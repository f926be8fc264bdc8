/** `dagmar dags next ID`: when a Dag is due, and whether it is off or paused. What of it has run, `runs list` knows. */
import { describeSchedule } from "../../../model/dag/dag.ts";
import type { LoadedDag } from "../../../config/dag-file/check-dag-file.ts";
import type { DagFolder } from "../../../config/dag-file/load-dags.ts";
import { CommandRefused, EXIT } from "../../../model/errors.ts";
import { formatLocal, parseInstant } from "../../../model/time/local-time.ts";
import { findOddSlot, type OddSlot } from "../../../model/time/odd-slot.ts";
import { createTimetable } from "../../../model/time/timetable.ts";
import { isSet, JSON_OPTION, readText, type Command, type Invocation } from "../../command.ts";
import { readCount } from "../../arguments/read-options.ts";

const MAX_COUNT = 1000;
/** The timetable knows none after. */
const LAST_INSTANT = new Date("2999-12-31T23:59:59.999Z");

interface Slot {
  readonly logical_date: string;
  readonly logical_date_local: string;
  readonly interval_start: string;
  /** Why its local time is an odd one, or `null`. */
  readonly note: string | null;
}

interface NextSlots {
  readonly dag_id: string;
  readonly schedule: string;
  readonly timezone: string;
  readonly enabled: boolean;
  readonly paused: boolean;
  readonly slots: readonly Slot[];
  /** The Dags whose successes make its runs. */
  readonly follows: readonly (NextSlots | { readonly dag_id: string; readonly fault: string })[];
}

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
    const { readDagLibrary } = await import("../../../app/dag-library.ts");
    const { systemClock } = await import("../../process/system-clock.ts");
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
    const library = readDagLibrary();
    const dag = await library.loadDag(String(args[0]));
    const from = readFrom(readText(options, "from"), dag.definition.timezone) ?? systemClock.now();
    const { readDagRows } = await import("../../../app/dags/read-dag-row.ts");
    const { rows, fault } = await readDagRows(library.settings.databaseFile);
    if (fault !== null) output.fault(`Whether it is paused is not known: ${fault}`);
    const isPaused = (dagId: string): boolean => rows.get(dagId)?.isPaused ?? false;
    const next = findNext(dag, await library.loadDags(), { from, count, isPaused });
    if (isSet(options, "json")) output.json(next);
    else print(next, output);
    return EXIT.done;
  },
};

function readFrom(text: string | undefined, timezone: string): Date | undefined {
  if (text === undefined) return undefined;
  const instant = parseInstant(text, timezone);
  if (instant !== undefined) return instant;
  throw new CommandRefused("USAGE", `--from "${text}" is no date.`, {
    hint: "Write 2026-11-23, 2026-11-23T06:00 (in the Dag's time zone) or 2026-11-23T09:00:00Z.",
  });
}

/** A Dag never follows itself, over however many others: its file would be broken. */
function findNext(
  dag: LoadedDag,
  folder: DagFolder,
  range: {
    readonly from: Date;
    readonly count: number;
    readonly isPaused: (dagId: string) => boolean;
  },
): NextSlots {
  const { definition, enabled } = dag;
  const { dagId, schedule, timezone } = definition;
  const facts = {
    dag_id: dagId,
    schedule: describeSchedule(schedule),
    timezone,
    enabled,
    paused: range.isPaused(dagId),
  };
  switch (schedule.kind) {
    case "manual":
      return { ...facts, slots: [], follows: [] };
    case "after":
      return {
        ...facts,
        slots: [],
        follows: schedule.dagIds.map((upstreamId) => {
          const upstream = folder.dags.get(upstreamId);
          if (upstream !== undefined) return findNext(upstream, folder, range);
          return {
            dag_id: upstreamId,
            fault: folder.broken.has(upstreamId) ? "its file is broken" : "there is no such Dag",
          };
        }),
      };
    case "cron": {
      const bounds = { startAt: toDate(definition.startAt), endAt: toDate(definition.endAt) };
      const slots = createTimetable(schedule.expression, timezone, bounds).between(
        range.from,
        LAST_INSTANT,
        range.count,
      );
      // The interval of the first run begins at a slot too, though it lies before the start.
      const unbounded = createTimetable(schedule.expression, timezone, { startAt: null, endAt: null });
      return {
        ...facts,
        follows: [],
        slots: slots.map((slot) => ({
          logical_date: slot.toISOString(),
          logical_date_local: formatLocal(slot, timezone),
          interval_start: (unbounded.previous(slot) ?? slot).toISOString(),
          note: describeOdd(findOddSlot(schedule.expression, timezone, slot)),
        })),
      };
    }
  }
}

function toDate(instant: string | null): Date | null {
  return instant === null ? null : new Date(instant);
}

function describeOdd(odd: OddSlot | undefined): string | null {
  if (odd === undefined) return null;
  return odd.kind === "moved"
    ? `moved: the clock skips ${odd.from}`
    : `the ${odd.showing} of two: the clock is put back`;
}

function print(next: NextSlots, output: Invocation["output"]): void {
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
      else print(upstream, output);
    }
    return;
  }
  const hasNotes = next.slots.some((slot) => slot.note !== null);
  output.table(
    ["logical date (UTC)", "local", "interval from (UTC)", ...(hasNotes ? [""] : [])],
    next.slots.map((slot) => [
      slot.logical_date,
      slot.logical_date_local,
      slot.interval_start,
      ...(hasNotes ? [slot.note] : []),
    ]),
    "  No slot lies ahead: the schedule matches no day any more, or the Dag's `end` is over.",
  );
}
