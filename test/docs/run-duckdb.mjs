/**
 * Runs the statements of standard input (a JSON list) in one DuckDB session; prints the rows of the last result of each.
 * A statement is its text, or `{ sql, values }` with the values that it names as `$name`: texts, numbers, lists of these.
 */
import { text } from "node:stream/consumers";
import { BIGINT, DuckDBInstance, LIST, listValue, VARCHAR } from "@duckdb/node-api";

const connection = await (await DuckDBInstance.create(":memory:")).connect();
const results = [];
for (const statement of JSON.parse(await text(process.stdin))) {
  const { sql, values } = typeof statement === "string" ? { sql: statement, values: {} } : statement;
  const named = Object.entries(values).filter(([name]) => sql.includes(`$${name}`));
  const lists = named.filter(([, value]) => Array.isArray(value));
  const bound = named.map(([name, value]) => [name, Array.isArray(value) ? listValue(value) : value]);
  const types = lists.map(([name, [first]]) => [name, LIST(typeof first === "number" ? BIGINT : VARCHAR)]);
  const reader = await connection.runAndReadAll(sql, Object.fromEntries(bound), Object.fromEntries(types));
  results.push(reader.getRowObjectsJson());
}
process.stdout.write(JSON.stringify(results));
