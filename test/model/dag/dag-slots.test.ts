/** Slots of Dags that follow others: those of a single Dag, the shared days of several, and the next slot. */
import { expect, test } from "vitest";
import type { DagDefinition } from "../../../model/dag/dag.ts";
import { findNextDagSlot, listDagSlots } from "../../../model/dag/dag-slots.ts";
import { findTimetables } from "../../../model/dag/dag-timetable.ts";
import { makeDag } from "../../support/test-dag.ts";

const cron = (dagId: string, expression: string): DagDefinition =>
  makeDag([], { dagId, timezone: "UTC", schedule: { kind: "cron", expression } });
const follow = (
  dagId: string,
  dagIds: readonly string[],
  changes: Partial<DagDefinition> = {},
): DagDefinition => makeDag([], { dagId, timezone: "UTC", schedule: { kind: "after", dagIds }, ...changes });

const ALL = [
  cron("daily", "0 6 * * *"),
  cron("odd", "0 8 1-31/2 * *"),
  makeDag([], { dagId: "by_hand" }),
  follow("circle", ["circle"]),
];
const dags = new Map(ALL.map((definition) => [definition.dagId, { definition }]));
const at = (text: string): Date => new Date(`2026-11-${text}Z`);
const range = { from: at("01T00:00:00"), to: at("05T23:00:00") };
const list = (dag: DagDefinition) =>
  listDagSlots(dag, dags, range, 100)?.map((slot) => slot.toISOString().slice(8, 13));

test.each<[readonly string[], readonly string[] | undefined]>([
  [["daily"], ["01T06", "02T06", "03T06", "04T06", "05T06"]],
  [["odd"], ["01T08", "03T08", "05T08"]],
  [
    ["daily", "odd"],
    ["01T08", "03T08", "05T08"],
  ],
  [
    ["odd", "daily"],
    ["01T08", "03T08", "05T08"],
  ],
  [["by_hand"], undefined],
  [["daily", "by_hand"], undefined],
  [["unknown", "daily"], undefined],
  [["circle"], undefined],
])("a Dag that follows %j has the slots %j", (dagIds, expected) => {
  expect(list(follow("it", dagIds))).toEqual(expected);
});

test("its own bounds hold, both ends included", () => {
  const bounds = { startAt: at("02T06:00:00").toISOString(), endAt: at("04T06:00:00").toISOString() };
  expect(list(follow("it", ["daily"], bounds))).toEqual(["02T06", "03T06", "04T06"]);
});

test.each<[readonly string[], Partial<DagDefinition>, string | undefined]>([
  [["daily"], {}, "2026-11-02T06:00:00.000Z"],
  [["daily", "odd"], {}, "2026-11-03T08:00:00.000Z"],
  [["daily", "by_hand"], {}, undefined],
  [["daily"], { endAt: "2026-11-02T05:59:59.999Z" }, undefined],
  [["circle"], {}, undefined],
])("the next slot of a Dag that follows %j with %j is %s", (dagIds, changes, expected) => {
  const next = findNextDagSlot(follow("it", dagIds, changes), dags, at("01T09:00:00"));
  expect(next?.toISOString()).toBe(expected);
});

test("only a Dag with a cron line has timetables", () => {
  expect(ALL.map((dag) => [dag.dagId, findTimetables(dag) !== null])).toEqual([
    ["daily", true],
    ["odd", true],
    ["by_hand", false],
    ["circle", false],
  ]);
});
