/** The timetables of a Dag with a cron line, created once per definition because parsing the line is slow. */
import type { DagDefinition } from "./dag.ts";
import { createTimetable, type Timetable } from "../time/timetable.ts";

interface Timetables {
  /** From `start` to `end`. */
  readonly bounded: Timetable;
  /** Without bounds: an interval may begin at the slot before the first one. */
  readonly unbounded: Timetable;
}

const KNOWN = new WeakMap<DagDefinition, Timetables>();

/** `null` for a Dag that is manual or follows others. */
export function findTimetables(dag: DagDefinition): Timetables | null {
  if (dag.schedule.kind !== "cron") return null;
  const known = KNOWN.get(dag);
  if (known !== undefined) return known;
  const { expression } = dag.schedule;
  const made = {
    bounded: createTimetable(expression, dag.timezone, {
      startAt: dag.startAt === null ? null : new Date(dag.startAt),
      endAt: dag.endAt === null ? null : new Date(dag.endAt),
    }),
    unbounded: createTimetable(expression, dag.timezone, { startAt: null, endAt: null }),
  };
  KNOWN.set(dag, made);
  return made;
}
