/** In which order the planned ids are asked. Which ids are planned is the ask policy's decision. */
import type { PlannedId } from "../../model/records/ask-policy.ts";
import type { IdPlan } from "../../model/ports/batch-store.ts";

export interface IdQueue {
  /** The next in the plan's order; `undefined` when none is left. */
  takeNext(): Promise<PlannedId | undefined>;
  /**
   * One from elsewhere in what is left, and none that failed before while there are others: neighbours may be bad together,
   * and then a few of them are no sample of the whole.
   */
  takeSample(): Promise<PlannedId | undefined>;
}

export function createIdQueue(plan: IdPlan): IdQueue {
  const { size, failedCount } = plan;
  /** The places in the plan from `start` on are left; a sample's place is closed by those before it. */
  const left = Uint32Array.from({ length: size }, (_, index) => index);
  const spread = createSpread();
  let start = 0;

  async function take(at: number): Promise<PlannedId | undefined> {
    if (start === size) return undefined;
    const index = left[at] ?? 0;
    left.copyWithin(start + 1, start, at);
    start += 1;
    return plan.at(index);
  }

  return {
    takeNext: () => take(start),
    takeSample() {
      // Those that failed before stand last.
      const fresh = size - failedCount - start;
      return take(start + spread(fresh > 0 ? fresh : size - start));
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
