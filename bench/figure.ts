/** Measured figures: when one reaches its target, and the Markdown table that shows them. */

export interface Figure {
  readonly name: string;
  readonly measured: string;
  readonly target: string;
  /** Measured over target; `null` without a target, or with one of 0. */
  readonly ratio: number | null;
  /** `info`: shown without a target. `skipped`: what it needs is not on this machine; `measured` says what. */
  readonly verdict: "reached" | "missed" | "info" | "skipped";
}

interface Measured {
  readonly value: number;
  /** How value and target are written, such as `(s) => s.toFixed(2)`. */
  readonly write: (value: number) => string;
  /** Added to the measured value. */
  readonly note?: string;
}

/** Reached when the value is `most` or less. A value that could not be measured (`NaN`) has not reached anything. */
export function judgeAtMost(name: string, most: number, measured: Measured): Figure {
  return judge(name, measured, most, "≤", measured.value <= most);
}

/** Reached when the value is `least` or more. */
export function judgeAtLeast(name: string, least: number, measured: Measured): Figure {
  return judge(name, measured, least, "≥", measured.value >= least);
}

function judge(name: string, measured: Measured, target: number, sign: string, isReached: boolean): Figure {
  const { value, write, note } = measured;
  const ratio = value / target;
  return {
    name,
    measured: note === undefined ? write(value) : `${write(value)} (${note})`,
    target: `${sign} ${write(target)}`,
    ratio: Number.isFinite(ratio) ? Number(ratio.toPrecision(3)) : null,
    verdict: isReached ? "reached" : "missed",
  };
}

export function inform(name: string, measured: string): Figure {
  return { name, measured, target: "", ratio: null, verdict: "info" };
}

export function skip(name: string, why: string): Figure {
  return { name, measured: why, target: "", ratio: null, verdict: "skipped" };
}

const HEAD = ["figure", "measured", "target", "measured / target", "verdict"] as const;

export function writeTable(figures: readonly Figure[]): string {
  const rows = figures.map(({ name, measured, target, ratio, verdict }) =>
    [name, measured, target, ratio === null ? "" : ratio.toFixed(2), verdict].map(escapeCell),
  );
  const widths = HEAD.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const draw = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`;
  return [draw(HEAD), rule, ...rows.map(draw)].join("\n");
}

function escapeCell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll(/\s+/g, " ");
}

/** Of an even number of values the mean of the middle two; `NaN` of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** The least value that at least this `share` of the values do not exceed; `NaN` of none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}
