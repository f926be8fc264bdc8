/** The task type `csv-to-ids`: the ids in a CSV's object that meet conditions; the same content is read only once. */
import { createHash } from "node:crypto";
import { pipeline, Transform } from "node:stream";
import { z } from "zod";
import type { CandidateKey, CandidateSet } from "../../model/ports/candidate-store.ts";
import type { JsonValue } from "../../model/dag/dag.ts";
import { describeError, LakeError, TaskFailure } from "../../model/errors.ts";
import type { KnownObject } from "../../model/ports/object-store.ts";
import type { TaskPorts } from "../../model/ports/task-ports.ts";
import type { TaskContext, TaskOutput, TaskType } from "../../model/ports/task-type.ts";
import { datasetOption, delimiterOption } from "../options.ts";
import { describeSource, nameInput, resolveInput } from "./input.ts";
import { conditionsSchema } from "./scan/conditions.ts";
import type { ScannerOptions, ScanResult } from "./scan/scanner.ts";
import { countNotUtf8, listWarnings, makeRemarks } from "./remarks.ts";
import { scanStream } from "./scan-stream.ts";

const optionsSchema = z.strictObject({
  source: z
    .strictObject({ dataset: datasetOption.describe("The dataset of a file-to-lake task.") })
    .describe(
      "The dataset whose object is read. The first that exists is taken: the object of a task of the same run, of the run that this one follows, of a run of the same day, the newest.",
    ),
  id: z.string().min(1).describe("The column that holds the id: tt and 7 to 10 digits."),
  where: conditionsSchema.default({}),
  delimiter: delimiterOption.default("|").describe("One character. Quotes have no special meaning."),
  max_faulty_rows: z
    .int()
    .min(0)
    .nullable()
    .default(null)
    .describe(
      "How many rows may be faulty; if more are, the task fails. Without it they are counted, and some are logged.",
    ),
  max_line_bytes: z
    .int()
    .min(1024)
    .default(1024 * 1024)
    .describe("A longer line is counted as faulty and skipped."),
});
export type CsvToIdsOptions = z.infer<typeof optionsSchema>;

type Context = TaskContext<CsvToIdsOptions, TaskPorts>;

/** Compiled: a thread loads no TypeScript on Node 20. */
const WORKER = new URL("./worker.js", import.meta.url);

export function createCsvToIds(): TaskType<CsvToIdsOptions, TaskPorts> {
  return {
    type: "csv-to-ids",
    summary: "Reads a CSV from the lake and keeps the ids of the rows that meet conditions.",
    options: optionsSchema,
    ownTemplateNames: [],
    outputNames: [
      "candidate_set",
      "ids",
      "rows",
      "matched_rows",
      "faulty_rows",
      "not_utf8_cells",
      "key",
      "sha256",
      "input_source",
      "was_known",
    ],
    writes: () => undefined,
    reads: (options) => {
      const { source } = options;
      const dataset = isRecord(source) ? source["dataset"] : undefined;
      return typeof dataset === "string" ? [dataset] : [];
    },
    exclusiveKey: () => null,
    describeOutput: describeIds,
    run: findIds,
  };
}

async function findIds(context: Context): Promise<TaskOutput> {
  const { lake, state, options, log, run, taskId } = context;
  const input = await resolveInput(context, options.source.dataset);
  const { object, sha256 } = input;
  log.info(`reads ${object.key} (${describeSource(input)})`);
  const key: CandidateKey = {
    lakeId: lake.id,
    sha256,
    conditions: {
      id: options.id,
      delimiter: options.delimiter,
      max_line_bytes: options.max_line_bytes,
      where: sortWhere(options.where),
      ...comparison(options.where),
    },
  };
  const known = await state.candidates.find(key);
  const set = known ?? (await scan(context, object, key).catch((error: unknown) => nameInput(error, input)));
  const faulty = Object.values(set.faultyRows).reduce((sum, count) => sum + count, 0);
  if (known !== undefined) log.info(`${object.key} was read before: ${set.idCount} ids`);
  const { dagId, runId } = run;
  for (const warning of listWarnings(object.key, set)) {
    await state.events.record({ level: "warn", ...warning, dagId, runId, taskId });
  }
  if (options.max_faulty_rows !== null && faulty > options.max_faulty_rows) {
    throw new TaskFailure(
      "CSV_TOO_DIRTY",
      `${object.key} has ${faulty} faulty rows (${describeFaults(set)}), and max_faulty_rows is ${options.max_faulty_rows}.`,
      false,
    );
  }
  return {
    candidate_set: set.candidateSetId,
    ids: set.idCount,
    rows: set.rows,
    matched_rows: set.matchedRows,
    faulty_rows: faulty,
    not_utf8_cells: countNotUtf8(set),
    key: object.key,
    sha256,
    input_source: input.source,
    was_known: known !== undefined,
  };
}

