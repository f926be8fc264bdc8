/** Tables fit their terminal: what gives way to what, and what is never cut. */
import { describe, expect, test } from "vitest";
import { drawTable, type Cell, type Column } from "../../../cli/output/table.ts";
import { measureText, wrapText } from "../../../cli/output/text-width.ts";

const plain = (text: string): string => text;
const cell = (value: string | number): Cell => ({
  text: String(value),
  isNumber: typeof value === "number",
  paint: plain,
});
const draw = (columns: readonly Column[], rows: readonly (readonly (string | number)[])[], width?: number) =>
  drawTable(
    columns,
    rows.map((row) => row.map(cell)),
    width,
    plain,
  );

const RUN_ID = "scheduled__2026-11-23T09:00:00.000Z";
const COLUMNS: readonly Column[] = [
  { title: "run" },
  { title: "started", rank: 1 },
  { title: "objects", rank: 2 },
  { title: "state" },
  { title: "message", isText: true },
];
const WORDS = "the store did not answer in time and the task is tried again in a minute";
const ROW = [RUN_ID, "2026-11-23 06:00:00 -03:00", 12, "up_for_retry", WORDS] as const;

describe("a table in", () => {
  test("a pipe is never narrower than what it holds", () => {
    const { lines, hidden } = draw(COLUMNS, [ROW]);
    expect(hidden).toEqual([]);
    expect(lines).toHaveLength(2);
    for (const value of ROW) expect(lines[1]).toContain(String(value));
  });

  test.each([
    [60, ["started", "objects"]],
    [100, ["started", "objects"]],
    [110, ["objects"]],
    [160, []],
    [200, []],
  ])(
    "a terminal of %s columns keeps ids whole, breaks text between words, and names what it hides",
    (width, hidden) => {
      const drawn = draw(COLUMNS, [ROW, [`${RUN_ID}__2`, "", 1234, "success", "done"]], width);
      for (const line of drawn.lines) expect(measureText(line), line).toBeLessThanOrEqual(width);
      expect(drawn.hidden).toEqual(hidden);
      expect(drawn.lines.filter((line) => line.startsWith(RUN_ID))).toHaveLength(2);
      const all = drawn.lines.join(" ").replaceAll(/\s+/g, " ");
      for (const word of WORDS.split(" ")) expect(all).toContain(word);
    },
  );

  test("a terminal too narrow for text next to the ids puts the text under its row", () => {
    const { lines, hidden } = draw(COLUMNS, [ROW], 60);
    expect(hidden).toEqual(["started", "objects"]);
    expect(lines[1]).toBe(`${RUN_ID}  up_for_retry`);
    expect(lines[2]).toMatch(/^ {4}the store/);
  });

  test("a terminal that is narrower than an id leaves it whole", () => {
    const { lines } = draw([{ title: "key" }, { title: "size", rank: 1 }], [["a".repeat(90), 1]], 60);
    expect(lines[1]).toBe("a".repeat(90));
  });

  test("a word that is longer than its room is not broken, since it may be a key", () => {
    const key = `Raw/${"k".repeat(50)}.csv`;
    const { lines } = draw(
      [{ title: "id" }, { title: "why", isText: true }],
      [["tt0000001", `stored as ${key} again`]],
      60,
    );
    expect(lines.join("\n")).toContain(key);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(60 + 4);
  });
});

test("numbers stand to the right, and empty cells take nothing from that", () => {
  const { lines } = draw(
    [{ title: "id" }, { title: "ids" }],
    [
      ["a", 5],
      ["b", ""],
      ["c", 1200],
    ],
  );
  expect(lines).toEqual(["id   ids", "a      5", "b", "c   1200"]);
});

test.each([
  ["plain", 5],
  ["ação", 4],
  ["e\u0301", 1],
  ["千と千尋", 8],
  ["a\u200bb", 2],
  ["🎬", 2],
])("%s takes its columns", (text, width) => {
  expect(measureText(text)).toBe(width);
});

test("text is broken between words and nowhere else", () => {
  expect(wrapText("one two three", 7)).toEqual(["one two", "three"]);
  expect(wrapText("onetwothree four", 5)).toEqual(["onetwothree", "four"]);
  expect(wrapText("", 5)).toEqual([""]);
});
