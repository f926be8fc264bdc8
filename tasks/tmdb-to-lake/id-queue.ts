/** The order in which the planned ids are asked. The ask policy decides which ids are planned. */
import type { PlannedId } from "../../model/records/ask-policy.ts";
import type { IdPlan } from "../../model/ports/batch-store.ts";

export interface IdQueue {
  /** The next in the plan's order; `undefined` if none is left. */
  takeNext(): Promise<PlannedId | undefined>;
  /**
   * An id from another part of the rest, and one that has not failed before if there is one: neighbours may be bad
   * together, and then a few of them do not represent the whole.
   */
  takeSample(): Promise<PlannedId | undefined>;
}

export function createIdQueue(plan: IdPlan): IdQueue {
  const { size, failedCount } = plan;
  /** The positions in the plan from `start` on are left; a position that was sampled is filled by those before it. */
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
      // Ids that failed before are at the end.
      const fresh = size - failedCount - start;
      return take(start + spread(fresh > 0 ? fresh : size - start));
    },
  };
}

/** Positions below `length` that are far from each other, call after call (multiples of the golden ratio, modulo 1). */
export function createSpread(): (length: number) => number {
  const GOLDEN_RATIO = (Math.sqrt(5) - 1) / 2;
  let calls = 0;
  return (length) => {
    calls += 1;
    return Math.floor(((calls * GOLDEN_RATIO) % 1) * length);
  };
}
