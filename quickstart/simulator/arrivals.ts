/** When requests arrived and what for. It measures, and decides nothing. */

export interface Arrivals {
  /** `imdbId` and `path` say what the request was about. */
  record(imdbId: string | undefined, path: string): void;
  readonly total: number;
  countOf(imdbId: string): number;
  countOfPath(path: string): number;
  /** The most requests in any second `[t, t + 1000 ms)`. */
  maxPerSlidingSecond(): number;
  /** From the first request to the last. */
  spanMs(): number;
  forget(): void;
}

/** `monotonicMs` gives milliseconds since any origin. */
export function createArrivals(monotonicMs: () => number): Arrivals {
  let times: number[] = [];
  const byId = new Map<string, number>();
  const byPath = new Map<string, number>();
  return {
    record(imdbId, path) {
      times.push(monotonicMs());
      byPath.set(path, (byPath.get(path) ?? 0) + 1);
      if (imdbId !== undefined) byId.set(imdbId, (byId.get(imdbId) ?? 0) + 1);
    },
    get total() {
      return times.length;
    },
    countOf: (imdbId) => byId.get(imdbId) ?? 0,
    countOfPath: (path) => byPath.get(path) ?? 0,
    maxPerSlidingSecond: () => findMostInASecond(times),
    spanMs: () => (times.at(-1) ?? 0) - (times[0] ?? 0),
    forget() {
      times = [];
      byId.clear();
      byPath.clear();
    },
  };
}

/** `times` in ascending order, in milliseconds. */
export function findMostInASecond(times: readonly number[]): number {
  let oldest = 0;
  let most = 0;
  for (const [index, time] of times.entries()) {
    while (time - (times[oldest] ?? time) >= 1000) oldest += 1;
    most = Math.max(most, index - oldest + 1);
  }
  return most;
}
