/** A table as a statement for Athena: an external table over its folder, its days by partition projection. */
import { posix } from "node:path";
import { nameAthenaType } from "./athena-type.ts";
import { parseColumnType } from "./column-type.ts";
import type { DeclaredTable, KeyDays } from "./declared-tables.ts";

export interface AthenaPlace {
  /** `s3://bucket/prefix`, without a slash at its end. */
  readonly root: string;
  readonly days: KeyDays | null;
  /** The first day of the projection, in the form that the keys have. */
  readonly firstDay: string;
}

/** Or why there is none. */
export function writeAthenaTable(
  { dataset, key, columns }: DeclaredTable,
  { root, days, firstDay }: AthenaPlace,
): { readonly sql: string } | { readonly why: string } {
  const lines: string[] = [];
  for (const { name, type } of columns) {
    // A day is taken from the key: as a column too it would be there twice.
    if (name === days?.column) continue;
    const parsed = parseColumnType(type);
    const named = parsed === undefined ? undefined : nameAthenaType(parsed);
    if (named === undefined) return { why: `Athena has no type for its column ${name} (${type})` };
    lines.push(`  \`${name}\` ${named}`);
  }
  const folder = posix.dirname(key);
  const statement = [`CREATE EXTERNAL TABLE IF NOT EXISTS \`${dataset}\` (`, lines.join(",\n"), ")"];
  if (days === null)
    return {
      sql: [...statement, "STORED AS PARQUET", `LOCATION ${quote(`${root}/${folder}/`)};`].join("\n"),
    };
  const { column, segment, name } = days;
  const before = folder.slice(0, folder.indexOf(segment));
  const properties: readonly (readonly [string, string])[] = [
    ["projection.enabled", "true"],
    [`projection.${column}.type`, "date"],
    [`projection.${column}.format`, name === "ds" ? "yyyy-MM-dd" : "yyyy/MM/dd"],
    // The day of a Dag's zone may be ahead of UTC's, which NOW is.
    [`projection.${column}.range`, `${firstDay},NOW+1DAYS`],
    [`projection.${column}.interval`, "1"],
    [`projection.${column}.interval.unit`, "DAYS"],
    ["storage.location.template", `${root}/${folder.replace(`\${${name}}`, `\${${column}}`)}/`],
  ];
  return {
    sql: [
      ...statement,
      `PARTITIONED BY (\`${column}\` string)`,
      "STORED AS PARQUET",
      `LOCATION ${quote(`${root}/${before}`)}`,
      "TBLPROPERTIES (",
      properties.map(([property, value]) => `  ${quote(property)} = ${quote(value)}`).join(",\n"),
      ");",
    ].join("\n"),
  };
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
