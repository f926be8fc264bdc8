/** The tables that the Dag folder's tasks declare, with their columns, and the folder and days of their objects. */
import { posix } from "node:path";
import type { DagFolder } from "../../../config/dag-file/load-dags.ts";
import { listReferences } from "../../../model/dag/template.ts";
import type { JsonValue } from "../../../model/dag/dag.ts";
import type { AnyTaskType } from "../../../model/ports/task-type.ts";
import { readColumns } from "../../../tasks/sql-to-lake/options.ts";

export interface DeclaredTable {
  readonly dataset: string;
  /** Template of the objects' keys. */
  readonly key: string;
  readonly columns: ReturnType<typeof readColumns>;
}

/** Where the days of a table are in its keys. */
export interface KeyDays {
  /** The part of the key that holds the day, such as `dt=${ds}`. */
  readonly segment: string;
  /** `dt` of `dt=${ds}`; otherwise `day`. */
  readonly column: string;
  /** `ds` is `yyyy-MM-dd`, `partition` is `yyyy/MM/dd`. */
  readonly name: "ds" | "partition";
}

/** By dataset. A dataset or key that params decide is no table of its own. */
export function listDeclaredTables(
  folder: DagFolder,
  registry: ReadonlyMap<string, AnyTaskType>,
): readonly DeclaredTable[] {
  const tables = [...folder.dags.values()].flatMap(({ definition }) =>
    definition.tasks.flatMap((task): DeclaredTable[] => {
      const written = registry.get(task.type)?.writes(task.with);
      const { columns } = task.with;
      if (written === undefined || !isTextByName(columns) || listReferences(written.dataset).length > 0)
        return [];
      return [{ dataset: written.dataset, key: written.key, columns: readColumns(columns) }];
    }),
  );
  return tables.toSorted((left, right) => (left.dataset < right.dataset ? -1 : 1));
}

/** `null`: its folder has no template. `undefined`: its folder has one that is no day, or several. */
export function findKeyDays(key: string): KeyDays | null | undefined {
  const folder = posix.dirname(key);
  const names = listReferences(folder);
  if (names.length === 0) return null;
  const [name] = names;
  if (names.length > 1 || (name !== "ds" && name !== "partition")) return undefined;
  const segment = folder.split("/").find((part) => part.includes("${")) ?? "";
  const [, column] = /^([a-z][a-z0-9_]*)=\$\{ds\}$/.exec(segment) ?? [];
  if (column !== undefined) return { segment, column, name: "ds" };
  return segment === `\${${name}}` ? { segment, column: "day", name } : undefined;
}

/** What any key of the template looks like. */
export function describeKeys(key: string): RegExp {
  const parts = key
    .split(/\$\{[^{}]*\}/)
    .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
  const names = listReferences(key).map((name) =>
    name === "partition" ? String.raw`(\d{4}/\d{2}/\d{2})` : "([^/]+)",
  );
  return new RegExp(`^${parts.map((part, index) => part + (names[index] ?? "")).join("")}$`);
}

function isTextByName(value: JsonValue | undefined): value is Readonly<Record<string, string>> {
  return (
    value !== null &&
    typeof value === "object" &&
    !Array.isArray(value) &&
    Object.values(value).every((one) => typeof one === "string")
  );
}
