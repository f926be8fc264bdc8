/** When a Dag is due next, and whether it is off or paused. */
import type { LoadedDag } from "../../config/dag-file/check-dag-file.ts";
import type { DagFolder } from "../../config/dag-file/load-dags.ts";
import { describeSchedule } from "../../model/dag/dag.ts";
import { CommandRefused } from "../../model/errors.ts";
import { formatLocal, parseInstant } from "../../model/time/local-time.ts";
import { findOddSlot, type OddSlot } from "../../model/time/odd-slot.ts";
import { createTimetable } from "../../model/time/timetable.ts";
import type { DagLibrary } from "./dag-library.ts";
import { readDagRows } from "./read-dag-row.ts";

/** The timetable knows none after. */
const LAST_INSTANT = new Date("2999-12-31T23:59:59.999Z");

export interface NextSlot {
  readonly logical_date: string;
  readonly logical_date_local: string;
  readonly interval_start: string;
  /** Why its local time is an odd one, or `null`. */
  readonly note: string | null;
}

export interface NextSlots {
  readonly dag_id: string;
  readonly schedule: string;
  readonly timezone: string;
  readonly enabled: boolean;
  readonly paused: boolean;
  readonly slots: readonly NextSlot[];
  /** The Dags whose successes make its runs. */
  readonly follows: readonly (NextSlots | { readonly dag_id: string; readonly fault: string })[];
}

/** `from`: a date in the Dag's zone, or an instant; now without it. Raises `DAG_UNKNOWN`, `DAG_INVALID`, `USAGE`. */
export async function findNextSlots(
  library: DagLibrary,
  dagId: string,
  { from, count }: { readonly from: string | undefined; readonly count: number },
): Promise<{ readonly next: NextSlots; readonly fault: string | null }> {
  const dag = await library.loadDag(dagId);
  const start = readFrom(from, dag.definition.timezone) ?? library.clock.now();
  const { rows, fault } = await readDagRows(library);
  const isPaused = (id: string): boolean => rows.get(id)?.isPaused ?? false;
  return { fault, next: findNext(dag, await library.loadDags(), { from: start, count, isPaused }) };
}

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
