/** Computes the parts of a report's SQL in one language, and reads what the page shows of them. */
import type { Json } from "@duckdb/node-api";
import { JobFault } from "../sql-to-lake/engine/job.ts";
import { nest, quoteName } from "../sql-to-lake/engine/quote.ts";
import type { Session } from "../sql-to-lake/engine/session.ts";
import type { ReportJob } from "./job.ts";
import type { Language } from "./languages.ts";
import type { SqlPart } from "./split-parts.ts";

export type Row = Readonly<Record<string, Json>>;

export interface PartRows {
  readonly facts: Row;
  /** The rows of each block. */
  readonly blocks: readonly (readonly Row[])[];
}

/** More make no chart that can be read, and a page that is too long. */
const MOST_ROWS = 2000;

export async function computeParts(
  session: Session,
  job: ReportJob,
  parts: readonly SqlPart[],
  language: Language,
): Promise<PartRows> {
  const params = { ...job.params, language };
  for (const { name, sql, linesBefore } of parts) {
    try {
      await session.assertSelect(sql, params, `The part ${name}`);
      // Its first line is the statement's second one.
      await session.run(`CREATE OR REPLACE TEMP TABLE ${quoteName(name)} AS ${nest(sql)}`, params, 1);
    } catch (error) {
      throw placeFault(error, linesBefore);
    }
  }
  const known = new Set(parts.map(({ name }) => name));
  const blocks: (readonly Row[])[] = [];
  for (const { part, columns } of job.report.blocks)
    blocks.push(await readPart(session, known, part, Object.keys(columns)));
  const rows = await readPart(session, known, job.report.facts, []);
  const [facts] = rows;
  if (facts !== undefined && rows.length === 1) return { facts, blocks };
  throw new JobFault(
    "REPORT_NOT_AS_DECLARED",
    `facts: the part ${job.report.facts} has ${rows.length} rows, and must have one.`,
  );
}

async function readPart(
  session: Session,
  known: ReadonlySet<string>,
  part: string,
  columns: readonly string[],
): Promise<readonly Row[]> {
  if (!known.has(part))
    throw new JobFault("REPORT_NOT_AS_DECLARED", `The SQL has no part ${part}.`, {
      hint: `Parts: ${[...known].join(", ")}.`,
    });
  const { names, rows } = await session.run(`SELECT * FROM ${quoteName(part)} LIMIT ${MOST_ROWS + 1}`);
  const missing = columns.filter((column) => !names.includes(column));
  if (missing.length > 0)
    throw new JobFault("REPORT_NOT_AS_DECLARED", `The part ${part} has no column ${missing.join(", ")}.`, {
      hint: `Columns: ${names.join(", ")}.`,
    });
  if (rows.length > MOST_ROWS)
    throw new JobFault("REPORT_NOT_AS_DECLARED", `The part ${part} has more than ${MOST_ROWS} rows.`, {
      hint: "Show fewer: add a LIMIT.",
    });
  return rows;
}

/** The line of the part becomes the line of the whole SQL. */
function placeFault(error: unknown, linesBefore: number): unknown {
  if (!(error instanceof JobFault) || error.line === null) return error;
  return new JobFault(error.code, error.message, {
    line: error.line + linesBefore,
    ...(error.hint === null ? {} : { hint: error.hint }),
  });
}
