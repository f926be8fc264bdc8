/** The slots of cron expressions: daylight saving, the dialect, bounds, and properties for any expression. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatLocal, parseInstant } from "../../../model/time/local-time.ts";
import { createTimetable, validateCron } from "../../../model/time/timetable.ts";

const unbounded = { startAt: null, endAt: null };

function listLocal(expression: string, zone: string, from: string, count: number): readonly string[] {
  const start = parseInstant(from, zone) ?? new Date(Number.NaN);
  return createTimetable(expression, zone, unbounded)
    .between(start, new Date("2999-01-01"), count)
    .map((slot) => formatLocal(slot, zone).slice(5).replace(":00 ", " "));
}

describe("daylight saving", () => {
  test.each<[string, string, string, string, readonly string[]]>([
    [
      "a named hour in the gap runs once, at its end",
      "30 2 * * *",
      "America/New_York",
      "2026-03-07",
      ["03-07 02:30 -05:00", "03-08 03:00 -04:00", "03-09 02:30 -04:00"],
    ],
    [
      "several times in the gap run once together",
      "*/10 2 * * *",
      "America/New_York",
      "2026-03-08",
      ["03-08 03:00 -04:00", "03-09 02:00 -04:00"],
    ],
    [
      "an hourly time in the gap runs at its end too",
      "30 * * * *",
      "America/New_York",
      "2026-03-08T01:00",
      ["03-08 01:30 -05:00", "03-08 03:00 -04:00", "03-08 03:30 -04:00"],
    ],
    [
      "a time at the end of the gap is not doubled",
      "0 2,3 * * *",
      "America/New_York",
      "2026-03-08",
      ["03-08 03:00 -04:00", "03-09 02:00 -04:00", "03-09 03:00 -04:00"],
    ],
    [
      "a named hour that occurs twice runs the first time only",
      "30 1 * * *",
      "America/New_York",
      "2026-11-01",
      ["11-01 01:30 -04:00", "11-02 01:30 -05:00"],
    ],
    [
      "so do hours in a list or a range",
      "30 0-2 * * *",
      "America/New_York",
      "2026-11-01",
      ["11-01 00:30 -04:00", "11-01 01:30 -04:00", "11-01 02:30 -05:00", "11-02 00:30 -05:00"],
    ],
    [
      "so do minute steps of a named hour",
      "*/30 1 * * *",
      "America/New_York",
      "2026-11-01",
      ["11-01 01:00 -04:00", "11-01 01:30 -04:00", "11-02 01:00 -05:00"],
    ],
    [
      "every hour runs in both",
      "*/30 * * * *",
      "America/New_York",
      "2026-11-01T01:00",
      [
        "11-01 01:00 -04:00",
        "11-01 01:30 -04:00",
        "11-01 01:00 -05:00",
        "11-01 01:30 -05:00",
        "11-01 02:00 -05:00",
      ],
    ],
    [
      "a step of hours runs in both",
      "0 */1 * * *",
      "America/New_York",
      "2026-11-01T00:00",
      ["11-01 00:00 -04:00", "11-01 01:00 -04:00", "11-01 01:00 -05:00", "11-01 02:00 -05:00"],
    ],
    [
      "Lisbon springs at one o'clock",
      "30 1 * * *",
      "Europe/Lisbon",
      "2026-03-28",
      ["03-28 01:30 +00:00", "03-29 02:00 +01:00", "03-30 01:30 +01:00"],
    ],
    [
      "Lisbon falls back at two o'clock",
      "30 * * * *",
      "Europe/Lisbon",
      "2026-10-25T00:00",
      ["10-25 00:30 +01:00", "10-25 01:30 +01:00", "10-25 01:30 +00:00", "10-25 02:30 +00:00"],
    ],
    [
      "a day without midnight still has its daily run",
      "@daily",
      "America/Sao_Paulo",
      "2018-11-03",
      ["11-03 00:00 -03:00", "11-04 01:00 -02:00", "11-05 00:00 -02:00"],
    ],
    [
      "an hour before midnight that occurs twice",
      "30 23 * * *",
      "America/Sao_Paulo",
      "2018-02-17",
      ["02-17 23:30 -02:00", "02-18 23:30 -03:00"],
    ],
    [
      "the same with every hour",
      "30 */1 * * *",
      "America/Sao_Paulo",
      "2018-02-17T23:00",
      ["02-17 23:30 -02:00", "02-17 23:30 -03:00", "02-18 00:30 -03:00"],
    ],
    [
      "São Paulo has no daylight saving now",
      "0 6 * * *",
      "America/Sao_Paulo",
      "2026-11-22",
      ["11-22 06:00 -03:00", "11-23 06:00 -03:00"],
    ],
    [
      "half an hour's gap",
      "*/20 * * * *",
      "Australia/Lord_Howe",
      "2026-10-04T01:40",
      ["10-04 01:40 +10:30", "10-04 02:30 +11:00", "10-04 02:40 +11:00", "10-04 03:00 +11:00"],
    ],
    [
      "half an hour twice",
      "*/20 * * * *",
      "Australia/Lord_Howe",
      "2026-04-05T01:20",
      ["04-05 01:20 +11:00", "04-05 01:40 +11:00", "04-05 01:40 +10:30", "04-05 02:00 +10:30"],
    ],
    [
      "a day that a zone skipped",
      "0 6 * * *",
      "Pacific/Apia",
      "2011-12-29",
      ["12-29 06:00 -10:00", "12-31 00:00 +14:00", "12-31 06:00 +14:00"],
    ],
    [
      "UTC has no clock changes",
      "30 2 * * *",
      "UTC",
      "2026-03-07",
      ["03-07 02:30 +00:00", "03-08 02:30 +00:00", "03-09 02:30 +00:00"],
    ],
  ])("%s: %s in %s", (_sentence, expression, zone, from, slots) => {
    expect(listLocal(expression, zone, from, slots.length)).toEqual(slots);
  });
});

