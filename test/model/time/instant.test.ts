/** Arithmetic with instants, and the last instant. */
import { expect, test } from "vitest";
import { addSeconds, LAST_INSTANT, readPast } from "../../../model/time/instant.ts";
import { parseEnd, parseInstant } from "../../../model/time/local-time.ts";

const NOON = new Date("2026-11-23T12:00:00.000Z");

test.each([
  [0, "2026-11-23T12:00:00.000Z"],
  [0.0001, "2026-11-23T12:00:00.001Z"],
  [86_400, "2026-11-24T12:00:00.000Z"],
  [1e12, "9999-12-31T23:59:59.999Z"],
  [Infinity, "9999-12-31T23:59:59.999Z"],
])("%d seconds later is an instant whose text sorts like the instant", (seconds, text) => {
  expect(addSeconds(NOON, seconds).toISOString()).toBe(text);
});

test("a wait that is not a number of seconds is refused", () => {
  expect(() => addSeconds(NOON, Number.NaN)).toThrow(RangeError);
});

test.each([
  ["9999-12-31", "UTC", "9999-12-31T23:59:59.999Z"],
  ["9999-12-31", "America/Sao_Paulo", "9999-12-31T23:59:59.999Z"],
  ["9999-12-31", "Asia/Tokyo", "9999-12-31T14:59:59.999Z"],
  ["9999-12-31T23:00", "America/Sao_Paulo", "9999-12-31T23:59:59.999Z"],
  ["2026-11-23", "America/Sao_Paulo", "2026-11-24T02:59:59.999Z"],
  ["2026-11-23T06:00", "America/Sao_Paulo", "2026-11-23T09:00:00.000Z"],
])("a range until %s in %s ends at %s", (text, timezone, end) => {
  expect(parseEnd(text, timezone)?.toISOString()).toBe(end);
});

test("an instant after the year 9999 in UTC is not accepted", () => {
  expect(parseInstant("9999-12-31T23:00", "America/Sao_Paulo")).toBeUndefined();
  expect(parseInstant(LAST_INSTANT.toISOString(), "UTC")).toEqual(LAST_INSTANT);
});

test.each([
  ["2026-11-23T12:00:00.000Z", NOON.getTime()],
  ["2026-11-23T11:59:59.999Z", NOON.getTime() - 1],
  ["2026-11-23T12:00:00.001Z", null],
  ["soon", null],
  [null, null],
])("a stored %j, read at noon, is a past instant or none: %j", (text, expected) => {
  expect(readPast(text, NOON)).toBe(expected);
});
