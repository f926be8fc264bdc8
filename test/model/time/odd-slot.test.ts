/** Explanations of slots at a clock change. */
import { expect, test } from "vitest";
import { findOddSlot, type OddSlot } from "../../../model/time/odd-slot.ts";

test.each<[string, string, string, string, OddSlot | undefined]>([
  [
    "moved out of the gap",
    "30 2 * * *",
    "America/New_York",
    "2026-03-08T07:00:00Z",
    { kind: "moved", from: "02:30" },
  ],
  [
    "the first of several that were moved",
    "*/10 2 * * *",
    "America/New_York",
    "2026-03-08T07:00:00Z",
    { kind: "moved", from: "02:00" },
  ],
  [
    "a midnight that does not exist",
    "@daily",
    "America/Sao_Paulo",
    "2018-11-04T03:00:00Z",
    { kind: "moved", from: "00:00" },
  ],
  [
    "half an hour's gap, with seconds",
    "15 10 2 * * *",
    "Australia/Lord_Howe",
    "2026-10-03T15:30:00Z",
    { kind: "moved", from: "02:10:15" },
  ],
  [
    "at the end of a gap by its own expression",
    "0 3 * * *",
    "America/New_York",
    "2026-03-08T07:00:00Z",
    undefined,
  ],
  [
    "an hour after a gap with wall times of its own",
    "30 2,4 * * *",
    "America/New_York",
    "2026-03-08T08:30:00Z",
    undefined,
  ],
  ["an hour after the gap", "0 4 * * *", "America/New_York", "2026-03-08T08:00:00Z", undefined],
  [
    "the first of two",
    "30 1 * * *",
    "America/New_York",
    "2026-11-01T05:30:00Z",
    { kind: "twice", showing: "first" },
  ],
  [
    "the second of two",
    "30 * * * *",
    "America/New_York",
    "2026-11-01T06:30:00Z",
    { kind: "twice", showing: "second" },
  ],
  [
    "the first instant that comes again",
    "0 * * * *",
    "America/New_York",
    "2026-11-01T05:00:00Z",
    { kind: "twice", showing: "first" },
  ],
  [
    "the instant at which the clock goes back",
    "0 * * * *",
    "America/New_York",
    "2026-11-01T06:00:00Z",
    { kind: "twice", showing: "second" },
  ],
  ["the hour before", "0 * * * *", "America/New_York", "2026-11-01T04:00:00Z", undefined],
  ["the hour after", "0 * * * *", "America/New_York", "2026-11-01T07:00:00Z", undefined],
  [
    "half an hour twice",
    "40 * * * *",
    "Australia/Lord_Howe",
    "2026-04-04T15:10:00Z",
    { kind: "twice", showing: "second" },
  ],
  ["a day like any other", "0 6 * * *", "America/Sao_Paulo", "2026-11-23T09:00:00Z", undefined],
  ["UTC", "30 2 * * *", "UTC", "2026-03-08T02:30:00Z", undefined],
])("%s: %s in %s at %s", (_sentence, expression, zone, slot, odd) => {
  expect(findOddSlot(expression, zone, new Date(slot))).toEqual(odd);
});
