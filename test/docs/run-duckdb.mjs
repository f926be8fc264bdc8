/** Runs the statements of standard input (a JSON list) in one DuckDB session; prints the rows of the last result of each. */
import { text } from "node:stream/consumers";
import { DuckDBInstance } from "@duckdb/node-api";

const connection = await (await DuckDBInstance.create(":memory:")).connect();
const results = [];
for (const sql of JSON.parse(await text(process.stdin))) {
  const reader = await connection.runAndReadAll(sql);
  results.push(reader.getRowObjectsJson());
}
process.stdout.write(JSON.stringify(results));
