/** A row of the database as the rest of the code reads it. */
import { expect, test } from "vitest";
import { flag, json, mapRow } from "../../../state/sqlite/row.ts";

test("columns get their names in camelCase, and those that are named are converted", () => {
  const row = { dag_run_id: 7, is_committed: 1, level_2_name: null, facts: '{"a":[1]}', plain: "{}" };
  expect(mapRow(row, { isCommitted: flag, facts: json })).toEqual({
    dagRunId: 7,
    isCommitted: true,
    level2Name: null,
    facts: { a: [1] },
    plain: "{}",
  });
});

test("every number except 0 is true, and nothing else is", () => {
  expect([1, -1, 2, 0, null, undefined, "1"].map(flag)).toEqual([
    true,
    true,
    true,
    false,
    false,
    false,
    false,
  ]);
});

test("JSON that is absent is null", () => {
  expect([null, undefined, 7, "7"].map(json)).toEqual([null, null, null, 7]);
});
