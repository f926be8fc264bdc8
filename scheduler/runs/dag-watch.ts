/** The Dags that have a schedule now, in memory: when each comes due next. What they lead to is decided elsewhere. */
import type { SourceFolder } from "../../model/ports/dag-source.ts";
import { findTimetables } from "../../model/dag/dag-timetable.ts";
import { LAST_INSTANT } from "../../model/time/instant.ts";
import type { Timetable } from "../../model/time/timetable.ts";
import type { DagVersion } from "../../state/runs/dag-runs.ts";
import type { DagRow } from "../../state/runs/dags.ts";

export interface WatchedDag {
  readonly version: DagVersion;
  readonly row: DagRow;
  /** Slots and successes up to here were missed: nobody was there, or it was paused, broken or gone. */
  readonly watchedSince: Date;
  /** For a cron schedule. */
  readonly timetable: Timetable | null;
  /** The first slot after the cursor. */
  readonly nextDueAt: Date | null;
}

export interface DagWatch {
  /** The folder was read anew. */
  setFolder(folder: SourceFolder): void;
  /** The rows as they are committed now. A Dag that was not watched before is watched from `now` on. */
  setRows(rows: ReadonlyMap<string, DagRow>, now: Date): void;
  /** Nobody had been watching until now. */
  restart(now: Date): void;
  /** What is not yet cannot have been missed. */
  setBack(now: Date): void;
  readonly dags: readonly WatchedDag[];
  /** As it was taken in last. */
  readonly folder: SourceFolder;
  /** Rows were written, and have not been read since: reading them may fail as a disk may. */
  readonly isStale: boolean;
  markStale(): void;
  /** The earliest `nextDueAt`. */
  readonly nextDueAt: Date | null;
}

/** Where the row has none, or one that is no instant that there may be, the Dag counts from now. */
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
