/** A Dag that makes one table of the films' CSV, in two versions of its SQL; and what is left of its processes. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SweepWorld } from "../sweep-world.ts";

export const TABLE_KEY = "Trusted/Movies/movies.parquet";
export const FIRST_DATE = "2026-01-02";
export const SECOND_DATE = "2026-01-03";

export function writeTableDag(world: Pick<SweepWorld, "dagsFolder">, version: 1 | 2): void {
  writeFileSync(
    join(world.dagsFolder, "tables.yaml"),
    `dag: tables
schedule: manual
timezone: America/Sao_Paulo
tasks:
  movies:
    type: sql-to-lake
    with:
      dataset: trusted_movies
      key: ${TABLE_KEY}
      inputs: { raw: { dataset: movies, format: csv } }
      sql: select id, ${version} as version from raw order by id
      columns: { id: varchar not null, version: integer }
      expect: [{ unique: [id] }]
`,
  );
}

/** Folders and processes of attempts of this world's database. */
export function listLeft(world: Pick<SweepWorld, "query">): readonly string[] {
  const [row] = world.query<{ id: string }>("SELECT database_id AS id FROM database_identity");
  const id = row?.id ?? "none";
  const scope = createHash("sha256").update(id).digest("hex").slice(0, 16);
  const folders = readdirSync(tmpdir()).filter((name) => name.startsWith(`dagmar-table-${scope}`));
  const processes = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, "utf8").includes(`@${id}`);
      } catch {
        return false;
      }
    });
  return [...folders, ...processes.map((pid) => `process ${pid}`)];
}
