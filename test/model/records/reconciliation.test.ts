/** When the sum of an ask holds, and how it is printed. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import {
  findImbalance,
  formatReconciliation,
  joinVerdicts,
  judgeSum,
  type Reconciliation,
} from "../../../model/records/reconciliation.ts";

const counts = fc.record({
  stored: fc.nat(1000),
  alreadyStored: fc.nat(1000),
  notFound: fc.nat(1000),
  failed: fc.nat(1000),
  remaining: fc.nat(1000),
  freshFailed: fc.nat(1000),
});

function balance(parts: Omit<Reconciliation, "asked">, difference = 0): Reconciliation {
  const { stored, alreadyStored, notFound, failed, remaining } = parts;
  return { ...parts, asked: stored + alreadyStored + notFound + failed + remaining + difference };
}

test("a sum that holds is valid under a limit, for any parts", () => {
  fc.assert(
    fc.property(counts, (parts) => {
      expect(findImbalance(balance(parts), true)).toBeUndefined();
    }),
  );
});

test("a wrong sum is reported with all of its figures", () => {
  fc.assert(
    fc.property(
      counts,
      fc.integer({ min: -50, max: 50 }).filter(Boolean),
      fc.boolean(),
      (parts, off, hasLimit) => {
        const sum = balance(parts, off);
        expect(findImbalance(sum, hasLimit)).toBe(`${formatReconciliation(sum)}: the sum does not hold`);
      },
    ),
  );
});

test("without a limit no id may remain, though the sum holds", () => {
  fc.assert(
    fc.property(counts, (parts) => {
      expect(findImbalance(balance(parts), false) === undefined).toBe(parts.remaining === 0);
    }),
  );
});

test("fresh failures are part of the failed, not a part of the sum", () => {
  const sum = { asked: 5, stored: 1, alreadyStored: 1, notFound: 1, failed: 2, remaining: 0, freshFailed: 2 };
  expect(findImbalance(sum, false)).toBeUndefined();
});

test("the text is that of the manifest and the summary", () => {
  expect(
    formatReconciliation({
      asked: 21,
      stored: 1,
      alreadyStored: 2,
      notFound: 3,
      failed: 5,
      remaining: 10,
      freshFailed: 4,
    }),
  ).toBe("asked 21 = stored 1 + already_stored 2 + not_found 3 + failed 5 + remaining 10");
});

test("a sum is broken, open, incomplete or holds; of several the worst counts", () => {
  const parts = { stored: 1, alreadyStored: 2, notFound: 3, failed: 4, freshFailed: 0 };
  const [whole, incomplete] = [balance({ ...parts, remaining: 0 }), balance({ ...parts, remaining: 5 })];
  const judge = (sum: Reconciliation) =>
    [true, false].flatMap((isOpen) => [true, false].map((hasLimit) => judgeSum({ sum, isOpen, hasLimit })));
  expect(judge(whole)).toEqual(["open", "open", "holds", "holds"]);
  expect(judge(incomplete)).toEqual(["open", "open", "holds", "remains"]);
  expect(judge({ ...whole, asked: 11 })).toEqual(["broken", "broken", "broken", "broken"]);
  expect(joinVerdicts(["holds", "broken", "remains"])).toBe("broken");
  expect(joinVerdicts(["open", "holds"])).toBe("open");
  expect(joinVerdicts([])).toBe("holds");
});
