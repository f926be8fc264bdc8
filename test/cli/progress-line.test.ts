/** When the progress of a task shows the time left, and when it shows the reason for waiting. */
import { expect, test } from "vitest";
import { formatProgress } from "../../cli/display/progress-line.ts";

const PROGRESS = { done: 50, total: 100, unit: "ids", note: "5.0/s" } as const;
const VIEW = { progress: PROGRESS, startedMs: 0, doneAtStart: 0, nowMs: 10_000, gainedMs: 9_900 };

test("the time left is shown while there is progress", () => {
  expect(formatProgress(VIEW)).toBe("50 ids of 100 ids  10.0 s left  5.0/s");
});

test.each([
  [
    "it is said what is waited for",
    { ...VIEW, progress: { ...PROGRESS, waitsFor: "tmdb.test: it answers 503" } },
    "  waits: tmdb.test: it answers 503",
  ],
  ["nothing came for more than ten seconds", { ...VIEW, nowMs: 20_000 }, ""],
])("no time left is shown while %s", (_case, view, end) => {
  expect(formatProgress(view)).toBe(`50 ids of 100 ids  5.0/s${end}`);
});
