/** A Dag's params as values that DuckDB binds: lists and whole numbers need their types named. */
import type { DuckDBType, DuckDBValue } from "@duckdb/node-api";
import type { JsonValue } from "../../../model/dag/dag.ts";
import type { Duckdb } from "./duckdb.ts";
import type { EngineJob } from "./job.ts";

interface Bound {
  readonly values: Record<string, DuckDBValue>;
  readonly types: Record<string, DuckDBType>;
}

/** Only the params of the given names: DuckDB refuses others. */
export function bindParams(duckdb: Duckdb, params: EngineJob["params"], names: readonly string[]): Bound {
  const bound: Bound = { values: {}, types: {} };
  for (const name of names) {
    const [value, type] = bindOne(duckdb, params[name] ?? null);
    bound.values[name] = value;
    bound.types[name] = type;
  }
  return bound;
}

/** An object becomes its JSON. A list is one of whole numbers, numbers or booleans, or else of texts. */
function bindOne(duckdb: Duckdb, value: JsonValue): readonly [DuckDBValue, DuckDBType] {
  const { BIGINT, BOOLEAN, DOUBLE, LIST, SQLNULL, VARCHAR, listValue } = duckdb;
  if (value === null) return [null, SQLNULL];
  if (typeof value === "string") return [value, VARCHAR];
  if (typeof value === "boolean") return [value, BOOLEAN];
  if (typeof value === "number")
    return Number.isSafeInteger(value) ? [BigInt(value), BIGINT] : [value, DOUBLE];
  if (!isList(value)) return [JSON.stringify(value), VARCHAR];
  if (value.length > 0 && value.every((item) => Number.isSafeInteger(item)))
    return [listValue(value.map((item) => BigInt(Number(item)))), LIST(BIGINT)];
  if (value.length > 0 && value.every((item) => typeof item === "number"))
    return [listValue(value.map(Number)), LIST(DOUBLE)];
  if (value.length > 0 && value.every((item) => typeof item === "boolean"))
    return [listValue(value.map(Boolean)), LIST(BOOLEAN)];
  const texts = value.map((item) =>
    item === null || typeof item === "string" ? item : JSON.stringify(item),
  );
  return [listValue(texts), LIST(VARCHAR)];
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}
