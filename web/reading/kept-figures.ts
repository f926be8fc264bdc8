/** Keeps figures that take long to compute, as long as the database is the same: many tabs read a page at every change. */

/** Names come from addresses: more than these are not kept. */
const MOST_KEPT = 100;

export interface KeptFigures {
  /** What `work` returned for that version of the database, which is computed now if it is not kept. */
  get<T>(version: number, name: string, work: () => T): T;
  /** The versions of another connection count from the start. */
  forget(): void;
}

export function createKeptFigures(): KeptFigures {
  const kept = new Map<string, unknown>();
  let known: number | undefined;
  return {
    get<T>(version: number, name: string, work: () => T): T {
      if (version !== known) kept.clear();
      known = version;
      if (kept.has(name)) return kept.get(name) as T;
      const made = work();
      if (kept.size < MOST_KEPT) kept.set(name, made);
      return made;
    },
    forget() {
      kept.clear();
      known = undefined;
    },
  };
}
