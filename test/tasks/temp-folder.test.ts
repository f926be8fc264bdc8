/** The folders of attempts that compute: what is removed as left by a dead process, and what is in use. */
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { SPILL_FOLDER } from "../../tasks/sql-to-lake/engine/job.ts";
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

test("an attempt's folder is for its user alone; it is removed with its files, and no other database's attempt removes it", async () => {
  const scope = `${process.pid}-${Date.now()}`;
  const folders = createTempFolders("table");
  const folder = await folders.open(`attempt@1@${scope}`);
  expect(statSync(folder.path).mode & 0o777).toBe(0o700);
  expect(existsSync(join(folder.path, SPILL_FOLDER))).toBe(true);
  await createTempFolders("table").sweep(`attempt@${scope}-other`);
  await removeLeftFolders(`${scope}-other`);
  expect(existsSync(folder.path)).toBe(true);
  await folder.remove();
  expect(existsSync(folder.path)).toBe(false);
  await folder.remove();
});
