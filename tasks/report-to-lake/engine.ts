/** The process that computes a report: the parts of its SQL, and of them a page in each language. */
import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { explainCsvFault } from "../sql-to-lake/engine/csv-fault.ts";
import { JobFault } from "../sql-to-lake/engine/job.ts";
import { loadInputs } from "../sql-to-lake/engine/load-inputs.ts";
import { answer, loadEngine, serveJob } from "../sql-to-lake/engine/serve-job.ts";
import { Session } from "../sql-to-lake/engine/session.ts";
import { computeParts, type PartRows } from "./compute-parts.ts";
import type { ComputedPage, ComputedReport, ReportJob } from "./job.ts";
import { LANGUAGES, type Language } from "./languages.ts";
import { renderPage } from "./page/page.ts";
import { splitParts } from "./split-parts.ts";

/** A page that is sent by mail or opened on a telephone; most are a third of it. */
const MOST_PAGE_BYTES = 300_000;

async function compute(job: ReportJob): Promise<ComputedReport> {
  const parts = splitParts(
    job.sql,
    job.inputs.map(({ name }) => name),
  );
  const session = await Session.open(await loadEngine(), job);
  try {
    answer({ kind: "step", step: "reading" });
    await loadInputs(session, job.inputs);
    answer({ kind: "step", step: "writing" });
    const pages: ComputedPage[] = [];
    let rows = 0;
    for (const language of LANGUAGES) {
      const computed = await computeParts(session, job, parts, language);
      rows = computed.blocks.reduce((sum, block) => sum + block.length, 0);
      pages.push(await writePage(job, computed, language));
    }
    return { kind: "report", engine: session.engine, rows, pages };
  } catch (error) {
    throw await explainCsvFault(error, job.inputs);
  } finally {
    session.close();
  }
}

async function writePage(job: ReportJob, rows: PartRows, language: Language): Promise<ComputedPage> {
  const body = Buffer.from(renderPage(job, rows, language));
  if (body.length > MOST_PAGE_BYTES)
    throw new JobFault(
      "REPORT_NOT_AS_DECLARED",
      `The page in ${language} has ${body.length} bytes, and may have ${MOST_PAGE_BYTES}.`,
      { hint: "Show fewer rows: add LIMITs." },
    );
  const path = join(job.folder, `${language}.html`);
  await writeFile(path, body, { flag: "wx", mode: 0o600 });
  return { language, path, sizeBytes: body.length, sha256: createHash("sha256").update(body).digest("hex") };
}

serveJob(compute);
