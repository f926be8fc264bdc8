/** Sums of ids are computed once for each state of the database, and never shown of an earlier one. */
import { expect, test } from "vitest";
import { createKeptFigures } from "../../../web/reading/kept-figures.ts";
import { sql } from "../../../state/sqlite/statement.ts";
import { makeDag, makeTask } from "../../support/test-dag.ts";
import { fillLake } from "../../support/web/lake-rows.ts";
import { plainText } from "../../support/web/page-text.ts";
import { openReadWorld } from "../../support/web/read-world.ts";

test("a figure is computed once for a version of the database", () => {
  const kept = createKeptFigures();
  let count = 0;
  const get = (version: number, name: string) => kept.get(version, name, () => (count += 1));
  expect([get(1, "a"), get(1, "a"), get(1, "b")]).toEqual([1, 1, 2]);
  expect([get(2, "a"), get(2, "a")]).toEqual([3, 3]);
  kept.forget();
  expect(get(2, "a")).toBe(4);
});

test("names that addresses bring are not kept without an end", () => {
  const kept = createKeptFigures();
  let count = 0;
  for (let index = 0; index < 200; index += 1) kept.get(1, `n${index}`, () => (count += 1));
  for (let index = 0; index < 200; index += 1) kept.get(1, `n${index}`, () => (count += 1));
  expect(count).toBe(300);
});

test("a page shows what was committed just before it", async () => {
  const world = await openReadWorld();
  const dag = makeDag([makeTask("titles")], { dagId: "steady" });
  await world.saveDag(dag);
  await world.addRun({ dag, date: "2026-11-22T09:00:00Z", state: "running", tasks: { titles: "running" } });
  await world.write((query) => fillLake(query, world.lake.id));
  const read = async (): Promise<string> => plainText(await world.ask("/ids"));
  expect(await read()).toContain("5 asked, 1 failed, 1 not found");
  expect(await read()).toContain("5 asked, 1 failed, 1 not found");
  await world.write((query) => {
    query.run(sql`UPDATE processed_ids SET outcome = 'failed' WHERE outcome = 'not_found'`);
  });
  expect(await read()).toContain("5 asked, 2 failed, 0 not found");
});
