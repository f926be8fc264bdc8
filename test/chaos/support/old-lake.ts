/** A sweep's world with a lake of before 0.2: both example Dags have run, and the lake's own files have their old names. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { renameFilesAsBefore, renameKeysAsBefore } from "../../lake/old-names.ts";
import type { SweepWorld } from "../sweep-world.ts";

const DATE = ["--date", "2026-01-02"];

export async function beginWithOldLake(world: SweepWorld): Promise<void> {
  await world.begin([
    ["run", "csv_ingest", ...DATE],
    ["run", "tmdb_ingest", ...DATE],
  ]);
  renameFilesAsBefore(join(world.folder, "lake/Raw"));
  renameKeysAsBefore(world.databaseFile);
  writeFileSync(join(world.folder, "failpoints"), "");
  world.simulator.reset();
}

/** Finds everything done, in the lake and in the database. */
export const RERUN = ["run", "tmdb_ingest", ...DATE, "--rerun"];
