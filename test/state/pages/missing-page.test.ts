/** Pages of missing ids, among 100,000: together they are `v_missing`, and each reads few rows, by indexes. */
import { expect, test } from "vitest";
import { listMissingPage, type MissingOutcome } from "../../../state/pages/missing-page.ts";
import type { RowPlace } from "../../../state/pages/page.ts";
import type { Query } from "../../../state/sqlite/query.ts";
import { Sql, sql } from "../../../state/sqlite/statement.ts";
import { AT, HERE, openRows } from "../rows.ts";

const rows = openRows();
const ID = `printf('tt%07d', i)`;
const DECIDE = `INSERT INTO processed_ids (question_id, asked_id, generation, outcome, reason, is_permanent, logical_date, decided_at)`;
const SPOOL = `INSERT INTO spool (ask_id, question_id, generation, asked_id, structure, size_bytes, fetched_at, body)`;

/** Each number is an id; its rest decides what happened to it. */
async function fill(ids: number): Promise<void> {
  const numbers = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${ids})`;
  const texts = [
    `UPDATE questions SET source = '{"base_url":"x"}', facets = '{"language":"pt-BR"}' WHERE question_id = 1`,
    // The same question under another hash, as an early version made it: its answers count too.
    `INSERT INTO questions (question_id, lake, hash, dataset, source, facets)
      VALUES (9, '${HERE}', 'old', 'titles', '{"base_url":"x"}', '{"language":"pt-BR"}')`,
    `INSERT INTO candidate_ids (candidate_set_id, position, asked_id) ${numbers} SELECT 1, i, ${ID} FROM n`,
    `${DECIDE} ${numbers} SELECT 1, ${ID}, '0', 'stored', NULL, 1, '${AT}', '${AT}' FROM n WHERE i % 20 >= 4`,
    `${DECIDE} ${numbers} SELECT 1, ${ID}, '0', 'failed', 'server_error', 0, '${AT}', '${AT}' FROM n WHERE i % 20 = 0`,
    `${DECIDE} ${numbers} SELECT 1, ${ID}, '0', 'not_found', 'unknown', 1, '${AT}', '${AT}' FROM n WHERE i % 20 = 1`,
    // A third of the failures was answered later, by the other question; another third is in the spool by now.
    `${DECIDE} ${numbers} SELECT 9, ${ID}, '1', 'stored', NULL, 1, '${AT}', '${AT}' FROM n WHERE i % 60 = 0`,
    `${SPOOL} ${numbers} SELECT 1, 1, '0', ${ID}, 's', 2, '${AT}', x'7b7d' FROM n WHERE i % 60 = 20 OR i % 20 = 2`,
  ];
  await rows.database.write((query) => {
    for (const text of texts) query.run(new Sql(text, []));
  });
}

interface Walk {
  readonly ids: readonly string[];
  readonly pages: number;
  readonly longest: number;
}

function walk(limit: number, outcome?: MissingOutcome): Walk {
  const ids: string[] = [];
  let after: RowPlace | undefined;
  let longest = 0;
  for (let pages = 1; ; pages += 1) {
    const page = listMissingPage(
      rows.database,
      { lakeId: HERE, dataset: undefined, outcome },
      { limit, after },
    );
    ids.push(...page.rows.map((row) => `${row.askedId} ${row.outcome} ${row.reason} ${row.language}`));
    longest = Math.max(longest, page.rows.length);
    if (page.next === null) return { ids, pages, longest };
    after = page.next;
  }
}

function listView(outcome: string): readonly string[] {
  return rows.database
    .all<{ name: string }>(
      sql`SELECT asked_id || ' ' || outcome || ' ' || coalesce(reason, 'null') || ' ' || coalesce(language, 'null') AS name
          FROM v_missing WHERE lake = ${HERE} AND outcome = ${outcome} ORDER BY 1`,
    )
    .map(({ name }) => name);
}

test("pages are the view's rows, each once, whatever their size and for each outcome", async () => {
  await fill(3_000);
  const outcomes = ["failed", "not_found", "spooled", "not_asked"] as const;
  for (const outcome of outcomes) {
    const { ids, longest } = walk(20, outcome);
    expect(ids.length).toBeGreaterThan(40);
    expect(ids.toSorted()).toEqual(listView(outcome));
    expect(longest).toBe(20);
  }
  const all = outcomes.flatMap(listView).toSorted();
  for (const limit of [100, 37, 1]) expect(walk(limit).ids.toSorted()).toEqual(all);
});

test("of 100,000 ids each page reads few, by indexes, wherever it begins", async () => {
  await fill(100_000);
  const filter = { lakeId: HERE, dataset: undefined, outcome: undefined };
  const steps = new Set<string>();
  let most = 0;
  let pages = 0;
  let after: RowPlace | undefined;
  do {
    let read = 0;
    const spy: Query = {
      ...rows.database,
      all: (statement) => {
        for (const { detail } of rows.database.all<{ detail: string }>(sql`EXPLAIN QUERY PLAN ${statement}`))
          steps.add(detail);
        const found = rows.database.all(statement);
        read += found.length;
        return found as never;
      },
    };
    after = listMissingPage(spy, filter, { limit: 100, after }).next ?? undefined;
    most = Math.max(most, read);
    pages += 1;
  } while (after !== undefined);
  expect(pages).toBeGreaterThan(100);
  expect(most).toBeLessThanOrEqual(5_010);
  const text = [...steps].join("\n");
  expect(text).toContain(
    "INDEX processed_ids_missing (question_id=? AND outcome=? AND (asked_id,generation)>(?,?))",
  );
  expect(text).toContain("SEARCH c USING PRIMARY KEY (candidate_set_id=? AND position>?)");
  expect(text).toContain("asks_by_question (question_id=?)");
  // `w` is the page's own rows, `e` the numbers of the same questions.
  expect([...steps].filter((step) => /^SCAN (?![ew]\b|json_each|CONSTANT|\()/.test(step))).toEqual([]);
});
