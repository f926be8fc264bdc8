/** Gives the lake's own files the names that they had before 0.2, on disk and in the database. */
import { readdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import BetterSqlite3 from "better-sqlite3";

/** `.manifest-….lake` as `_manifest-….json`; any other name as it is. */
function nameAsBefore(name: string): string {
  return name.replace(/^\.(manifest-.*)\.lake$/, "_$1.json");
}

/** Below a folder. */
export function renameFilesAsBefore(folder: string): void {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const owner = /^\.meta-(.*)\.lake$/.exec(entry.name)?.[1];
    const name = owner === undefined ? nameAsBefore(entry.name) : `_${nameAsBefore(owner)}.meta.json`;
    if (entry.isFile()) renameSync(join(entry.parentPath, entry.name), join(entry.parentPath, name));
  }
}

export function renameKeysAsBefore(databaseFile: string): void {
  const database = new BetterSqlite3(databaseFile);
  for (const table of ["objects", "batches"]) {
    database.exec(
      `UPDATE ${table} SET key = replace(replace(key, '/.manifest-', '/_manifest-'), '.lake', '.json')
        WHERE kind = 'manifest'`,
    );
  }
  database.close();
}
