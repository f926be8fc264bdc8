/** The folders of attempts that compute: what is removed as left by a dead process, and what is in use. */
import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { createTempFolders, removeLeftFolders } from "../../tasks/sql-to-lake/temp-folder.ts";

test("a table's attempt removes what its own type left, and no folder of a report that is being made", async () => {
  const cookie = `attempt@${process.pid}-${Date.now()}`;
  const tables = createTempFolders("table");
  const reports = createTempFolders("report");
  const report = await reports.open(cookie);
  const table = await tables.open(cookie);
  const left = await createTempFolders("table").open(cookie);
  await tables.sweep(cookie);
  expect([left, table, report].map(({ path }) => existsSync(path))).toEqual([false, true, true]);
  await reports.sweep(cookie);
  expect(existsSync(report.path)).toBe(true);
  await removeLeftFolders(cookie.slice(cookie.lastIndexOf("@") + 1));
  expect([table, report].map(({ path }) => existsSync(path))).toEqual([false, false]);
});
