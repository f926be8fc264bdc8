/**
 * The task type `sql-to-lake`: one SELECT over objects of the lake makes one table, a Parquet file. Nothing is computed when
 * nothing has changed, and nothing is published that is not as declared.
 */
import { formatBytes } from "../../model/text/byte-size.ts";
import { formatDateDashes } from "../../model/time/local-time.ts";
import type { JsonValue } from "../../model/dag/dag.ts";
import type { TaskPorts } from "../../model/ports/task-ports.ts";
import type { TaskContext, TaskOutput, TaskType } from "../../model/ports/task-type.ts";
import { isNewer } from "../../model/records/table-identity.ts";
import { readWritten } from "../options.ts";
import { chooseInputs, type ChosenInput } from "./choose-inputs.ts";
import { computeTable } from "./compute-table.ts";
import { computeFingerprint, type TablePlan } from "./fingerprint.ts";
import { optionsSchema, readSql, type SqlToLakeOptions } from "./options.ts";
import { publish, refuseTaken } from "./publish.ts";
import { ENGINE } from "./run-engine.ts";
import { lookAtStanding } from "./standing.ts";
import { createTempFolders, type TempFolders } from "./temp-folder.ts";

type Context = TaskContext<SqlToLakeOptions, TaskPorts>;

/** `engine`: the compiled module of the process that computes. */
export function createSqlToLake(engine: URL = ENGINE): TaskType<SqlToLakeOptions, TaskPorts> {
  const folders = createTempFolders();
  return {
    type: "sql-to-lake",
    summary:
      "Makes one table of objects of the lake: a SELECT in DuckDB's SQL, stored as one Parquet object. The same inputs, SQL, columns and params make nothing again.",
    options: optionsSchema,
    ownTemplateNames: [],
    outputNames: ["key", "sha256", "size_bytes", "rows", "unchanged", "object_id"],
    writes: (options) => ({
      dataset: readWritten(options, "dataset"),
      key: readWritten(options, "key"),
      many: false,
    }),
    reads: (options) => [...new Set(listInputs(options).map((input) => readWritten(input, "dataset")))],
    sqlFile: (options) => {
      const sql = readWritten(options, "sql");
      return /^\S+\.sql$/i.test(sql) ? sql : undefined;
    },
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
  const { options, run, state } = context;
  await folders.sweep(context.cookie);
  const inputs = await chooseInputs(context);
  const empty = inputs.find(({ objects }) => objects.length === 0);
  if (empty !== undefined) return await reportEmpty(context, empty);
  const params = chooseParams(context);
  const plan: TablePlan = {
    inputs,
    params,
    fingerprint: computeFingerprint(options, inputs, params),
    inputsDate: inputs
      .flatMap(({ objects }) => objects.map(({ logicalDate }) => logicalDate))
      .reduce((newest, date) => (date > newest ? date : newest), ""),
  };
  const standing = await lookAtStanding(context);
  if (standing.is === "foreign") throw refuseTaken(options.key);
  if (standing.is === "ours") {
    const { table } = standing;
    const reason = await findReasonToKeep(context, plan, table);
    if (reason) return await endUnchanged(context, table);
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

  /** Whether the table that stands stays; an event says why, unless it is the one that would be made. */
  async function findReasonToKeep(
    { taskId, lake }: Context,
    { fingerprint, inputsDate }: TablePlan,
    table: { readonly fingerprint: string; readonly inputsDate: string; readonly logicalDate: string },
  ): Promise<boolean> {
    if (table.fingerprint === fingerprint) return true;
    const isKept = options.publish === "keep";
    const isOlder =
      run.refetchGeneration === null && isNewer(table, { inputsDate, logicalDate: run.logicalDate });
    if (!isKept && !isOlder) return false;
    const why = isKept
      ? "`publish: keep` keeps the first table of a key, and its inputs, SQL, columns or params have changed since."
      : `It was made from newer inputs, or by a later run (${table.logicalDate}). With --refetch this run replaces it.`;
    await state.events.record({
      level: "warn",
      kind: isKept ? "table_kept" : "table_is_newer",
      message: `${options.key} was not replaced. ${why}`,
      dagId: run.dagId,
      runId: run.runId,
      taskId,
      data: { lake: lake.id, key: options.key },
    });
    return true;
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

/** An empty table would look like a fact. A day on which nothing was stored is no reason to warn. */
async function reportEmpty(
  { state, lake, run, taskId, options }: Context,
  input: ChosenInput,
): Promise<TaskOutput> {
  const { dataset, take } = input.option;
  await state.events.record({
    level: take === "run_date" ? "info" : "warn",
    kind: "table_without_input",
    message: `${options.key} was not made: the lake holds no object of the dataset ${dataset} (input ${input.name}, take: ${take}).`,
    dagId: run.dagId,
    runId: run.runId,
    taskId,
    data: { lake: lake.id, key: options.key, dataset },
  });
  return { key: null, sha256: null, size_bytes: null, rows: null, unchanged: true, object_id: null };
}

/** Only what the SQL names: another day or another param is no reason to make the same table again. */
function chooseParams({ options, run }: Context): Readonly<Record<string, JsonValue>> {
  const known: Readonly<Record<string, JsonValue>> = {
    ...run.params,
    ds: formatDateDashes(new Date(run.logicalDate), run.timezone),
  };
  const texts = [
    readSql(options.sql).text,
    ...options.expect.flatMap((expectation) => ("none" in expectation ? [expectation.none] : [])),
  ];
  const named = new Set(
    texts.flatMap((text) => [...text.matchAll(/\$([a-z_]\w*)/gi)].map(([, name]) => name ?? "")),
  );
  return Object.fromEntries(Object.entries(known).filter(([name]) => named.has(name)));
}

function listInputs(
  options: Readonly<Record<string, JsonValue>>,
): readonly Readonly<Record<string, JsonValue>>[] {
  const { inputs } = options;
  if (inputs === null || typeof inputs !== "object" || Array.isArray(inputs)) return [];
  return Object.values(inputs).filter(
    (input): input is Readonly<Record<string, JsonValue>> =>
      input !== null && typeof input === "object" && !Array.isArray(input),
  );
}
