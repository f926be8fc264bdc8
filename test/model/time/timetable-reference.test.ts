/** Compares the timetable with a reference that checks every minute around clock changes. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createTimetable } from "../../../model/time/timetable.ts";
import { findSlotsSlowly, readStretch } from "../../support/wall-clock-reference.ts";

const unbounded = { startAt: null, endAt: null };
const DAY_MS = 86_400_000;

const DAYS: Readonly<Record<string, readonly string[]>> = {
  "America/New_York": ["2026-03-08", "2026-11-01"],
  // In 1992 and 1996 daylight saving changed while the zone moved the other way: two changes without a visible step.
  "Europe/Lisbon": ["2026-03-29", "2026-10-25", "1992-09-27", "1996-03-31"],
  // Midnight gaps until 2018; the last summer ended in February 2019, and the next one never began.
  "America/Sao_Paulo": ["2017-10-15", "2018-02-18", "2018-11-04", "2019-02-17", "2019-11-03"],
  // Half an hour; in 1981 the zone itself moved by half an hour.
  "Australia/Lord_Howe": ["2026-04-05", "2026-10-04", "1981-03-01", "1985-10-27"],
  UTC: ["2026-03-08", "2028-02-29", "2026-12-31"],
  "Pacific/Apia": ["2011-12-30"],
  "Antarctica/Troll": ["2026-03-29", "2026-10-25"],
  "Asia/Pyongyang": ["2015-08-15", "2018-05-05"],
};
const CASES = Object.entries(DAYS).flatMap(([zone, days]) => days.map((day) => [zone, day] as const));

const EXPRESSIONS = [
  "* * * * *",
  "*/20 * * * *",
  "30 * * * *",
  "0 */1 * * *",
  "15 */2 * * *",
  "0 0 * * *",
  "30 0 * * *",
  "59 23 * * *",
  "30 1 * * *",
  "0 2 * * *",
  "30 2 * * *",
  "*/10 1,2 * * *",
  "0,30 0-3 * * *",
  "5 0-23/3 * * *",
  "15 1-3/2 * * *",
  "0 6 L * *",
  "0 2 * * 0",
  "0 2 * * 7",
  "30 2 1,15 * 0",
  "30 1 * * 0L",
  "30 2 * * 0#1",
  "0 0 */2 * 1-5",
  "0 0 31 12 *",
  "0 0 29 2 *",
];

function findSlots(expression: string, zone: string, from: Date, to: Date): readonly string[] {
  return createTimetable(expression, zone, unbounded)
    .between(from, to, 10_000)
    .map((slot) => slot.toISOString());
}

/** Without the first day, which the reference omits. */
function rangeOf(zone: string, day: string): readonly [Date, Date] {
  const { fromMs, toMs } = readStretch(zone, day);
  return [new Date(fromMs + DAY_MS), new Date(toMs)];
}

test.each(CASES)("%s around %s has the slots that a check of every minute finds", (zone, day) => {
  for (const expression of EXPRESSIONS) {
    const expected = findSlotsSlowly(expression, readStretch(zone, day));
    expect(findSlots(expression, zone, ...rangeOf(zone, day)), expression).toEqual(expected);
  }
});

test("the reference itself sees gaps and second showings", () => {
  const countOf = (expression: string, zone: string, day: string): number =>
    findSlotsSlowly(expression, readStretch(zone, day)).length;
  // From a day before to three days after: 4 days and the minute at their end.
  expect(countOf("* * * * *", "UTC", "2026-03-08")).toBe(4 * 1440 + 1);
  expect(countOf("30 1 * * *", "America/New_York", "2026-11-01")).toBe(4);
  expect(countOf("30 * * * *", "America/New_York", "2026-11-01")).toBe(96);
  expect(countOf("*/30 2 * * *", "America/New_York", "2026-03-08")).toBe(4 * 2 - 1);
});

describe("for any expression", () => {
  const number = (least: number, most: number) => fc.integer({ min: least, max: most }).map(String);
  const field = (least: number, most: number) =>
    fc.oneof(
      fc.constant("*"),
      fc.integer({ min: 1, max: Math.min(most, 12) }).map((step) => `*/${step}`),
      number(least, most),
      fc.uniqueArray(fc.integer({ min: least, max: most }), { minLength: 2, maxLength: 4 }).map(String),
      fc
        .tuple(
          fc.integer({ min: least, max: most }),
          fc.integer({ min: least, max: most }),
          fc.constantFrom("", "/2", "/3"),
        )
        .map(([a, b, step]) => `${Math.min(a, b)}-${Math.max(a, b)}${step}`),
    );
  const expressions = fc
    .tuple(
      field(0, 59),
      field(0, 23),
      fc.oneof(fc.constant("*"), field(1, 31), fc.constant("L")),
      fc.oneof({ weight: 3, arbitrary: fc.constant("*") }, field(1, 12)),
      fc.oneof(fc.constant("*"), field(0, 7), fc.constantFrom("0L", "5L", "0#1", "7#4", "3#2")),
    )
    .map((fields) => fields.join(" "));

  test("forwards and backwards, the timetable and the reference agree", () => {
    fc.assert(
      fc.property(expressions, fc.constantFrom(...CASES), (expression, [zone, day]) => {
        const expected = findSlotsSlowly(expression, readStretch(zone, day));
        const [from, to] = rangeOf(zone, day);
        expect(findSlots(expression, zone, from, to)).toEqual(expected);
        const timetable = createTimetable(expression, zone, unbounded);
        const back: string[] = [];
        for (
          let slot = timetable.previous(new Date(to.getTime() + 1));
          slot !== undefined && slot >= from;
          slot = timetable.previous(slot)
        ) {
          back.unshift(slot.toISOString());
        }
        expect(back).toEqual(expected);
      }),
      { numRuns: 150 },
    );
  });
});

describe("far away", () => {
  test.each([
    ["29 February on a Sunday", "0 0 29 2 */7", "2026-01-01", "2032-02-29T00:00:00.000Z"],
    ["the next one, 28 years on", "0 0 29 2 */7", "2032-03-01", "2060-02-29T00:00:00.000Z"],
    ["a leap day over a century without one", "0 0 29 2 *", "2096-03-01", "2104-02-29T00:00:00.000Z"],
    ["a start of centuries ahead", "0 0 1 1 *", "2500-01-02", "2501-01-01T00:00:00.000Z"],
  ])("%s: %s after %s", (_sentence, expression, after, expected) => {
    expect(createTimetable(expression, "UTC", unbounded).next(new Date(after))?.toISOString()).toBe(expected);
  });

  test("a slot a thousand years ahead is found as fast as tomorrow's, seconds included", () => {
    const far = new Date("2998-05-01T00:00:00.000Z");
    const [each, bounded] = [
      createTimetable("* * * * * *", "America/New_York", unbounded),
      createTimetable("* * * * * *", "America/New_York", { startAt: far, endAt: null }),
    ];
    const began = process.hrtime.bigint();
    expect(each.next(far)?.toISOString()).toBe("2998-05-01T00:00:01.000Z");
    expect(each.previous(far)?.toISOString()).toBe("2998-04-30T23:59:59.000Z");
    expect(bounded.next(new Date("2026-01-01"))).toEqual(far);
    expect(bounded.between(new Date("2026-01-01"), far, 5)).toEqual([far]);
    expect(each.between(new Date("2026-01-01"), far, 3)).toHaveLength(3);
    // A walk over the 30,000 million seconds between would take hours.
    expect(Number(process.hrtime.bigint() - began) / 1e6).toBeLessThan(500);
  });
});