describe("the dialect", () => {
  test.each<[string, string, readonly string[]]>([
    [
      "day-of-month or day-of-week, when both are restricted",
      "0 0 13 * 5",
      ["01-02", "01-09", "01-13", "01-16"],
    ],
    [
      "a day-of-month that begins with a star restricts the other",
      "0 0 */2 * MON",
      ["01-05", "01-19", "02-09"],
    ],
    ["the last day of the month", "0 0 L * *", ["01-31", "02-28", "03-31"]],
    ["the last Friday", "0 0 * * 5L", ["01-30", "02-27", "03-27"]],
    ["the second Friday", "0 0 * * FRI#2", ["01-09", "02-13", "03-13"]],
    ["Sunday as 0", "0 0 * * 0", ["01-04", "01-11"]],
    ["Sunday as 7", "0 0 * * 7", ["01-04", "01-11"]],
    ["white space of any kind and length", "  0 \t0   *  * \t 5 ", ["01-02", "01-09"]],
    ["a range of one day", "0 0 * * 5-5", ["01-02", "01-09"]],
    ["a range from Sunday to Sunday, by name", "0 0 * * sun-SUN", ["01-04", "01-11"]],
    ["the same in a list", "0 0 * * sun-7,0-sun/2", ["01-04", "01-11"]],
    ["the same, the first of the month", "0 0 * * sun-sun#1", ["01-04", "02-01"]],
    ["a range that ends on Sunday", "0 0 * * sat-sun", ["01-03", "01-04", "01-10", "01-11"]],
    ["all days by number", "0 0 * * 0-7", ["01-01", "01-02", "01-03", "01-04", "01-05"]],
    ["a range of names", "0 0 1 jan-MAR *", ["01-01", "02-01", "03-01", "01-01"]],
    ["@weekly", "@weekly", ["01-04", "01-11"]],
    ["@monthly", "@MONTHLY", ["01-01", "02-01"]],
    ["@yearly", "@yearly", ["01-01", "01-01"]],
    ["leap days", "0 0 29 2 *", ["02-29", "02-29"]],
  ])("%s: %s", (_sentence, expression, days) => {
    expect(listLocal(expression, "UTC", "2026-01-01", days.length).map((slot) => slot.slice(0, 5))).toEqual(
      days,
    );
  });

  test("six fields begin with seconds", () => {
    const slots = createTimetable("*/20 5 * * * *", "UTC", unbounded).between(
      new Date("2026-01-01"),
      new Date("2026-01-02"),
      4,
    );
    expect(slots.map((slot) => slot.toISOString().slice(11, 19))).toEqual([
      "00:05:00",
      "00:05:20",
      "00:05:40",
      "01:05:00",
    ]);
  });

  test.each([
    ["", "five fields"],
    ["* * * *", "this one has 4"],
    [" *  *\t * *  ", "this one has 4"],
    ["0  * *", "this one has 3"],
    ["* * * * * * *", "this one has 7"],
    ["@reboot", "@daily"],
    ["61 * * * *", 'the minute field "61"'],
    ["* 24 * * *", 'the hour field "24"'],
    ["* * 0 * *", 'the day-of-month field "0"'],
    ["* * * 13 *", 'the month field "13"'],
    ["* * * FOO *", 'the month field "FOO"'],
    ["* * * * 8", 'the day-of-week field "8"'],
    ["*/0 * * * *", "minute"],
    ["5-1 * * * *", "minute"],
    ["1,,2 * * * *", "minute"],
    ["* * LW * *", "day-of-month"],
    ["* * ? * *", "day-of-month"],
    ["* * * * +1", "day-of-week"],
    ["5/10 * * * *", "minute"],
    ["2026-01-01T00:00:00", "this one has 1"],
    ["- - - - -", "minute"],
    ["* * * * FRI#6", "day-of-week"],
  ])("%j is refused with a sentence", (expression, part) => {
    expect(validateCron(expression)).toContain(part);
    expect(() => createTimetable(expression, "UTC", unbounded)).toThrow(RangeError);
  });

  test("a zone that does not exist is refused when the timetable is created", () => {
    expect(() => createTimetable("@daily", "Mars/Olympus", unbounded)).toThrow(RangeError);
  });

  test("a day that never comes has no slots, and the search ends at once", () => {
    const timetable = createTimetable("0 0 30 2 *", "America/New_York", unbounded);
    const began = process.hrtime.bigint();
    expect(timetable.next(new Date("2026-01-01"))).toBeUndefined();
    expect(timetable.previous(new Date("2026-01-01"))).toBeUndefined();
    expect(Number(process.hrtime.bigint() - began) / 1e6).toBeLessThan(500);
  });
});

