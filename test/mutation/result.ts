/** The outcome of one change of the code, whichever tool made it; and the score of many. */

export const VERDICTS = ["noticed", "timed out", "survived", "not covered"] as const;
export type Verdict = (typeof VERDICTS)[number];

export interface MutantResult {
  readonly file: string;
  readonly line: number;
  readonly change: string;
  readonly verdict: Verdict;
}

export interface Score {
  readonly total: number;
  readonly noticed: number;
  /** Of 100. */
  readonly percent: number;
  /** Within which the score of all mutants lies in 95 of 100 samples (Wilson's interval). */
  readonly interval: readonly [number, number];
}

export function computeScore(results: readonly Pick<MutantResult, "verdict">[]): Score {
  const total = results.length;
  const noticed = results.filter(({ verdict }) => verdict === "noticed" || verdict === "timed out").length;
  if (total === 0) return { total, noticed, percent: 0, interval: [0, 100] };
  const share = noticed / total;
  const z = 1.96;
  const divisor = 1 + z ** 2 / total;
  const middle = (share + z ** 2 / (2 * total)) / divisor;
  const half = (z / divisor) * Math.sqrt((share * (1 - share)) / total + z ** 2 / (4 * total ** 2));
  return { total, noticed, percent: share * 100, interval: [(middle - half) * 100, (middle + half) * 100] };
}

export function describeMutant({ file, line, change }: Omit<MutantResult, "verdict">): string {
  return `${file}:${line} ${change}`;
}

export function describeScore(room: string, score: Score): string {
  const [from, to] = score.interval.map((percent) => percent.toFixed(0));
  return `${room}: ${score.noticed} of ${score.total} noticed, ${score.percent.toFixed(1)} % (95 % interval: ${from} to ${to})`;
}

const SHOWN_CHARACTERS = 100;

/** On one line. */
export function shorten(code: string): string {
  const line = code.replaceAll(/\s+/g, " ").trim();
  return line.length > SHOWN_CHARACTERS ? `${line.slice(0, SHOWN_CHARACTERS)}…` : line;
}
