/** Cached results of checks of Dag files. They only save time: a lost or damaged row is computed again. */
import { createHash } from "node:crypto";
import type { Query } from "../sqlite/query.ts";
import { mapRow, type Row } from "../sqlite/row.ts";
import { sql, upsertInto } from "../sqlite/statement.ts";

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

/** Deletes the rows with the keys in `gone`, and stores `results` by their keys. */
export function changeDagFileChecks(
  query: Query,
  gone: readonly string[],
  results: ReadonlyMap<string, string>,
): void {
  for (const checkKey of gone) query.run(sql`DELETE FROM dag_file_checks WHERE check_key = ${checkKey}`);
  for (const [checkKey, result] of results) {
    const row = { check_key: checkKey, result, result_sha256: hashText(result) };
    query.run(upsertInto("dag_file_checks", ["check_key"], row));
  }
}

function hashText(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