/** `3,273 ids in 1,045,161 rows of Raw/Local/CSV/Movies/2026/11/23/movies.csv, 2 faulty (read before)`. */
function describeIds(output: TaskOutput): string {
  const format = (name: string): string => Number(output[name]).toLocaleString("en-US");
  const faulty = output["faulty_rows"] === 0 ? "" : `, ${format("faulty_rows")} faulty`;
  const broken =
    Number(output["not_utf8_cells"] ?? 0) === 0 ? "" : `, ${format("not_utf8_cells")} cells not UTF-8`;
  const before = output["was_known"] === true ? " (read before)" : "";
  const key = typeof output["key"] === "string" ? output["key"] : "its object";
  return `${format("ids")} ids in ${format("rows")} rows of ${key}${faulty}${broken}${before}`;
}

async function scan(context: Context, object: KnownObject, key: CandidateKey): Promise<CandidateSet> {
  const { state, options, log } = context;
  const stage = await state.candidates.stage(key, options.source.dataset);
  try {
    const result = await readThrough(context, object, false, (ids) => stage.add(ids));
    await stage.add(result.ids);
    report(log, object.key, result, stage.idCount);
    const { rows, matchedRows, faulty: faultyRows } = result;
    // Read once more: what the columns hold costs every other scan nothing.
    const survey = stage.idCount === 0 && rows > 0 ? await readThrough(context, object, true) : undefined;
    return await stage.complete({
      rows,
      matchedRows,
      faultyRows,
      remarks: makeRemarks(result, survey?.seen),
    });
  } finally {
    // What cannot be removed now is removed after the next CSV; the error that ended the task must be the one reported.
    await stage.discard().catch((fault: unknown) => {
      log.warn(`The ids that were read so far could not be removed: ${describeError(fault)}`);
    });
  }
}

/** The whole object through the scanning thread. Raises `LAKE_CORRUPT` where its bytes are not those that were stored. */
async function readThrough(
  { lake, options, signal, startWorker, progress }: Context,
  object: KnownObject,
  isSurvey: boolean,
  keep: (ids: readonly string[]) => Promise<void> = () => Promise.resolve(),
): Promise<ScanResult> {
  const { head, body } = await lake.get(object.key, signal);
  const hash = createHash("sha256");
  const hashed = new Transform({
    highWaterMark: 1024 * 1024,
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  const scannerOptions: ScannerOptions = {
    delimiter: options.delimiter,
    idColumn: options.id,
    conditions: options.where,
    maxLineBytes: options.max_line_bytes,
    isSurvey,
  };
  const worker = startWorker(WORKER, scannerOptions);
  try {
    // An error of the body reaches the scan through the destroyed transform.
    pipeline(body, hashed, () => undefined);
    const result = await scanStream(hashed, worker, async ({ rows, bytes, ids }) => {
      progress({ done: bytes, total: head.sizeBytes, unit: "bytes", note: `${rows} rows` });
      await keep(ids);
    });
    signal.throwIfAborted();
    if (hash.digest("hex") !== object.sha256) {
      throw new LakeError("LAKE_CORRUPT", `${object.key} in the lake is not what was stored there.`, false);
    }
    return result;
  } finally {
    hashed.destroy();
    await worker.stop();
  }
}

function report(log: Context["log"], key: string, result: ScanResult, idCount: number): void {
  log.info(`${key}: ${idCount} ids in ${result.matchedRows} of ${result.rows} rows`);
  for (const sample of result.samples) {
    log.warn(`${key}, line ${sample.line}: faulty row (${sample.kind}): ${sample.excerpt}`);
  }
  const faulty = Object.values(result.faulty).reduce((sum, count) => sum + count, 0);
  const others = faulty - result.samples.length;
  if (others > 0) log.warn(`${key}: ${others.toLocaleString("en-US")} more faulty rows are not shown`);
}

function describeFaults(set: CandidateSet): string {
  return Object.entries(set.faultyRows)
    .filter(([, count]) => count > 0)
    .map(([kind, count]) => `${count} ${kind}`)
    .join(", ");
}

/** Content that was read before texts were compared in NFC is read again where that may choose other rows. */
function comparison(where: CsvToIdsOptions["where"]): { readonly compared?: "nfc" } {
  return /^[ -~]*$/.test(JSON.stringify(where)) ? {} : { compared: "nfc" };
}

/** The order in which a Dag file names its columns does not change the condition. */
function sortWhere(where: CsvToIdsOptions["where"]): JsonValue {
  const entries = Object.entries(where).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return JSON.parse(JSON.stringify(Object.fromEntries(entries))) as JsonValue;
}

function isRecord(value: JsonValue | undefined): value is Readonly<Record<string, JsonValue>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
