/**
 * What Athena calls a column's type in `CREATE EXTERNAL TABLE`, for Parquet as DuckDB writes it
 * (https://docs.aws.amazon.com/athena/latest/ug/data-types.html).
 */
import type { ColumnType } from "./column-type.ts";

const PLAIN: Readonly<Record<string, string>> = {
  varchar: "string",
  text: "string",
  string: "string",
  char: "string",
  bpchar: "string",
  json: "string",
  boolean: "boolean",
  bool: "boolean",
  logical: "boolean",
  tinyint: "tinyint",
  int1: "tinyint",
  smallint: "smallint",
  int2: "smallint",
  short: "smallint",
  integer: "int",
  int: "int",
  int4: "int",
  signed: "int",
  bigint: "bigint",
  int8: "bigint",
  long: "bigint",
  // Athena knows no unsigned numbers: the next larger type has room for each.
  utinyint: "smallint",
  usmallint: "int",
  uinteger: "bigint",
  real: "float",
  float: "float",
  float4: "float",
  double: "double",
  "double precision": "double",
  float8: "double",
  date: "date",
  timestamp: "timestamp",
  datetime: "timestamp",
  "timestamp with time zone": "timestamp",
  timestamptz: "timestamp",
  blob: "binary",
  bytea: "binary",
  varbinary: "binary",
};

const DECIMALS: ReadonlySet<string> = new Set(["decimal", "numeric", "dec"]);
/** DuckDB's, where none are written. */
const DECIMAL_SIZES = [18, 3] as const;

/** `undefined` for a type that Athena cannot read, such as `hugeint`. */
export function nameAthenaType(type: ColumnType): string | undefined {
  switch (type.kind) {
    case "plain": {
      if (!DECIMALS.has(type.name)) return PLAIN[type.name];
      const [precision = DECIMAL_SIZES[0], scale = type.sizes.length === 0 ? DECIMAL_SIZES[1] : 0] =
        type.sizes;
      return `decimal(${precision},${scale})`;
    }
    case "list": {
      const item = nameAthenaType(type.of);
      return item === undefined ? undefined : `array<${item}>`;
    }
    case "map": {
      const [key, value] = [nameAthenaType(type.key), nameAthenaType(type.value)];
      return key === undefined || value === undefined ? undefined : `map<${key},${value}>`;
    }
    case "struct": {
      const fields = type.fields.map(({ name, type: inner }) => {
        const named = nameAthenaType(inner);
        return named === undefined ? undefined : `${quoteField(name)}:${named}`;
      });
      return fields.includes(undefined) ? undefined : `struct<${fields.join(",")}>`;
    }
  }
}

/** Names that Athena's DDL reserves and that services use for fields, or that have other characters. */
const RESERVED: ReadonlySet<string> = new Set(
  "all alter and array as between bigint boolean both by case cast char column create cross date decimal delete describe distinct double drop else end exists external false fetch float for foreign from full function grant group having if in inner insert int interval into is join left like local map more not null of on or order out outer partition percent primary range reads references right row rows select set smallint start table then time timestamp to trigger true union unique update user using values varchar view when where with year".split(
    " ",
  ),
);

function quoteField(name: string): string {
  return /^[a-z][a-z0-9_]*$/i.test(name) && !RESERVED.has(name.toLowerCase())
    ? name
    : `\`${name.replaceAll("`", "``")}\``;
}
