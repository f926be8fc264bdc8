/** The order in which planned ids are taken, one by one or as samples. */
import { expect, test } from "vitest";
import { createIdQueue } from "../../tasks/tmdb-to-lake/id-queue.ts";
import { makePlan } from "../support/candidates.ts";

const FRESH = Array.from({ length: 100 }, (_, index) => `fresh ${index}`);
const FAILED = Array.from({ length: 5 }, (_, index) => `failed ${index}`);
const PLAN = makePlan([...FRESH, ...FAILED], FAILED.length);

test("ids are taken in the plan's order, and samples lie far apart and have never failed", async () => {
  const queue = createIdQueue(PLAN);
  expect((await queue.takeNext())?.askedId).toBe("fresh 0");
  const taken = await Promise.all(Array.from({ length: 8 }, () => queue.takeSample()));
  const samples = taken.map((id) => Number(id?.askedId.slice(6))).toSorted((a, b) => a - b);
  samples.slice(1).forEach((sample, index) => expect(sample - (samples[index] ?? 0)).toBeGreaterThan(5));
  expect((await queue.takeNext())?.askedId).toBe("fresh 1");
});

test("each id is taken once, in whichever way, and those that failed come last", async () => {
  const queue = createIdQueue(PLAN);
  const taken: (string | undefined)[] = [];
  for (let turn = 0; turn < 105; turn += 1) {
    taken.push((await (turn % 3 === 0 ? queue.takeSample() : queue.takeNext()))?.askedId);
  }
  expect([await queue.takeNext(), await queue.takeSample()]).toEqual([undefined, undefined]);
  expect(new Set(taken).size).toBe(105);
  expect(taken.slice(100).every((id) => id?.startsWith("failed"))).toBe(true);
});
