/** A table as a view for DuckDB: its objects, where they are, with the declared columns. */
import { listReferences } from "../../../model/dag/template.ts";
import { quoteName, quoteText } from "../../../tasks/sql-to-lake/engine/quote.ts";
import type { DeclaredTable } from "./declared-tables.ts";

/** `root`: a folder or `s3://bucket/prefix`, without a slash at its end. */
export function writeDuckdbView({ dataset, key, columns }: DeclaredTable, root: string): string {
  const names = columns.map(({ name }) => `  ${quoteName(name)}`).join(",\n");
  const parts = key.split(/\$\{[^{}]*\}/).map(escapeGlob);
  const stars = listReferences(key).map((name) => (name === "partition" ? "*/*/*" : "*"));
  const glob = parts.map((part, index) => part + (stars[index] ?? "")).join("");
  return [
    `CREATE OR REPLACE VIEW ${quoteName(dataset)} AS SELECT`,
    names,
    `FROM read_parquet(${quoteText(`${escapeGlob(root)}/${glob}`)}, union_by_name = true, hive_partitioning = false);`,
  ].join("\n");
}

function escapeGlob(text: string): string {
  return text.replaceAll(/[*?[]/g, "[$&]");
}
