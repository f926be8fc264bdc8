import { expect, test } from "vitest";
import { createIdQueue } from "../../tasks/tmdb-to-lake/id-queue.ts";

const FRESH = Array.from({ length: 100 }, (_, index) => ({ askedId: `fresh ${index}`, generation: "0" }));
const FAILED = Array.from({ length: 5 }, (_, index) => ({
  askedId: `failed ${index}`,
  generation: "0",
  hasFailed: true,
}));

test("ids are taken in the plan's order, and samples lie far apart and have never failed", () => {
  const queue = createIdQueue([...FRESH, ...FAILED]);
  expect(queue.takeNext()?.askedId).toBe("fresh 0");
  const samples = Array.from({ length: 8 }, () => Number(queue.takeSample()?.askedId.slice(6))).toSorted(
    (a, b) => a - b,
  );
  samples.slice(1).forEach((sample, index) => expect(sample - (samples[index] ?? 0)).toBeGreaterThan(5));
  expect(queue.takeNext()?.askedId).toBe("fresh 1");
});

test("each id is taken once, in whichever way, and those that failed come last", () => {
  const queue = createIdQueue([...FRESH, ...FAILED]);
  const taken: (string | undefined)[] = [];
  for (let turn = 0; turn < 105; turn += 1) {
    taken.push((turn % 3 === 0 ? queue.takeSample() : queue.takeNext())?.askedId);
  }
  expect([queue.takeNext(), queue.takeSample()]).toEqual([undefined, undefined]);
  expect(new Set(taken).size).toBe(105);
  expect(taken.slice(100).every((id) => id?.startsWith("failed"))).toBe(true);
});
