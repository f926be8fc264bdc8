/** When a Dag is due next, and whether it is off or paused. */
import type { LoadedDag } from "../../config/dag-file/check-dag-file.ts";
import type { DagFolder } from "../../config/dag-file/load-dags.ts";
import { findTimetables } from "../../model/dag/dag-timetable.ts";
import { readGivenDate } from "../runs/choose-date.ts";
import { describeSchedule } from "../../model/dag/dag.ts";
import { formatLocal } from "../../model/time/local-time.ts";
import { findOddSlot, type OddSlot } from "../../model/time/odd-slot.ts";
import { LAST_SLOT } from "../../model/time/timetable.ts";
import type { DagLibrary } from "./dag-library.ts";
import { readDagRows } from "./read-dag-row.ts";

export interface NextSlot {
  readonly logical_date: string;
  readonly logical_date_local: string;
  readonly interval_start: string;
  /** A note if a clock change affects its local time, or `null`. */
  readonly note: string | null;
}

export interface NextSlots {
  readonly dag_id: string;
  readonly schedule: string;
  readonly timezone: string;
  readonly enabled: boolean;
  readonly paused: boolean;
  readonly slots: readonly NextSlot[];
  /** The upstream Dags: their successes create its runs. */
  readonly follows: readonly (NextSlots | { readonly dag_id: string; readonly fault: string })[];
}

/** `from`: a date in the Dag's zone, or an instant; now without it. Raises `DAG_UNKNOWN`, `DAG_INVALID`, `USAGE`. */
export async function findNextSlots(
  library: DagLibrary,
  dagId: string,
  { from, count }: { readonly from: string | undefined; readonly count: number },
): Promise<{ readonly next: NextSlots; readonly fault: string | null }> {
  const folder = await library.loadDags();
  const dag = library.pickDag(folder, dagId);
  const start = from === undefined ? library.clock.now() : readStart(from, dag.definition.timezone);
  const { rows, fault } = await readDagRows(library);
  const isPaused = (id: string): boolean => rows.get(id)?.isPaused ?? false;
  return { fault, next: findNext(dag, folder, { from: start, count, isPaused }) };
}

function readStart(text: string, timezone: string): Date {
  const given = readGivenDate(text, timezone, "--from");
  return given.kind === "day" ? given.range.from : given.instant;
}

/** This ends: a Dag that follows itself, also through other Dags, counts as broken. */
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
      const timetables = findTimetables(definition);
      const slots = timetables?.bounded.between(range.from, LAST_SLOT, range.count) ?? [];
      return {
        ...facts,
        follows: [],
        slots: slots.map((slot) => ({
          logical_date: slot.toISOString(),
          logical_date_local: formatLocal(slot, timezone),
          interval_start: (timetables?.unbounded.previous(slot) ?? slot).toISOString(),
          note: describeOdd(findOddSlot(schedule.expression, timezone, slot)),
        })),
      };
    }
  }
}

function describeOdd(odd: OddSlot | undefined): string | null {
  if (odd === undefined) return null;
  return odd.kind === "moved"
    ? `moved: the clock skips ${odd.from}`
    : `the ${odd.showing} of two: the clock is put back`;
}
