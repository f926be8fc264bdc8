/** The scheduled Dags in memory, with the time when each is next due. make-due-runs.ts creates their runs. */
import type { SourceFolder } from "../../model/ports/dag-source.ts";
import { findTimetables } from "../../model/dag/dag-timetable.ts";
import { LAST_INSTANT } from "../../model/time/instant.ts";
import type { Timetable } from "../../model/time/timetable.ts";
import type { DagVersion } from "../../state/runs/dag-runs.ts";
import type { DagRow } from "../../state/runs/dags.ts";

export interface WatchedDag {
  readonly version: DagVersion;
  readonly row: DagRow;
  /** Slots and successes up to here were missed: no scheduler was running, or the Dag was paused, broken or gone. */
  readonly watchedSince: Date;
  /** For a cron schedule. */
  readonly timetable: Timetable | null;
  /** The first slot after the cursor. */
  readonly nextDueAt: Date | null;
}

export interface DagWatch {
  /** The folder was read again. */
  setFolder(folder: SourceFolder): void;
  /** The rows as committed. A Dag that is new here is watched from `now` on. */
  setRows(rows: ReadonlyMap<string, DagRow>, now: Date): void;
  /** Counts every slot up to now as missed. */
  restart(now: Date): void;
  /** The clock was set back: no Dag is watched since a time after `now`. */
  setBack(now: Date): void;
  readonly dags: readonly WatchedDag[];
  /** As last set. */
  readonly folder: SourceFolder;
  /** Rows were written and not read since, for example because the read failed. */
  readonly isStale: boolean;
  markStale(): void;
  /** The earliest `nextDueAt`. */
  readonly nextDueAt: Date | null;
}

/** The row's cursor; `now` if it has none or an invalid one. */
export function readCursor({ cursor }: DagRow, now: Date): Date {
  const instant = new Date(cursor ?? Number.NaN);
  return Number.isNaN(instant.getTime()) || instant > LAST_INSTANT ? now : instant;
}

export function createDagWatch(): DagWatch {
  let folder: SourceFolder = { dags: new Map(), broken: new Map() };
  let watched = new Map<string, WatchedDag>();
  let isStale = false;

  function watch(dagId: string, row: DagRow, now: Date): WatchedDag | undefined {
    const dag = folder.dags.get(dagId);
    if (dag === undefined || !dag.enabled || row.isPaused || row.schedule === null) return undefined;
    const { definition, fingerprint } = dag;
    const timetable = findTimetables(definition)?.bounded ?? null;
    const cursor = readCursor(row, now);
    const known = watched.get(dagId);
    const isSame = known?.row.cursor === row.cursor && known.version.fingerprint === fingerprint;
    return {
      version: { definition, fingerprint },
      row,
      watchedSince: known?.watchedSince ?? now,
      timetable,
      nextDueAt: isSame ? known.nextDueAt : (timetable?.next(cursor) ?? null),
    };
  }

  return {
    setFolder(next) {
      folder = next;
    },
    setRows(rows, now) {
      watched = new Map(
        [...rows].flatMap(([dagId, row]) => {
          const dag = watch(dagId, row, now);
          return dag === undefined ? [] : [[dagId, dag] as const];
        }),
      );
      isStale = false;
    },
    restart(now) {
      watched = new Map([...watched].map(([dagId, dag]) => [dagId, { ...dag, watchedSince: now }]));
    },
    setBack(now) {
      const cap = (since: Date): Date => (since > now ? now : since);
      watched = new Map(
        [...watched].map(([dagId, dag]) => [dagId, { ...dag, watchedSince: cap(dag.watchedSince) }]),
      );
    },
    get dags() {
      return [...watched.values()];
    },
    get folder() {
      return folder;
    },
    get isStale() {
      return isStale;
    },
    markStale() {
      isStale = true;
    },
    get nextDueAt() {
      let next: Date | null = null;
      for (const { nextDueAt } of watched.values()) {
        if (nextDueAt !== null && (next === null || nextDueAt < next)) next = nextDueAt;
      }
      return next;
    },
  };
}
