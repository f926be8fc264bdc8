/** The timetables of a Dag: its own bounds in one, none in the other, and made once. */
import { expect, test } from "vitest";
import { findTimetables } from "../../../model/dag/dag-timetable.ts";
import { makeDag } from "../../support/test-dag.ts";

const DAILY = { schedule: { kind: "cron", expression: "0 9 * * *" }, timezone: "UTC" } as const;
const next = (changes: object, which: "bounded" | "unbounded", after: string): string | undefined =>
  findTimetables(makeDag([], { ...DAILY, ...changes }))
    ?.[which].next(new Date(after))
    ?.toISOString();

test("start and end bound one of them", () => {
  const start = { startAt: "2026-11-23T00:00:00.000Z" };
  expect(next(start, "bounded", "2026-11-01T00:00:00Z")).toBe("2026-11-23T09:00:00.000Z");
  expect(next(start, "unbounded", "2026-11-01T00:00:00Z")).toBe("2026-11-01T09:00:00.000Z");
  const end = { endAt: "2026-11-23T09:00:00.000Z" };
  expect(next(end, "bounded", "2026-11-23T08:00:00Z")).toBe("2026-11-23T09:00:00.000Z");
  expect(next(end, "bounded", "2026-11-23T09:00:00Z")).toBeUndefined();
  expect(next(end, "unbounded", "2026-11-23T09:00:00Z")).toBe("2026-11-24T09:00:00.000Z");
  expect(next({}, "bounded", "2026-11-01T00:00:00Z")).toBe("2026-11-01T09:00:00.000Z");
});

test("they are in the Dag's zone", () => {
  const zone = { timezone: "America/Sao_Paulo" };
  for (const which of ["bounded", "unbounded"] as const)
    expect(next(zone, which, "2026-11-01T00:00:00Z")).toBe("2026-11-01T12:00:00.000Z");
});

test("one definition has them once, and a Dag without a cron line none", () => {
  const dag = makeDag([], DAILY);
  expect(findTimetables(dag)).toBe(findTimetables(dag));
  expect(findTimetables(makeDag([], DAILY))).not.toBe(findTimetables(dag));
  expect(findTimetables(makeDag([]))).toBeNull();
});
