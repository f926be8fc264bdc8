/** When a Dag is late: only where the scheduler itself would have made or started a run. */
import { describe, expect, test } from "vitest";
import { findLateSlot, isLong, isStartLate } from "../../../model/run/lateness.ts";
import type { DagDefinition } from "../../../model/dag/dag.ts";
import { makeDag } from "../../support/test-dag.ts";

const at = (time: string): string => `2026-11-23T${time}.000Z`;
const HOURLY: Partial<DagDefinition> = {
  schedule: { kind: "cron", expression: "0 * * * *" },
  timezone: "UTC",
  catchup: "all",
};

describe("a slot without a run", () => {
  const find = (
    changes: Partial<DagDefinition> = {},
    more: {
      isPaused?: boolean;
      isActive?: boolean;
      cursor?: string | null;
      isWatched?: boolean;
      now?: string;
    } = {},
  ) => {
    const {
      isPaused = false,
      isActive = true,
      cursor = at("06:00:00"),
      isWatched = true,
      now = at("08:30:00"),
    } = more;
    const definition = makeDag([], { ...HOURLY, ...changes });
    return findLateSlot(
      { definition, isPaused, isActive, cursor },
      { now: new Date(now), isWatched },
    )?.toISOString();
  };

  test.each<readonly [string, string | undefined, string | undefined]>([
    ["is the first one after the cursor", find(), at("07:00:00")],
    ["is late after two minutes", find({}, { now: at("07:02:01") }), at("07:00:00")],
    ["is not late before", find({}, { now: at("07:02:00") }), undefined],
    ["is not late if it is handled", find({}, { cursor: at("08:00:00") }), undefined],
    ["of a paused Dag is not late", find({}, { isPaused: true }), undefined],
    ["of a Dag without a file is not late", find({}, { isActive: false }), undefined],
    ["of a Dag that no scheduler has read is not late", find({}, { cursor: null }), undefined],
    ["before the Dag's start is not late", find({ startAt: at("09:00:00") }), undefined],
    ["after the Dag's end is not late", find({ endAt: at("06:30:00") }), undefined],
    ["is late without a scheduler if catchup runs all", find({}, { isWatched: false }), at("07:00:00")],
    [
      "is late without a scheduler if catchup runs the latest",
      find({ catchup: "latest" }, { isWatched: false }),
      at("08:00:00"),
    ],
    [
      "is not late without a scheduler if catchup skips it",
      find({ catchup: "none" }, { isWatched: false }),
      undefined,
    ],
    ["is late under a scheduler whatever catchup says", find({ catchup: "none" }), at("07:00:00")],
    ["of a manual Dag does not exist", find({ schedule: { kind: "manual" } }), undefined],
  ])("%s", (_, found, expected) => {
    expect(found).toBe(expected);
  });
});

describe("a queued run", () => {
  const judge = (logicalDate: string, createdAt: string, hasTimetable = true): boolean =>
    isStartLate(
      { logicalDate: at(logicalDate), createdAt: at(createdAt) },
      hasTimetable,
      new Date(at("07:05:00")),
    );

  test.each([
    ["is late two minutes after its slot", judge("07:00:00", "07:00:01"), true],
    ["is not late before", judge("07:04:00", "07:04:01"), false],
    ["of a missed slot is not late", judge("03:00:00", "07:00:00"), false],
    [
      "that follows another is late two minutes after it was made",
      judge("03:00:00", "07:00:00", false),
      true,
    ],
    ["that follows another and was just made is not", judge("03:00:00", "07:04:00", false), false],
  ])("%s", (_, isLate, expected) => {
    expect(isLate).toBe(expected);
  });
});

test.each([
  [60, "07:00:00", "07:03:01", true],
  [60, "07:00:00", "07:03:00", false],
  [1, "07:00:00", "07:01:00", false],
  [1, "07:00:00", "07:01:01", true],
  [null, "01:00:00", "07:00:00", false],
])("a run that usually takes %s s, since %s, is long at %s: %s", (usual, since, now, expected) => {
  expect(isLong(at(since), usual, new Date(at(now)))).toBe(expected);
});