describe("bounds", () => {
  const timetable = createTimetable("@daily", "UTC", {
    startAt: new Date("2026-01-05"),
    endAt: new Date("2026-01-07"),
  });

  test("both ends are included and no slot is outside", () => {
    const days = timetable
      .between(new Date("2020-01-01"), new Date("2030-01-01"), 100)
      .map((slot) => slot.getUTCDate());
    expect(days).toEqual([5, 6, 7]);
  });
  test("next begins at the start, previous at the end", () => {
    expect(timetable.next(new Date("2020-01-01"))?.toISOString()).toBe("2026-01-05T00:00:00.000Z");
    expect(timetable.previous(new Date("2030-01-01"))?.toISOString()).toBe("2026-01-07T00:00:00.000Z");
    expect(timetable.next(new Date("2026-01-07"))).toBeUndefined();
    expect(timetable.previous(new Date("2026-01-05"))).toBeUndefined();
  });
  test("next and previous are strict", () => {
    expect(timetable.next(new Date("2026-01-05"))?.getUTCDate()).toBe(6);
    expect(timetable.previous(new Date("2026-01-06"))?.getUTCDate()).toBe(5);
    expect(timetable.previous(new Date("2026-01-06T00:00:00.001Z"))?.getUTCDate()).toBe(6);
  });
  test("between returns at most its limit", () => {
    expect(timetable.between(new Date("2020-01-01"), new Date("2030-01-01"), 2)).toHaveLength(2);
    expect(timetable.between(new Date("2020-01-01"), new Date("2030-01-01"), 0)).toHaveLength(0);
    expect(timetable.between(new Date("2030-01-01"), new Date("2020-01-01"), 9)).toHaveLength(0);
  });
});

describe("for any expression, zone and range", () => {
  const zones = [
    "America/New_York",
    "Europe/Lisbon",
    "America/Sao_Paulo",
    "Australia/Lord_Howe",
    "UTC",
    "Pacific/Apia",
  ];
  const minutes = fc.constantFrom("0", "30", "*/20", "15,45", "59");
  const hours = fc.constantFrom("*", "*/2", "0", "1,2", "0-3", "23", "2");
  const days = fc.constantFrom(["*", "*"], ["1", "*"], ["*", "0"], ["L", "5"]);
  const expressions = fc
    .tuple(minutes, hours, days)
    .map(([minute, hour, [date, weekday]]) => `${minute} ${hour} ${date} * ${weekday}`);
  // Half of the time around clock changes of the zones above.
  const odd = [
    "2026-03-08",
    "2026-11-01",
    "2026-03-29",
    "2026-10-25",
    "2018-02-18",
    "2018-11-04",
    "2026-04-05",
    "2026-10-04",
    "2011-12-30",
  ];
  const instants = fc.oneof(
    fc.date({ min: new Date("2010-01-01"), max: new Date("2030-01-01"), noInvalidDate: true }),
    fc
      .tuple(fc.constantFrom(...odd), fc.integer({ min: -172_800, max: 172_800 }))
      .map(([day, seconds]) => new Date(Date.parse(day) + seconds * 1000)),
  );
  const hoursMs = fc.integer({ min: 0, max: 96 }).map((count) => count * 3_600_000);

  test("the slots of a range are the same however it is cut", () => {
    fc.assert(
      fc.property(
        expressions,
        fc.constantFrom(...zones),
        instants,
        hoursMs,
        hoursMs,
        (expression, zone, from, first, second) => {
          const timetable = createTimetable(expression, zone, unbounded);
          const cut = new Date(from.getTime() + first);
          const to = new Date(cut.getTime() + second);
          const whole = timetable.between(from, to, 1_000);
          const parts = [
            ...timetable.between(from, cut, 1_000),
            ...timetable.between(new Date(cut.getTime() + 1), to, 1_000),
          ];
          expect(parts).toEqual(whole);
        },
      ),
      { numRuns: 400 },
    );
  });

  test("going back gives the same slots as going forward", () => {
    fc.assert(
      fc.property(
        expressions,
        fc.constantFrom(...zones),
        instants,
        hoursMs,
        (expression, zone, from, length) => {
          const timetable = createTimetable(expression, zone, unbounded);
          const to = new Date(from.getTime() + length);
          const back: Date[] = [];
          let slot = timetable.previous(new Date(to.getTime() + 1));
          while (slot !== undefined && slot >= from) {
            back.unshift(slot);
            slot = timetable.previous(slot);
          }
          expect(back).toEqual(timetable.between(from, to, 1_000));
        },
      ),
      { numRuns: 400 },
    );
  });
});
