/** How declared columns become Athena's, and where a table's days are. */
import { expect, test } from "vitest";
import { nameAthenaType } from "../../../app/lake/catalog/athena-type.ts";
import { writeAthenaTable } from "../../../app/lake/catalog/athena.ts";
import { parseColumnType } from "../../../app/lake/catalog/column-type.ts";
import { describeKeys, findKeyDays } from "../../../app/lake/catalog/declared-tables.ts";

const name = (type: string): string | undefined => {
  const parsed = parseColumnType(type);
  return parsed === undefined ? undefined : nameAthenaType(parsed);
};

test.each([
  ["varchar", "string"],
  ["VARCHAR(20)", "string"],
  ["smallint", "smallint"],
  ["integer", "int"],
  ["bigint", "bigint"],
  ["uinteger", "bigint"],
  ["double", "double"],
  ["real", "float"],
  ["boolean", "boolean"],
  ["date", "date"],
  ["timestamp", "timestamp"],
  ["timestamp with time zone", "timestamp"],
  ["blob", "binary"],
  ["decimal(3,1)", "decimal(3,1)"],
  ["numeric(10)", "decimal(10,0)"],
  ["decimal", "decimal(18,3)"],
  ["varchar[]", "array<string>"],
  ["integer[3][]", "array<array<int>>"],
  ["struct(id bigint, name varchar)[]", "array<struct<id:bigint,name:string>>"],
  [
    'struct( "cast" struct(id bigint, "order" integer)[],\n crew varchar[] )',
    "struct<`cast`:array<struct<id:bigint,`order`:int>>,crew:array<string>>",
  ],
  ["map(varchar, struct(a decimal(5, 2)))", "map<string,struct<a:decimal(5,2)>>"],
])("%s is %s in Athena", (type, expected) => {
  expect(name(type)).toBe(expected);
});

test.each([
  "hugeint",
  "struct(a hugeint)",
  "time",
  "interval",
  "struct(a)",
  "varchar[",
  "decimal(3,)",
  "",
  "a)",
  "map(varchar)",
])("%j has no type in Athena", (type) => {
  expect(name(type)).toBeUndefined();
});

test("a folder by the day is a projection, in the form that its keys have; another template is none", () => {
  expect(findKeyDays("Trusted/Movies/movies.parquet")).toBeNull();
  expect(findKeyDays("Trusted/Movies/movies-${run_stamp}.parquet")).toBeNull();
  expect(findKeyDays("Trusted/Movies/dt=${ds}/m.parquet")).toEqual({
    segment: "dt=${ds}",
    column: "dt",
    name: "ds",
  });
  expect(findKeyDays("Trusted/${partition}/m.parquet")).toEqual({
    segment: "${partition}",
    column: "day",
    name: "partition",
  });
  for (const key of ["T/${params.x}/m.parquet", "T/a-${ds}/m.parquet", "T/${ds}/${partition}/m.parquet"])
    expect(findKeyDays(key)).toBeUndefined();
  const keys = describeKeys("T/a.b/dt=${ds}/m.parquet");
  expect(keys.exec("T/a.b/dt=2026-11-23/m.parquet")?.[1]).toBe("2026-11-23");
  expect([keys.test("T/axb/dt=2026-11-23/m.parquet"), keys.test("T/a.b/dt=x/y/m.parquet")]).toEqual([
    false,
    false,
  ]);
});

test("the statement for days by partition projection", () => {
  const columns = [
    { name: "imdb_id", type: "varchar", isRequired: true },
    { name: "dt", type: "date", isRequired: true },
  ];
  const table = { dataset: "titles", key: "Trusted/dt=${ds}/titles.parquet", columns };
  const place = {
    root: "s3://bucket/it's",
    days: { segment: "dt=${ds}", column: "dt", name: "ds" } as const,
    firstDay: "2026-11-23",
  };
  expect(writeAthenaTable(table, place)).toEqual({
    sql: `CREATE EXTERNAL TABLE IF NOT EXISTS \`titles\` (
  \`imdb_id\` string
)
PARTITIONED BY (\`dt\` string)
STORED AS PARQUET
LOCATION 's3://bucket/it''s/Trusted/'
TBLPROPERTIES (
  'projection.enabled' = 'true',
  'projection.dt.type' = 'date',
  'projection.dt.format' = 'yyyy-MM-dd',
  'projection.dt.range' = '2026-11-23,NOW+1DAYS',
  'projection.dt.interval' = '1',
  'projection.dt.interval.unit' = 'DAYS',
  'storage.location.template' = 's3://bucket/it''s/Trusted/dt=\${dt}/'
);`,
  });
});
