/** What the project's own part of mutation testing makes of a source: changes of SQL, samples, scores. */
import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { drawSample } from "./draw-sample.ts";
import { computeScore } from "./result.ts";
import { CODE_ROOMS, SQL_ROOM } from "./rooms.ts";
import { applyMutant, listSqlMutants } from "./sql/list-sql-mutants.ts";
import { mutateSql } from "./sql/mutate-sql.ts";

function listChanges(sql: string): readonly string[] {
  return mutateSql(sql).map(
    ({ start, end, replacement }) => sql.slice(0, start) + replacement + sql.slice(end),
  );
}

describe("a statement is changed in one place at a time", () => {
  it.each([
    ["SELECT a FROM t WHERE b = ?", ["SELECT a FROM t WHERE (b = ? OR TRUE)"]],
    [
      "DELETE FROM t WHERE a < ? AND b IS NULL",
      [
        "DELETE FROM t WHERE a <= ? AND b IS NULL",
        "DELETE FROM t WHERE a < ? AND b IS NOT NULL",
        "DELETE FROM t WHERE (a < ? OR TRUE) AND b IS NULL",
        "DELETE FROM t WHERE a < ? AND (b IS NULL OR TRUE)",
      ],
    ],
    [
      "SELECT 1 FROM t WHERE (a = 1 OR b = 2)",
      [
        "SELECT 1 FROM t WHERE ((a = 1 OR b = 2) OR TRUE)",
        "SELECT 1 FROM t WHERE ((a = 1 AND FALSE) OR b = 2)",
        "SELECT 1 FROM t WHERE (a = 1 OR (b = 2 AND FALSE))",
      ],
    ],
    ["SELECT a FROM t WHERE b BETWEEN ? AND ?", ["SELECT a FROM t WHERE (b BETWEEN ? AND ? OR TRUE)"]],
    [
      "SELECT a FROM t ORDER BY a, b DESC LIMIT ?",
      [
        "SELECT a FROM t ORDER BY a, b ASC LIMIT ?",
        "SELECT a FROM t  LIMIT ?",
        "SELECT a FROM t ORDER BY a DESC, b DESC LIMIT ?",
        "SELECT a FROM t ORDER BY a, b DESC LIMIT ? + 1",
        "SELECT a FROM t ORDER BY a, b DESC LIMIT ? * 0 - 1",
      ],
    ],
    [
      "UPDATE t SET a = ?, b = NULL WHERE c = ?",
      [
        "UPDATE t SET a = ?, b = NULL WHERE (c = ? OR TRUE)",
        "UPDATE t SET a = iif(TRUE, a, ?), b = NULL WHERE c = ?",
        "UPDATE t SET a = ?, b = iif(TRUE, b, NULL) WHERE c = ?",
      ],
    ],
    ["${START} WHERE a IS NULL", ["${START} WHERE a IS NOT NULL", "${START} WHERE (a IS NULL OR TRUE)"]],
    [
      "lake = ? AND ${isOld(`r`)}",
      ["(lake = ? OR TRUE) AND ${isOld(`r`)}", "lake = ? AND (${isOld(`r`)} OR TRUE)"],
    ],
    [
      "SELECT max(a) FROM t LEFT JOIN u USING (b) WHERE a NOT IN (1)",
      [
        "SELECT min(a) FROM t LEFT JOIN u USING (b) WHERE a NOT IN (1)",
        "SELECT max(a) FROM t  JOIN u USING (b) WHERE a NOT IN (1)",
        "SELECT max(a) FROM t LEFT JOIN u USING (b) WHERE a IN (1)",
        "SELECT max(a) FROM t LEFT JOIN u USING (b) WHERE (a NOT IN (1) OR TRUE)",
      ],
    ],
  ])("%s", (sql, expected) => {
    expect(listChanges(sql)).toEqual(expected);
  });
});

it("SQL is found in the texts of a source, and a message is none", () => {
  const source = [
    'import { sql } from "./statement.ts";',
    'const text = "nothing is where it was";',
    "export const find = () => sql`SELECT a FROM ${text} WHERE b > ${1} LIMIT ${2}`;",
  ].join("\n");
  const mutants = listSqlMutants("state/a.ts", source);
  expect(mutants.map(({ change, piece }) => [change, piece])).toEqual([
    ["> → >=: >", " WHERE b > "],
    ["AND term dropped: b > ${1}", " WHERE b > "],
    ["LIMIT one more: ${2}", " LIMIT "],
    ["LIMIT dropped: ${2}", " LIMIT "],
  ]);
  expect(applyMutant(source, mutants[0]!)).toBe(source.replace("b > ", "b >= "));
});

it("a statement is found by the text that SQLite gets, without the backslashes of the source", () => {
  const source = "sql`SELECT a FROM t WHERE b = ${1} AND c LIKE '%\\\\_' ESCAPE '\\\\'`";
  expect(listSqlMutants("state/a.ts", source).at(-1)?.piece).toBe(" AND c LIKE '%\\_' ESCAPE '\\'");
});

it.each([...CODE_ROOMS, SQL_ROOM].flatMap(({ paths }) => paths))(
  "there is something to change at %s",
  (path) => {
    const folder = path.slice(0, path.lastIndexOf("/") + 1);
    const files = readdirSync(folder).map((name) => folder + name);
    expect(files.filter((file) => file.startsWith(path)).length).toBeGreaterThan(0);
  },
);

it("a seed draws the same mutants again, whatever their order, and another seed draws others", () => {
  const items = Array.from({ length: 1000 }, (_, index) => `m${index}`);
  const draw = (from: readonly string[], seed: number) =>
    drawSample(from, { size: 100, seed }, (item) => item).toSorted();
  expect(draw(items, 7)).toHaveLength(100);
  expect(draw(items.toReversed(), 7)).toEqual(draw(items, 7));
  expect(draw(items, 8)).not.toEqual(draw(items, 7));
});

it("a score counts time-outs as noticed and what no test reaches as not, and says how far a sample may be off", () => {
  const verdicts = ["noticed", "timed out", "survived", "not covered"] as const;
  const score = computeScore(verdicts.map((verdict) => ({ verdict })));
  expect(score).toMatchObject({ total: 4, noticed: 2, percent: 50 });
  // Newcombe 1998, table I: 81 of 263.
  const known = Array.from({ length: 263 }, (_, index) => ({ verdict: verdicts[index < 81 ? 0 : 2] }));
  expect(computeScore(known).interval.map((percent) => percent.toFixed(2))).toEqual(["25.53", "36.62"]);
});
