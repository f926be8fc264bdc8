/** In which order the planned ids are asked. Which ids are planned is the ask policy's decision. */
import type { PlannedId } from "../../model/records/ask-policy.ts";

export interface IdQueue {
  /** The next in the plan's order; `undefined` when none is left. */
  takeNext(): PlannedId | undefined;
  /**
   * One from elsewhere in what is left, and none that failed before while there are others: neighbours may be bad together,
   * and then a few of them are no sample of the whole.
   */
  takeSample(): PlannedId | undefined;
}

export function createIdQueue(planned: readonly PlannedId[]): IdQueue {
  const left = planned.toReversed();
  const spread = createSpread();
  /** Those that failed before stand last in the plan, and so first here. */
  const failedCount = planned.filter((id) => id.hasFailed).length;
  return {
    takeNext: () => left.pop(),
    takeSample() {
      const from = left.length > failedCount ? failedCount : 0;
      const [taken] = left.splice(from + spread(left.length - from), 1);
      return taken;
    },
  };
}

/** Positions below `length` that lie far from each other, call after call (multiples of the golden ratio, modulo 1). */
export function createSpread(): (length: number) => number {
  const GOLDEN_RATIO = (Math.sqrt(5) - 1) / 2;
  let calls = 0;
  return (length) => {
    calls += 1;
    return Math.floor(((calls * GOLDEN_RATIO) % 1) * length);
  };
}
