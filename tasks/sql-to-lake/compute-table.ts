/** Has a table computed and judges the answer: a fault names the SQL's line, and rows that break expectations are shown. */
import { join } from "node:path";
import { TaskFailure } from "../../model/errors.ts";
import { failpoint } from "../../model/failpoint.ts";
import type { TaskPorts } from "../../model/ports/task-ports.ts";
import type { TaskContext } from "../../model/ports/task-type.ts";
import { cutText } from "../../model/text/cut-text.ts";
import { describeEngineFault } from "./engine-fault.ts";
import type { BrokenExpectation, ComputedTable, EngineJob, Expectation } from "./engine/job.ts";
import { fetchInputs } from "./fetch-inputs.ts";
import type { TablePlan } from "./fingerprint.ts";
import { readColumns, readSql, type SqlToLakeOptions } from "./options.ts";
import { runEngine } from "./run-engine.ts";

type Context = TaskContext<SqlToLakeOptions, TaskPorts>;

const SHOWN_CHARACTERS = 300;

export interface Computed {
  /** Of the Parquet file. */
  readonly path: string;
  readonly computed: ComputedTable;
}

export async function computeTable(
  context: Context,
  {
    plan,
    folder,
    engine,
    previousRows,
  }: {
    readonly plan: TablePlan;
    readonly folder: string;
    readonly engine: URL;
    readonly previousRows: number | null;
  },
): Promise<Computed> {
  const { options, lake, signal, progress, clock, taskId, cookie } = context;
  const path = join(folder, "table.parquet");
  const { text: sql, name: sqlName } = readSql(options.sql);
  const prepare = async (): Promise<EngineJob> => {
    failpoint("table.fetch.before");
    const inputs = await fetchInputs(plan.inputs, { lake, folder, signal, progress });
    failpoint("table.engine.before");
    return {
      folder,
      memory: options.memory,
      threads: options.threads,
      inputs,
      sql,
      params: plan.params,
      columns: readColumns(options.columns),
      expectations: options.expect.map(describeExpectation),
      previousRows,
      output: path,
    };
  };
  const job = prepare();
  const answer = await runEngine<ComputedTable>(job, {
    taskId,
    cookie,
    clock,
    signal,
    progress,
    module: engine,
  });
  failpoint("table.engine.after");
  if (answer.kind !== "table") throw describeEngineFault(answer, { taskId, sqlName, ...(await job) });
  await reportUndeclared(context, answer);
  await judgeExpectations(context, answer.broken);
  return { path, computed: answer };
}

function describeExpectation(expectation: SqlToLakeOptions["expect"][number]): Expectation {
  const { severity } = expectation;
  if ("unique" in expectation) return { kind: "unique", columns: expectation.unique, severity };
  if ("none" in expectation) return { kind: "none", sql: expectation.none, severity };
  const { at_least: atLeast = null, shrink_at_most: shrinkAtMost = null } = expectation.rows;
  return { kind: "rows", atLeast, shrinkAtMost, severity };
}

/** Every row goes to the task's log and to the event; the message has the first. */
async function judgeExpectations(context: Context, broken: readonly BrokenExpectation[]): Promise<void> {
  const { state, run, taskId, options, log } = context;
  for (const { severity, message, rows } of broken) {
    for (const row of rows) log.warn(`${message}: ${row}`);
    await state.events.record({
      level: severity,
      kind: "expectation_broken",
      message: `${options.key}: ${message}.`,
      dagId: run.dagId,
      runId: run.runId,
      taskId,
      data: { key: options.key, rows: rows.map((row) => cutText(row, SHOWN_CHARACTERS)) },
    });
  }
  const errors = broken.filter(({ severity }) => severity === "error");
  const [first] = errors;
  if (first === undefined) return;
  const example = first.rows[0] === undefined ? "" : `, such as ${cutText(first.rows[0], SHOWN_CHARACTERS)}`;
  const more = errors.length === 1 ? "" : ` ${errors.length - 1} more expectations are broken.`;
  throw new TaskFailure(
    "EXPECTATION_BROKEN",
    `${taskId}: ${first.message}${example}.${more} Nothing was published.`,
    false,
    { hint: `\`dagmar tasks logs ${run.dagId} ${taskId}\` shows up to 20 rows of each.` },
  );
}

async function reportUndeclared(
  { state, run, taskId, options, lake }: Context,
  { undeclared }: ComputedTable,
): Promise<void> {
  for (const [input, counts] of Object.entries(undeclared)) {
    const names = Object.keys(counts);
    if (names.length === 0) continue;
    const [first = ""] = names;
    await state.events.record({
      level: "info",
      kind: "names_undeclared",
      message: `${options.key}: the input ${input} has ${names.length} names that its columns do not declare, such as ${first} (in ${counts[first] ?? 0} records).`,
      dagId: run.dagId,
      runId: run.runId,
      taskId,
      data: { lake: lake.id, input, names: counts },
    });
  }
}
