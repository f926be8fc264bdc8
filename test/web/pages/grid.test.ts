/** A row of the grid: what it says in words and what it draws are the states of its runs, and its size is that of their changes. */
import { expect, test } from "vitest";
import { TASK_STATES } from "../../../model/run/task-instance.ts";
import { defineCells, drawCells } from "../../../web/pages/dag/draw-cells.ts";
import { describeStates } from "../../../web/pages/dag/describe-states.ts";

const YEAR = 365;
const dates = Array.from({ length: YEAR }, (_, index) => `day ${index}`);

/** The columns of each path of a row, by its state. */
function readColumns(drawing: string, row = 0): ReadonlyMap<string, readonly number[]> {
  const found = new Map<string, number[]>();
  for (const [, state = "", area = ""] of drawing.matchAll(
    /<path(?: data-state="(\w+)")?[^>]* d="([^"]*)"/g,
  )) {
    const parts = [...area.matchAll(/M(\d+) (\d+)h(\d+)v20h-(\d+)/g)];
    if (parts[0]?.[2] !== String(row * 20)) continue;
    const columns = parts.flatMap(([, x, y, width, back]) => {
      expect([y, back]).toEqual([String(row * 20), width]);
      return Array.from({ length: Number(width) / 10 }, (_, index) => Number(x) / 10 + index);
    });
    found.set(state, columns);
  }
  return found;
}

test("each cell is drawn once, in the path of its state", () => {
  const states = Array.from({ length: YEAR }, (_, index) =>
    index % 12 === 11 ? undefined : TASK_STATES[(index * 5) % TASK_STATES.length],
  );
  const rows = [states, states.toReversed()];
  const { text } = drawCells(rows, false);
  for (const [row, drawnStates] of rows.entries()) {
    const drawn = readColumns(text, row);
    for (const state of [...TASK_STATES, undefined]) {
      const expected = drawnStates.flatMap((each, index) => (each === state ? [index] : []));
      expect(drawn.get(state ?? "")).toEqual(expected);
    }
  }
});

test("each state has a cell of its own or that of its like", () => {
  const cells = defineCells().text;
  for (const state of [...TASK_STATES, undefined, "of a later version"]) {
    const [, cell = ""] = /fill="url\(#([\w-]+)\)"/.exec(drawCells([[state]], false).text) ?? [];
    expect(cells).toContain(`id="${cell}"`);
  }
});

test("a year of successes is one path", () => {
  const { text } = drawCells([Array.from({ length: YEAR }, () => "success")], false);
  expect(text).toBe(
    `<svg class="cells" width="3650" height="20"><path data-state="success" fill="url(#cell-success)" d="M0 0h3650v20h-3650"/></svg>`,
  );
});

test("in words, a row counts its states and says when it did not succeed, the newest first", () => {
  const states = dates.map((_, index) => (index === 3 || index === 200 ? "failed" : "success"));
  expect(describeStates("en", states, dates)).toBe("363 success; 2 failed: day 200, day 3");
  const often = dates.map((_, index) => (index < 12 ? "up_for_retry" : undefined));
  expect(describeStates("en", often, dates)).toMatch(/^12 up for retry: day 11, .*, day 2, and 2 others$/);
  expect(describeStates("pt", often, dates)).toMatch(/, day 2, e mais 2$/);
});
