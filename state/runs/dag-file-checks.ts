/** Cached results of checks of Dag files. They only save time: a lost or damaged row is computed again. */
import { createHash } from "node:crypto";
import type { Query } from "../sqlite/query.ts";
import { mapRow, type Row } from "../sqlite/row.ts";
import { insertInto, sql } from "../sqlite/statement.ts";

interface DagFileCheck {
  readonly checkKey: string;
  readonly result: string;
  readonly resultSha256: string;
}

/** By their keys, as JSON, without damaged rows. */
export function listDagFileChecks(query: Query): ReadonlyMap<string, string> {
  const rows = query.all<Row>(sql`SELECT check_key, result, result_sha256 FROM dag_file_checks`);
  return new Map(
    rows
      .map((row) => mapRow<DagFileCheck>(row))
      .filter(({ result, resultSha256 }) => hashText(result) === resultSha256)
      .map(({ checkKey, result }) => [checkKey, result]),
  );
}

/** Replaces all rows. */
export function replaceDagFileChecks(query: Query, results: ReadonlyMap<string, string>): void {
  query.run(sql`DELETE FROM dag_file_checks`);
  for (const [checkKey, result] of results) {
    query.run(
      insertInto("dag_file_checks", { check_key: checkKey, result, result_sha256: hashText(result) }),
    );
  }
}

function hashText(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
