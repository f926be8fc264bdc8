/**
 * The process that computes a table or answers a query: reads one job from its standard input, answers in lines, and ends. It holds no secret,
 * and ends itself with its folder when its parent is gone, which closes the input.
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { rm, stat } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { answerQuery, nameTables } from "./engine/answer-query.ts";
import type { Duckdb } from "./engine/duckdb.ts";
import { listBroken } from "./engine/expectations.ts";
import { JobFault, type EngineAnswer, type EngineJob, type NamesJob, type QueryJob } from "./engine/job.ts";
import { countUndeclared, loadInputs } from "./engine/load-inputs.ts";
import { Session } from "./engine/session.ts";
import { describeFault } from "./engine/sql-fault.ts";
import { assertRequired, writeTable } from "./engine/write-table.ts";

function answer(line: EngineAnswer): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

async function loadEngine(): Promise<Duckdb> {
  try {
    return await import("@duckdb/node-api");
  } catch (error) {
    const why = error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
    throw new JobFault("ENGINE_MISSING", `DuckDB cannot be loaded: ${why}`);
  }
}

async function compute(job: EngineJob | NamesJob | QueryJob): Promise<EngineAnswer> {
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
  } finally {
    session.close();
  }
}

async function handle(line: string): Promise<void> {
  const job = JSON.parse(line) as EngineJob | NamesJob | QueryJob;
  process.stdin.once("end", () => {
    void rm(job.folder, { recursive: true, force: true }).finally(() => process.kill(process.pid, "SIGKILL"));
  });
  try {
    answer(await compute(job));
  } catch (error) {
    const { code, message, hint, line: at, column } = describeFault(error, 0);
    answer({ kind: "fault", code, message, hint, line: at, column });
  }
  process.stdin.removeAllListeners("end");
  process.stdin.destroy();
}

let received = "";
process.stdin.setEncoding("utf8");
process.stdin.on("data", (text: string) => {
  received += text;
  const end = received.indexOf("\n");
  if (end === -1) return;
  const line = received.slice(0, end);
  process.stdin.removeAllListeners("data");
  // Flowing on, so that its end is seen.
  process.stdin.resume();
  void handle(line);
});
