/** A label and its text: broken to a terminal's width, one line anywhere else. */
import { expect, test } from "vitest";
import { createOutput } from "../../../cli/output/output.ts";

const TEXT =
  "no token: set TMDB_API_TOKEN in .env, or its file in TMDB_API_TOKEN_FILE; until then tmdb-to-lake fails";

function print(columns: number, isTTY = true, text = TEXT): string[] {
  let written = "";
  const stdout = { isTTY, columns, write: (part: string) => (written += part).length > 0 };
  createOutput({ stdout, stderr: stdout }).labelled("warn  token  ", 13, text);
  return written.split("\n");
}

test.each([60, 100])("fits a terminal of %i columns, with the further lines below the first", (columns) => {
  const lines = print(columns);
  expect(lines.pop()).toBe("");
  expect(lines.length).toBeGreaterThan(1);
  expect(lines.filter((line) => line.length > columns)).toEqual([]);
  expect(lines.slice(1).every((line) => /^ {13}\S/.test(line))).toBe(true);
  expect(lines.map((line) => line.slice(13)).join(" ")).toBe(TEXT);
});

test("is one line in a wide terminal, and in a file", () => {
  expect(print(160)).toEqual([`warn  token  ${TEXT}`, ""]);
  expect(print(0, false)).toEqual([`warn  token  ${TEXT}`, ""]);
});

test("in a terminal that is hardly wider than the label the text keeps some room", () => {
  expect(print(20)[0]).toBe("warn  token  no token: set");
});

test("control characters in the text are escaped", () => {
  expect(print(160, true, "a\nb\u001b[2J")).toEqual([String.raw`warn  token  a\nb\u001b[2J`, ""]);
});
