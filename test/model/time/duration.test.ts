/** Durations are read and written as people write them. */
import { describe, expect, test } from "vitest";
import { findDurationFault, formatDuration, parseDurationSeconds } from "../../../model/time/duration.ts";

describe("reading", () => {
  test.each([
    ["250ms", 0.25],
    ["0s", 0],
    ["90s", 90],
    ["5m", 300],
    ["1.5h", 5400],
    ["2h", 7200],
    ["7d", 604_800],
    ["1w", 604_800],
    ["3650d", 315_360_000],
    ["0.125s", 0.125],
  ])("%j is %d seconds", (text, seconds) => {
    expect(parseDurationSeconds(text)).toBeCloseTo(seconds, 9);
  });

  test.each([
    "",
    " 30s ",
    "30",
    "3651d",
    "450000w",
    "s",
    "-5s",
    "1e3s",
    "5 m",
    "5M",
    "1h30m",
    "1.2345s",
    ".5h",
    "1.h",
    "9999999999s",
    "5y",
    "٣s",
  ])("%j is not a duration", (text) => {
    expect(parseDurationSeconds(text)).toBeUndefined();
  });
});

test.each([
  ["30", 'must be a duration such as "30s", "5m", "2h" or "7d"'],
  ["450000w", "must not be longer than 3650d"],
  ["3650d", undefined],
])("the fault of %j is: %j", (text, fault) => {
  expect(findDurationFault(text)).toBe(fault);
});

describe("writing", () => {
  test.each([
    [0, "0 ms"],
    [0.85, "850 ms"],
    [1, "1.0 s"],
    [12.34, "12.3 s"],
    [59.94, "59.9 s"],
    [60, "1 m 00 s"],
    [245, "4 m 05 s"],
    [3599, "59 m 59 s"],
    [3600, "1 h 00 m"],
    [7380, "2 h 03 m"],
    [172_799, "47 h 59 m"],
    [172_800, "2 d 00 h"],
    [9 * 86_400 + 3 * 3600, "9 d 03 h"],
  ])("%d seconds are %j", (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text);
  });

  test.each([
    [0.9996, "1.0 s"],
    [59.96, "1 m 00 s"],
    [3599.6, "1 h 00 m"],
  ])("%d seconds carry over to the next unit: %j", (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text);
  });
});
