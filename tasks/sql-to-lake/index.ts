/**
 * The task type `sql-to-lake`: one SELECT over objects of the lake makes one table, a Parquet file. Nothing is computed when
 * nothing has changed, and nothing is published that is not as declared.
 */
import { formatBytes } from "../../model/text/byte-size.ts";
import type { TaskPorts } from "../../model/ports/task-ports.ts";
import type { TaskContext, TaskOutput, TaskType } from "../../model/ports/task-type.ts";
import { readWritten } from "../options.ts";
import { chooseInputs, findNewestDate, reportEmpty } from "./choose-inputs.ts";
import { chooseParams } from "./choose-params.ts";
import { computeTable } from "./compute-table.ts";
import { computeFingerprint, type TablePlan } from "./fingerprint.ts";
import { mayStay } from "./may-stay.ts";
import { findSqlFile, listReadDatasets, optionsSchema, readSql, type SqlToLakeOptions } from "./options.ts";
import { DUCKDB } from "./probe-engine.ts";
import { publish, refuseTaken } from "./publish.ts";
import { ENGINE } from "./run-engine.ts";
import { lookAtStanding } from "./standing.ts";
import { createTempFolders, type TempFolders } from "./temp-folder.ts";

type Context = TaskContext<SqlToLakeOptions, TaskPorts>;

/** `engine`: the compiled module of the process that computes. */
export function createSqlToLake(engine: URL = ENGINE): TaskType<SqlToLakeOptions, TaskPorts> {
  const folders = createTempFolders("table");
  return {
    type: "sql-to-lake",
    summary:
      "Makes one table of objects of the lake: a SELECT in DuckDB's SQL, stored as one Parquet object. The same inputs, SQL, columns and params make nothing again.",
    options: optionsSchema,
    engine: DUCKDB,
    ownTemplateNames: [],
    outputNames: ["key", "sha256", "size_bytes", "rows", "unchanged", "object_id"],
    writes: (options) => ({
      dataset: readWritten(options, "dataset"),
      key: readWritten(options, "key"),
      many: false,
    }),
    reads: listReadDatasets,
    sqlFile: findSqlFile,
    refuseTemplate: ([name]) =>
      name === "sql" || name === "expect"
        ? "SQL gets a param by its name, $name: declare the param in `params`"
        : undefined,
    describeOutput: ({ key, unchanged, rows, size_bytes: size }) => {
      if (typeof key !== "string") return "no input objects yet";
      if (unchanged === true) return `unchanged: ${key}`;
      return `${key} (${Number(rows).toLocaleString("en-US")} rows, ${formatBytes(Number(size))})`;
    },
    exclusiveKey: (options) => `table:${readWritten(options, "dataset")}`,
    run: async (context) => makeTable(context, engine, folders),
  };
}

async function makeTable(context: Context, engine: URL, folders: TempFolders): Promise<TaskOutput> {
  const { options } = context;
  await folders.sweep(context.cookie);
  const inputs = await chooseInputs(context);
  const empty = inputs.find(({ objects }) => objects.length === 0);
  if (empty !== undefined) {
    await reportEmpty(context, [options.key], empty);
    return { key: null, sha256: null, size_bytes: null, rows: null, unchanged: true, object_id: null };
  }
  const params = chooseParams(context, [
    readSql(options.sql).text,
    ...options.expect.flatMap((expectation) => ("none" in expectation ? [expectation.none] : [])),
  ]);
  const plan: TablePlan = {
    inputs,
    params,
    fingerprint: computeFingerprint(options, inputs, params),
    inputsDate: findNewestDate(inputs),
  };
  const standing = await lookAtStanding(context);
  if (standing.is === "foreign") throw refuseTaken(options.key);
  if (standing.is === "ours") {
    const { table } = standing;
    const isKept = options.publish === "keep";
    if (await mayStay(context, { ...plan, isKept }, table)) return await endUnchanged(context, table);
  }
  const folder = await folders.open(context.cookie);
  try {
    const previousRows = standing.is === "ours" ? standing.table.rowCount : null;
    const { path, computed } = await computeTable(context, {
      plan,
      folder: folder.path,
      engine,
      previousRows,
    });
    const { rows, sha256, sizeBytes } = computed;
    const objectId = await publish(
      context,
      {
        path,
        contentType: "application/vnd.apache.parquet",
        sha256,
        sizeBytes,
        rowCount: rows,
        fingerprint: plan.fingerprint,
        inputsDate: plan.inputsDate,
        engine: computed.engine,
      },
      standing,
    );
    await recordWrite(context, objectId);
    return { key: options.key, sha256, size_bytes: sizeBytes, rows, unchanged: false, object_id: objectId };
  } finally {
    await folder.remove();
  }
}

async function endUnchanged(
  context: Context,
  table: {
    readonly objectId: number;
    readonly sha256: string;
    readonly sizeBytes: number;
    readonly rowCount: number;
  },
): Promise<TaskOutput> {
  const { objectId, sha256, sizeBytes, rowCount } = table;
  await recordWrite(context, objectId);
  const { key } = context.options;
  return { key, sha256, size_bytes: sizeBytes, rows: rowCount, unchanged: true, object_id: objectId };
}

async function recordWrite({ state, lake, options, run, taskId }: Context, objectId: number): Promise<void> {
  await state.inputs.recordWrite({ lakeId: lake.id, dataset: options.dataset, run, taskId, objectId });
}
