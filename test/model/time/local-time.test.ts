/** Instants in time zones: how they are written and read. */
import { describe, expect, test } from "vitest";
import {
  formatDateDashes,
  formatLocal,
  formatLocalIso,
  formatLocalText,
  formatPartition,
  formatRunStamp,
  isTimezone,
  parseInstant,
} from "../../../model/time/local-time.ts";

describe("zones", () => {
  test.each(["UTC", "America/Sao_Paulo", "Australia/Lord_Howe", "Etc/GMT+3"])("%s is a zone", (name) => {
    expect(isTimezone(name)).toBe(true);
  });
  test.each(["", "Mars/Olympus", "+01:00", "-03:00", "America/", "constructor", "x".repeat(10_000)])(
    "%j is not a zone",
    (name) => {
      expect(isTimezone(name)).toBe(false);
    },
  );
});

describe("writing", () => {
  test("the partition is the day in the zone, not in UTC, with leading zeros", () => {
    const lateEvening = new Date("2026-03-02T01:30:00Z");
    expect(formatPartition(lateEvening, "America/Sao_Paulo")).toBe("2026/03/01");
    expect(formatDateDashes(lateEvening, "America/Sao_Paulo")).toBe("2026-03-01");
    expect(formatPartition(lateEvening, "UTC")).toBe("2026/03/02");
  });
  test("years are four digits from 1 to 9999", () => {
    expect(formatPartition(new Date("0001-01-01T12:00:00Z"), "UTC")).toBe("0001/01/01");
    expect(formatPartition(new Date("0099-01-01T12:00:00Z"), "UTC")).toBe("0099/01/01");
    expect(formatPartition(new Date("9999-12-31T12:00:00Z"), "UTC")).toBe("9999/12/31");
  });
  test("the run stamp has no separators and keeps milliseconds", () => {
    expect(formatRunStamp(new Date("2026-11-23T09:00:00.007Z"))).toBe("20261123T090000007Z");
  });
  test.each([
    ["2026-11-23T09:00:00Z", "America/Sao_Paulo", "2026-11-23 06:00:00 -03:00"],
    ["2026-11-23T09:00:00Z", "UTC", "2026-11-23 09:00:00 +00:00"],
    ["2026-04-04T15:10:00Z", "Australia/Lord_Howe", "2026-04-05 01:40:00 +10:30"],
    ["2026-11-23T00:00:00Z", "Asia/Kathmandu", "2026-11-23 05:45:00 +05:45"],
    ["1800-01-01T12:00:00Z", "America/Sao_Paulo", "1800-01-01 08:53:32 -03:06:28"],
  ])("%s in %s reads %s", (instant, zone, local) => {
    expect(formatLocal(new Date(instant), zone)).toBe(local);
  });
});

describe("reading", () => {
  test.each([
    ["2026-11-23", "America/Sao_Paulo", "2026-11-23T03:00:00.000Z"],
    ["2026-11-23T06:00", "America/Sao_Paulo", "2026-11-23T09:00:00.000Z"],
    ["2026-11-23T06:00:07", "America/Sao_Paulo", "2026-11-23T09:00:07.000Z"],
    ["2026-11-23T06:00:07.25", "America/Sao_Paulo", "2026-11-23T09:00:07.250Z"],
    ["2026-11-23T06:00Z", "America/Sao_Paulo", "2026-11-23T06:00:00.000Z"],
    ["2026-11-23T06:00:00+05:45", "America/Sao_Paulo", "2026-11-23T00:15:00.000Z"],
    ["2026-11-23T06:00:00-03:30", "UTC", "2026-11-23T09:30:00.000Z"],
    ["0001-01-01", "UTC", "0001-01-01T00:00:00.000Z"],
    ["9999-12-31", "UTC", "9999-12-31T00:00:00.000Z"],
    ["2028-02-29", "UTC", "2028-02-29T00:00:00.000Z"],
  ])("%s in %s is %s", (text, zone, instant) => {
    expect(parseInstant(text, zone)?.toISOString()).toBe(instant);
  });

  test.each([
    [
      "a time in a gap means the end of the gap",
      "2026-03-08T02:30",
      "America/New_York",
      "2026-03-08T07:00:00.000Z",
    ],
    [
      "a midnight that does not exist means the day's first instant",
      "2018-11-04",
      "America/Sao_Paulo",
      "2018-11-04T03:00:00.000Z",
    ],
    [
      "a time that occurs twice means the first",
      "2026-11-01T01:30",
      "America/New_York",
      "2026-11-01T05:30:00.000Z",
    ],
    ["half an hour is a gap as well", "2026-10-04T02:10", "Australia/Lord_Howe", "2026-10-03T15:30:00.000Z"],
    ["a whole day can be a gap", "2011-12-30T12:00", "Pacific/Apia", "2011-12-30T10:00:00.000Z"],
    [
      "the last instant before a gap is itself",
      "2026-03-08T01:59:59.999",
      "America/New_York",
      "2026-03-08T06:59:59.999Z",
    ],
  ])("%s", (_sentence, text, zone, instant) => {
    expect(parseInstant(text, zone)?.toISOString()).toBe(instant);
  });

  test.each([
    "",
    "2026",
    "2026-11",
    "2026-02-30",
    "2025-02-29",
    "2026-13-01",
    "2026-00-01",
    "2026-01-00",
    "0000-01-01",
    "2026-1-1",
    "2026-11-23 06:00",
    "2026-11-23T",
    "2026-11-23T24:00",
    "2026-11-23T06",
    "2026-11-23T06:60",
    "2026-11-23T06:00:60",
    "2026-11-23T06:00:00.1234",
    "2026-11-23T06:00+15:00",
    "2026-11-23Z",
    "23/11/2026",
    "yesterday",
    " 2026-11-23",
    "2026-11-23\n",
    "+002026-11-23",
    "٢٠٢٦-11-23",
  ])("%j is refused", (text) => {
    expect(parseInstant(text, "UTC")).toBeUndefined();
  });
});

test("an instant in a form that is read again, with milliseconds only if it has them", () => {
  const whole = new Date("2026-11-23T09:00:00.000Z");
  const part = new Date("2026-11-23T09:00:00.007Z");
  expect(formatLocalIso(whole, "America/Sao_Paulo")).toBe("2026-11-23T06:00:00-03:00");
  expect(formatLocalIso(part, "America/Sao_Paulo")).toBe("2026-11-23T06:00:00.007-03:00");
  expect(formatLocalText(whole.toISOString(), "America/Sao_Paulo")).toBe("2026-11-23 06:00:00 -03:00");
  expect(formatLocalText("someday", "America/Sao_Paulo")).toBe("someday");
});
