/** Whether a request is still within the allowed number a second, counted over the second before it. */

export interface RateGate {
  /** The number of requests in this second, this one included; only those within the limit use it up. */
  enter(nowMs: number): { readonly isOpen: boolean; readonly count: number };
}

export function createRateGate(perSecond: number): RateGate {
  const passed: number[] = [];
  return {
    enter(nowMs) {
      while (passed.length > 0 && nowMs - (passed[0] ?? nowMs) >= 1000) passed.shift();
      const count = passed.length + 1;
      const isOpen = count <= perSecond;
      if (isOpen) passed.push(nowMs);
      return { isOpen, count };
    },
  };
}
