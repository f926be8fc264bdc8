/** What a terminal shows of a task: the whole reason of a failure, the attempt, and how long until the next one. */
import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import { drawTask, type TaskLine } from "../../cli/display/task-lines.ts";
import { createOutput } from "../../cli/output/output.ts";
import { measureText } from "../../cli/output/text-width.ts";

const { paint } = createOutput({ stdout: process.stdout, stderr: process.stderr });
const NOW = new Date("2026-11-23T09:00:00Z");
const REASON =
  "/data/input/movies.csv does not exist. Put movies.csv into /data/input, or set DAGMAR_INPUT to the folder that holds it.";

function draw(line: Partial<TaskLine>, columns = 60): readonly string[] {
  const blank = { message: "", progress: null, startedMs: 0, doneAtStart: 0, gainedMs: 0, attempt: 1 };
  return drawTask(
    "movies",
    { state: "none", nextAttemptAt: null, ...blank, ...line },
    { nowMs: 0, now: NOW },
    paint,
    columns,
  );
}

test.each([
  ["up_for_retry", "2026-11-23T09:00:27.000Z", "up_for_retry: attempt 2 in 27 s"],
  ["up_for_retry", "2026-11-23T09:04:05.000Z", "up_for_retry: attempt 2 in 4 m 05 s"],
  ["up_for_retry", "2026-11-23T08:59:00.000Z", "up_for_retry: attempt 2 now"],
  ["up_for_reschedule", "2026-11-23T09:00:30.000Z", "up_for_reschedule: looks again in 30 s"],
  ["failed", null, "failed"],
] as const)(
  "%s until %s is shown with a countdown, and the full reason below it",
  (state, nextAttemptAt, first) => {
    const lines = draw({ state, nextAttemptAt, message: REASON });
    expect(lines[0]?.endsWith(`movies  ${first}`)).toBe(true);
    expect(
      lines
        .slice(1)
        .map((line) => line.trim())
        .join(" "),
    ).toBe(REASON);
    for (const line of lines) expect(stripVTControlCharacters(line).length).toBeLessThan(60);
  },
);

test("a word that is longer than the line is broken and not cut", () => {
  const path = `/${"x".repeat(90)}`;
  const lines = draw({ state: "failed", message: path });
  expect(
    lines
      .slice(1)
      .map((line) => line.trim())
      .join(""),
  ).toBe(path);
});

test("a task that succeeded has one line", () => {
  expect(draw({ state: "success", message: REASON })).toHaveLength(1);
});

test("wide letters count as two columns, so that no line is longer than the terminal", () => {
  const lines = draw({ state: "failed", message: `/dados/${"映画".repeat(40)}.csv` });
  expect(lines.length).toBeGreaterThan(3);
  for (const line of lines) expect(measureText(stripVTControlCharacters(line))).toBeLessThan(60);
});
