/** How the time that a run is given is divided. */
import { expect, test } from "vitest";
import { divideTime } from "../../../model/time/time-budget.ts";

test.each([
  ["a second: nothing is fetched", 1_000, 0, 750],
  ["five seconds: two are kept", 5_000, 3_000, 4_500],
  ["a minute: a fifth is kept", 60_000, 48_000, 57_000],
  ["an hour: a minute is kept", 3_600_000, 3_540_000, 3_585_000],
])("%s", (_what, totalMs, fetchMs, storeMs) => {
  expect(divideTime(totalMs)).toEqual({ fetchMs, storeMs, totalMs });
});
