/** The Dags that have a schedule now, in memory: when each comes due next. What they lead to is decided elsewhere. */
import type { DagDefinition } from "../model/dag.ts";
import type { SourceFolder } from "../model/dag-source.ts";
import { createTimetable, type Timetable } from "../model/timetable.ts";
import type { DagVersion } from "../state/dag-runs.ts";
import type { DagRow } from "../state/dags.ts";

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
  readonly dags: readonly WatchedDag[];
  find(dagId: string): DagVersion | undefined;
  /** The earliest `nextDueAt`. */
  readonly nextDueAt: Date | null;
}

export function createDagWatch(): DagWatch {
  let folder: SourceFolder = { dags: new Map(), broken: new Map() };
  let watched = new Map<string, WatchedDag>();
  const timetables = new Map<string, Timetable>();

  function watch(dagId: string, row: DagRow, now: Date): WatchedDag | undefined {
    const dag = folder.dags.get(dagId);
    if (dag === undefined || !dag.enabled || row.isPaused || row.schedule === null) return undefined;
    const { definition, fingerprint } = dag;
    const timetable = findTimetable(definition, fingerprint);
    const cursor = row.cursor === null ? now : new Date(row.cursor);
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

  function findTimetable(definition: DagDefinition, fingerprint: string): Timetable | null {
    if (definition.schedule.kind !== "cron") return null;
    const known = timetables.get(fingerprint);
    if (known !== undefined) return known;
    const toDate = (text: string | null): Date | null => (text === null ? null : new Date(text));
    const made = createTimetable(definition.schedule.expression, definition.timezone, {
      startAt: toDate(definition.startAt),
      endAt: toDate(definition.endAt),
    });
    timetables.set(fingerprint, made);
    return made;
  }

  return {
    setFolder(next) {
      folder = next;
      const fingerprints = new Set([...next.dags.values()].map((dag) => dag.fingerprint));
      for (const known of timetables.keys()) if (!fingerprints.has(known)) timetables.delete(known);
    },
    setRows(rows, now) {
      watched = new Map(
        [...rows].flatMap(([dagId, row]) => {
          const dag = watch(dagId, row, now);
          return dag === undefined ? [] : [[dagId, dag] as const];
        }),
      );
    },
    restart(now) {
      watched = new Map([...watched].map(([dagId, dag]) => [dagId, { ...dag, watchedSince: now }]));
    },
    get dags() {
      return [...watched.values()];
    },
    find(dagId) {
      return folder.dags.get(dagId);
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
