/** What a given day or instant means. */
import { describe, expect, test } from "vitest";
import { makeDag } from "../../support/test-dag.ts";
import { findNextDagSlot, listDagSlots } from "../../../model/dag/dag-slots.ts";
import { judgeDay, parseGivenDate } from "../../../model/time/given-date.ts";
import { findDay, findDayOf } from "../../../model/time/local-day.ts";

const at = (...texts: readonly string[]): readonly Date[] => texts.map((text) => new Date(text));

describe("a day of a zone", () => {
  test.each([
    ["an ordinary day", "2026-11-23", "America/Sao_Paulo", "2026-11-23T03:00Z", "2026-11-24T03:00Z"],
    ["a day of 23 hours", "2026-03-08", "America/New_York", "2026-03-08T05:00Z", "2026-03-09T04:00Z"],
    ["a day of 25 hours", "2026-11-01", "America/New_York", "2026-11-01T04:00Z", "2026-11-02T05:00Z"],
    ["the day before", "2026-10-31", "America/New_York", "2026-10-31T04:00Z", "2026-11-01T04:00Z"],
    ["a day without a midnight", "2018-11-04", "America/Sao_Paulo", "2018-11-04T03:00Z", "2018-11-05T02:00Z"],
    [
      "a day whose last hour comes twice",
      "2018-02-17",
      "America/Sao_Paulo",
      "2018-02-17T02:00Z",
      "2018-02-18T03:00Z",
    ],
    [
      "a day that the calendar shows again after the next one began",
      "2010-11-06",
      "America/St_Johns",
      "2010-11-06T02:30Z",
      "2010-11-07T03:30Z",
    ],
    ["a day that the zone left out", "2011-12-30", "Pacific/Apia", "2011-12-30T10:00Z", "2011-12-30T10:00Z"],
  ])("%s: %s in %s", (_name, day, timezone, from, until) => {
    expect(findDay(day, timezone)).toEqual({ from: new Date(from), until: new Date(until) });
  });

  test("an instant lies in the range of the day that the calendar shows then", () => {
    const shownAgain = new Date("2010-11-07T03:00:00Z");
    const { from, until } = findDayOf(shownAgain, "America/St_Johns");
    expect(from <= shownAgain && shownAgain < until).toBe(true);
  });
});

describe("what a day means", () => {
  const SIX = "2026-11-23T09:00:00.000Z";
  const MIDNIGHT = "2026-11-23T03:00:00.000Z";
  test.each([
    ["its one run, though it has a slot too", [MIDNIGHT], [SIX], { kind: "one", instant: MIDNIGHT }],
    ["its one slot where there is no run", [], [SIX], { kind: "one", instant: SIX }],
    [
      "none of several runs",
      [MIDNIGHT, SIX],
      [SIX],
      { kind: "several", what: "runs", instants: [MIDNIGHT, SIX] },
    ],
    [
      "none of several slots",
      [],
      [MIDNIGHT, SIX],
      { kind: "several", what: "slots", instants: [MIDNIGHT, SIX] },
    ],
    ["nothing where it has neither", [], [], { kind: "none" }],
    [
      "not the days before and after it",
      ["2026-11-23T02:59:59.999Z"],
      ["2026-11-24T03:00:00.000Z"],
      { kind: "none" },
    ],
    [
      "its last millisecond",
      ["2026-11-24T02:59:59.999Z"],
      [],
      { kind: "one", instant: "2026-11-24T02:59:59.999Z" },
    ],
  ])("%s", (_name, runs, slots, meaning) => {
    const facts = { timezone: "America/Sao_Paulo", runs: at(...runs), slots: at(...slots) };
    expect(JSON.parse(JSON.stringify(judgeDay("2026-11-23", facts)))).toEqual(meaning);
  });

  test("a day that begins at one o'clock has its run of one o'clock", () => {
    const facts = { timezone: "America/Sao_Paulo", runs: at("2018-11-04T03:00:00Z"), slots: [] };
    expect(judgeDay("2018-11-04", facts)).toMatchObject({ kind: "one" });
    expect(judgeDay("2018-11-03", facts)).toEqual({ kind: "none" });
  });
});

test.each([
  ["2026-11-23", "day"],
  ["2026-11-23T06:00", "instant"],
  ["2026-11-23T09:00:00Z", "instant"],
  ["2026-02-30", undefined],
  ["soon", undefined],
  ["", undefined],
])("%s is %s", (text, kind) => {
  expect(parseGivenDate(text, "UTC")?.kind).toBe(kind);
});

describe("slots", () => {
  const cron = (dagId: string, expression: string) =>
    makeDag([], { dagId, schedule: { kind: "cron", expression }, timezone: "America/Sao_Paulo" });
  const after = (dagId: string, ...dagIds: readonly string[]) =>
    makeDag([], { dagId, schedule: { kind: "after", dagIds }, timezone: "America/Sao_Paulo" });
  const dags = new Map(
    [
      cron("six", "0 6 * * *"),
      cron("mondays", "0 8 * * 1"),
      after("one", "six"),
      after("both", "six", "mondays"),
      after("deep", "one"),
      makeDag([], { dagId: "by_hand" }),
      after("of_hand", "by_hand"),
    ].map((definition) => [definition.dagId, { definition }] as const),
  );
  const now = new Date("2026-11-28T12:00:00Z");
  const range = { from: new Date("2026-11-29T03:00:00Z"), to: new Date("2026-12-01T02:59:59Z") };

  test.each([
    ["six", "2026-11-29T09:00:00.000Z", 2],
    ["one", "2026-11-29T09:00:00.000Z", 2],
    ["deep", "2026-11-29T09:00:00.000Z", 2],
    ["both", "2026-11-30T11:00:00.000Z", 1],
    ["by_hand", undefined, undefined],
    ["of_hand", undefined, undefined],
  ])("%s is due next at %s", (dagId, next, count) => {
    const dag = dags.get(dagId)?.definition ?? makeDag([]);
    expect(findNextDagSlot(dag, dags, now)?.toISOString()).toBe(next);
    expect(listDagSlots(dag, dags, range, 100)?.length).toBe(count);
  });
});
