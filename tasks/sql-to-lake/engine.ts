/** The process that computes a table or answers a query; `engine/serve-job.ts` has what it shares with others. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { answerQuery, nameTables } from "./engine/answer-query.ts";
import { listBroken } from "./engine/expectations.ts";
import { explainCsvFault } from "./engine/csv-fault.ts";
import type { ComputedTable, EngineJob, FoundNames, FoundRows, NamesJob, QueryJob } from "./engine/job.ts";
import { countUndeclared, loadInputs } from "./engine/load-inputs.ts";
import { answer, loadEngine, serveJob } from "./engine/serve-job.ts";
import { Session } from "./engine/session.ts";
import { assertRequired, writeTable } from "./engine/write-table.ts";

async function compute(
  job: EngineJob | NamesJob | QueryJob,
): Promise<ComputedTable | FoundNames | FoundRows> {
  const session = await Session.open(await loadEngine(), job);
  try {
    if (job.kind === "names") return await nameTables(session, job);
    if (job.kind === "query") return await answerQuery(session, job);
    answer({ kind: "step", step: "reading" });
    await loadInputs(session, job.inputs);
    answer({ kind: "step", step: "writing" });
    await writeTable(session, job);
    answer({ kind: "step", step: "checking" });
    await assertRequired(session, job);
    const [counted] = (await session.run(`SELECT count(*) AS "rows" FROM output`)).rows;
    const rows = Number(counted?.["rows"] ?? 0);
    const undeclared: Record<string, Readonly<Record<string, number>>> = {};
    for (const input of job.inputs.filter(({ format }) => format === "json"))
      undeclared[input.name] = await countUndeclared(session, input);
    const broken = await listBroken(session, job, rows);
    const hash = createHash("sha256");
    await pipeline(createReadStream(job.output), hash);
    const { size } = await stat(job.output);
    const { engine } = session;
    return { kind: "table", rows, sizeBytes: size, sha256: hash.digest("hex"), engine, broken, undeclared };
  } catch (error) {
    throw await explainCsvFault(error, "inputs" in job ? job.inputs : []);
  } finally {
    session.close();
  }
}

serveJob(compute);
