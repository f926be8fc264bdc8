/** Where a report's SQL is divided, and the lines that its faults name. */
import { expect, test } from "vitest";
import { splitParts } from "../../tasks/report-to-lake/split-parts.ts";

test("a part is what stands between its line and the next one's", () => {
  const text =
    "-- A comment.\n\n  -- part: no\n-- part: one\nselect 1\n-- part: two_2  \nselect 2\n\nunion select 3";
  expect(splitParts(text, [])).toEqual([
    { name: "one", sql: "select 1", linesBefore: 4 },
    { name: "two_2", sql: "select 2\n\nunion select 3", linesBefore: 6 },
  ]);
});

test("lines may end as on Windows", () => {
  expect(splitParts("-- part: one\r\nselect 1\r\n", [])).toEqual([
    { name: "one", sql: "select 1\n", linesBefore: 1 },
  ]);
});

test.each([
  ["", /^No line/, null],
  ["select 1", /^No line/, null],
  ["-- part: One\nselect 1", /^No line/, null],
  [`-- part: ${"a".repeat(64)}\nselect 1`, /^No line/, null],
  ["-- A comment.\nselect 1\n-- part: one\nselect 1", /^SQL stands before/, 2],
  ["select 1 -- or 2\n-- part: one\nselect 1", /^SQL stands before/, 1],
  ["-- part: one\nselect 1\n-- part: one\nselect 2", /^one is the name of another part/, 3],
  [
    "-- part: one\nselect 1\n-- part: films\nselect 2",
    /^films is the name of another part or of an input/,
    3,
  ],
])("%j is refused", (text, message, line) => {
  const fault = (): unknown => {
    try {
      return splitParts(text, ["films"]);
    } catch (error) {
      return error;
    }
  };
  expect(fault()).toMatchObject({
    code: "SQL_FAILED",
    message: expect.stringMatching(message) as string,
    line,
  });
});
