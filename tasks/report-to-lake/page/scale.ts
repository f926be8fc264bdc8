/** Axes: from numbers to places, with round numbers as ticks. */

export interface Scale {
  readonly from: number;
  readonly to: number;
  readonly ticks: readonly number[];
  /** Between 0 and 1. */
  place(value: number): number;
}

/** From and to round numbers around all values; `most` is about how many steps. */
export function makeScale(values: readonly number[], most: number, hasZero: boolean): Scale {
  const lowest = Math.min(...values, ...(hasZero ? [0] : []));
  const highest = Math.max(...values, ...(hasZero ? [0] : []));
  const span = highest - lowest || Math.abs(highest) || 1;
  const step = chooseStep(span / most);
  const from = Math.floor(lowest / step) * step;
  const to = Math.max(Math.ceil(highest / step) * step, from + step);
  const count = Math.round((to - from) / step);
  const ticks = Array.from({ length: count + 1 }, (_, index) =>
    Number((from + index * step).toPrecision(12)),
  );
  return { from, to, ticks, place: (value) => (value - from) / (to - from) };
}

/** 1, 2, 2.5 or 5 times a power of ten, and no less than asked for. */
function chooseStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return ([1, 2, 2.5, 5].find((factor) => factor * power >= least * 0.999) ?? 10) * power;
}
