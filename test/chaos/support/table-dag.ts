/** Dags that make a table or a report of the films' CSV, in two versions of their SQL; and what is left of their processes. */
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

export const PAGE_KEYS = ["Report/Movies/movies-pt.html", "Report/Movies/movies-en.html"] as const;

export function writeReportDag(world: Pick<SweepWorld, "dagsFolder">, version: 1 | 2): void {
  writeFileSync(
    join(world.dagsFolder, "reports.yaml"),
    `dag: reports
schedule: manual
timezone: America/Sao_Paulo
tasks:
  movies:
    type: report-to-lake
    with:
      dataset: report_movies
      key: "Report/Movies/movies-\${language}.html"
      inputs: { raw: { dataset: movies, format: csv } }
      title: { pt: Filmes, en: Films }
      intro: { pt: "Versão {version}", en: "Version {version}" }
      sql: |
        -- part: facts
        select count(*) as films, ${version} as version from raw
      facts: facts
      blocks:
        - part: facts
          kind: number
          title: { pt: Filmes, en: Films }
          rule: { pt: Todos, en: All }
          coverage: { known: films, of: films, what: { pt: filmes, en: films } }
          columns: { films: { pt: Filmes, en: Films, as: count } }
`,
  );
}

type Asked = Pick<SweepWorld, "query">;

function readDatabaseId(world: Asked): string {
  const [row] = world.query<{ id: string }>("SELECT database_id AS id FROM database_identity");
  return row?.id ?? "none";
}

/** Processes that compute for attempts of this world's database. */
export function listEngines(world: Asked): readonly number[] {
  const mark = `@${readDatabaseId(world)}`;
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, "utf8").includes(mark);
      } catch {
        return false;
      }
    })
    .map(Number);
}

/** Folders and processes of attempts of this world's database. */
export function listLeft(world: Asked): readonly string[] {
  const scope = createHash("sha256").update(readDatabaseId(world)).digest("hex").slice(0, 16);
  const folders = readdirSync(tmpdir()).filter((name) => name.startsWith(`dagmar-table-${scope}`));
  return [...folders, ...listEngines(world).map((pid) => `process ${pid}`)];
}
