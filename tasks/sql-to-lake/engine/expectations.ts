/** Which expectations the written table breaks, each with the first rows that show it. */
import type { BrokenExpectation, EngineJob, Expectation } from "./job.ts";
import { nest, quoteName } from "./quote.ts";
import type { Session } from "./session.ts";

const SHOWN_ROWS = 20;

export async function listBroken(
  session: Session,
  job: EngineJob,
  rows: number,
): Promise<readonly BrokenExpectation[]> {
  const broken: BrokenExpectation[] = [];
  for (const expectation of job.expectations) broken.push(...(await check(session, job, rows, expectation)));
  return broken;
}

async function check(
  session: Session,
  job: EngineJob,
  rows: number,
  expectation: Expectation,
): Promise<readonly BrokenExpectation[]> {
  const { severity } = expectation;
  switch (expectation.kind) {
    case "rows":
      return listRowFaults(expectation, rows, job.previousRows).map((message) => ({
        severity,
        message,
        rows: [],
      }));
    case "unique": {
      const names = expectation.columns.map(quoteName).join(", ");
      const doubled = `SELECT ${names}, count(*) AS "rows" FROM output GROUP BY ${names} HAVING count(*) > 1`;
      const message = `is not unique: ${expectation.columns.join(", ")}`;
      return await listRows(session, `(${doubled})`, {}, severity, (count) => `${message} (${count} values)`);
    }
    case "none": {
      const { sql } = expectation;
      await session.assertSelect(sql, job.params, `expect: none: ${sql}`);
      return await listRows(
        session,
        nest(sql),
        job.params,
        severity,
        (count) => `${count} rows of: ${sql.trim()}`,
      );
    }
  }
}

function listRowFaults(
  { atLeast, shrinkAtMost }: Extract<Expectation, { kind: "rows" }>,
  rows: number,
  previousRows: number | null,
): readonly string[] {
  const faults: string[] = [];
  if (atLeast !== null && rows < atLeast) faults.push(`${rows} rows, and at least ${atLeast} are expected`);
  if (shrinkAtMost !== null && previousRows !== null && rows < previousRows * (1 - shrinkAtMost)) {
    const percent = ((1 - rows / previousRows) * 100).toFixed(1);
    faults.push(
      `${rows} rows instead of ${previousRows}: ${percent} % less, and at most ${shrinkAtMost * 100} % are expected`,
    );
  }
  return faults;
}

async function listRows(
  session: Session,
  source: string,
  params: EngineJob["params"],
  severity: Expectation["severity"],
  describe: (count: number) => string,
): Promise<readonly BrokenExpectation[]> {
  const [counted] = (await session.run(`SELECT count(*) AS "rows" FROM ${source}`, params, 1)).rows;
  const count = Number(counted?.["rows"] ?? 0);
  if (count === 0) return [];
  const shown = await session.run(`SELECT * FROM ${source} LIMIT ${SHOWN_ROWS}`, params, 1);
  return [{ severity, message: describe(count), rows: shown.rows.map((row) => JSON.stringify(row)) }];
}
