/**
 * The task type `report-to-lake`: SQL over objects of the lake makes a page with charts in each language. Nothing is computed
 * when nothing has changed.
 */
import { createHash } from "node:crypto";
import { formatBytes } from "../../model/text/byte-size.ts";
import { failpoint } from "../../model/failpoint.ts";
import type { JsonValue } from "../../model/dag/dag.ts";
import type { TaskPorts } from "../../model/ports/task-ports.ts";
import type { TaskContext, TaskOutput, TaskType } from "../../model/ports/task-type.ts";
import { readWritten } from "../options.ts";
import { chooseInputs, findNewestDate, reportEmpty, type ChosenInput } from "../sql-to-lake/choose-inputs.ts";
import { chooseParams } from "../sql-to-lake/choose-params.ts";
import { describeEngineFault } from "../sql-to-lake/engine-fault.ts";
import { fetchInputs } from "../sql-to-lake/fetch-inputs.ts";
import { describeInput, listEntries } from "../sql-to-lake/fingerprint.ts";
import { mayStay } from "../sql-to-lake/may-stay.ts";
import { findSqlFile, listReadDatasets, readSql } from "../sql-to-lake/options.ts";
import { DUCKDB } from "../sql-to-lake/probe-engine.ts";
import { publish, refuseTaken } from "../sql-to-lake/publish.ts";
import { runEngine } from "../sql-to-lake/run-engine.ts";
import { lookAtStanding, type PlaceContext, type Standing } from "../sql-to-lake/standing.ts";
import { createTempFolders, type TempFolders } from "../sql-to-lake/temp-folder.ts";
import type { ComputedReport, ReportJob } from "./job.ts";
import { LANGUAGES, type Language } from "./languages.ts";
import { fillLanguage, optionsSchema, type ReportOptions } from "./options.ts";

type Context = TaskContext<ReportOptions, TaskPorts>;

const ENGINE = new URL("./engine.js", import.meta.url);
/** Changes when this version draws another page from the same facts. */
const VERSION = 1;

interface ReportPlan {
  readonly inputs: readonly ChosenInput[];
  readonly params: Readonly<Record<string, JsonValue>>;
  readonly fingerprint: string;
  readonly inputsDate: string;
}

interface Place {
  readonly language: Language;
  readonly context: PlaceContext;
  readonly standing: Standing;
  /** Of the page that stands and stays. */
  readonly kept:
    { readonly objectId: number; readonly sizeBytes: number; readonly rowCount: number } | undefined;
}

/** `engine`: the compiled module of the process that computes. */
export function createReportToLake(engine: URL = ENGINE): TaskType<ReportOptions, TaskPorts> {
  const folders = createTempFolders("report");
  return {
    type: "report-to-lake",
    summary:
      "Makes a report of objects of the lake: SQL and charts as one HTML page in each language, without scripts or requests. The same inputs, SQL, texts and params make nothing again.",
    options: optionsSchema,
    engine: DUCKDB,
    ownTemplateNames: ["language"],
    outputNames: ["keys", "rows", "size_bytes", "unchanged"],
    writes: (options) => ({
      dataset: readWritten(options, "dataset"),
      key: readWritten(options, "key"),
      many: false,
    }),
    reads: listReadDatasets,
    sqlFile: findSqlFile,
    refuseTemplate: ([name]) =>
      name === "sql" ? "SQL gets a param by its name, $name: declare the param in `params`" : undefined,
    describeOutput: ({ keys, unchanged, rows, size_bytes: size }) => {
      if (!Array.isArray(keys)) return "no input objects yet";
      if (unchanged === true) return `unchanged: ${keys.join(", ")}`;
      return `${keys.join(", ")} (${Number(rows).toLocaleString("en-US")} rows, ${formatBytes(Number(size))})`;
    },
    exclusiveKey: (options) => `table:${readWritten(options, "dataset")}`,
    run: async (context) => makeReport(context, engine, folders),
  };
}

async function makeReport(context: Context, engine: URL, folders: TempFolders): Promise<TaskOutput> {
  await folders.sweep(context.cookie);
  const inputs = await chooseInputs(context);
  const empty = inputs.find(({ objects }) => objects.length === 0);
  if (empty !== undefined) {
    await reportEmpty(
      context,
      LANGUAGES.map((language) => fillLanguage(context.options.key, language)),
      empty,
    );
    return { keys: null, rows: null, size_bytes: null, unchanged: true };
  }
  const plan = makePlan(context, inputs);
  const places: Place[] = [];
  for (const language of LANGUAGES) places.push(await lookAtPlace(context, plan, language));
  const kept = places.flatMap((place) => place.kept ?? []);
  const keys = places.map((place) => place.context.options.key);
  if (kept.length === places.length) {
    await recordWrite(context, kept[0]?.objectId ?? 0);
    const size = kept.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    return { keys, rows: kept[0]?.rowCount ?? 0, size_bytes: size, unchanged: true };
  }
  const folder = await folders.open(context.cookie);
  try {
    const report = await compute(context, plan, folder.path, engine);
    const objectIds: number[] = [];
    for (const place of places) objectIds.push(await publishPage(place, report, plan));
    failpoint("report.record.before");
    await recordWrite(context, objectIds[0] ?? 0);
    const size = report.pages.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    return { keys, rows: report.rows, size_bytes: size, unchanged: false };
  } finally {
    await folder.remove();
  }
}

function makePlan(context: Context, inputs: readonly ChosenInput[]): ReportPlan {
  const { key, title, intro, notes, facts, blocks, sql } = context.options;
  const { text } = readSql(sql);
  const params = chooseParams(context, [text]);
  const identity = {
    version: VERSION,
    inputs: inputs.map(describeInput),
    sql: text,
    report: { key, title, intro, notes, facts, blocks },
    params: listEntries(params),
  };
  return {
    inputs,
    params,
    fingerprint: createHash("sha256").update(JSON.stringify(identity)).digest("hex"),
    inputsDate: findNewestDate(inputs),
  };
}

/** Raises `TABLE_KEY_TAKEN` before anything is computed. */
async function lookAtPlace(context: Context, plan: ReportPlan, language: Language): Promise<Place> {
  const { dataset, key } = context.options;
  const place = { ...context, options: { dataset, key: fillLanguage(key, language) } };
  const standing = await lookAtStanding(place);
  if (standing.is === "foreign") throw refuseTaken(place.options.key);
  const stays = standing.is === "ours" && (await mayStay(place, { ...plan, isKept: false }, standing.table));
  return { language, context: place, standing, kept: stays ? standing.table : undefined };
}

async function compute(
  context: Context,
  plan: ReportPlan,
  folder: string,
  engine: URL,
): Promise<ComputedReport> {
  const { options, lake, signal, progress, clock, taskId, cookie } = context;
  const { memory, threads, title, intro, notes, facts, blocks, key } = options;
  const { text: sql, name: sqlName } = readSql(options.sql);
  const prepare = async (): Promise<ReportJob> => {
    failpoint("report.fetch.before");
    const inputs = await fetchInputs(plan.inputs, { lake, folder, signal, progress });
    failpoint("report.engine.before");
    return {
      folder,
      memory,
      threads,
      inputs,
      sql,
      params: plan.params,
      report: { title, intro, notes, facts, blocks },
      names: namePages(key),
    };
  };
  const job = prepare();
  const answer = await runEngine<ComputedReport>(job, {
    taskId,
    cookie,
    clock,
    signal,
    progress,
    module: engine,
  });
  failpoint("report.engine.after");
  if (answer.kind === "report") return answer;
  throw describeEngineFault(answer, { taskId, sqlName, ...(await job) });
}

function namePages(key: string): ReportJob["names"] {
  const [name = "", ...folders] = key.split("/").toReversed();
  if (folders.some((folder) => fillLanguage(folder, "pt") !== folder)) return null;
  return { pt: fillLanguage(name, "pt"), en: fillLanguage(name, "en") };
}

async function publishPage(
  { language, context, standing, kept }: Place,
  { pages, rows, engine }: ComputedReport,
  { fingerprint, inputsDate }: ReportPlan,
): Promise<number> {
  if (kept !== undefined) return kept.objectId;
  const page = pages.find((one) => one.language === language);
  if (page === undefined) throw new Error(`the engine made no page in ${language}`);
  const { path, sha256, sizeBytes } = page;
  const contentType = "text/html; charset=utf-8";
  failpoint("report.page.before");
  const objectId = await publish(
    context,
    { path, contentType, sha256, sizeBytes, rowCount: rows, fingerprint, inputsDate, engine },
    standing,
  );
  failpoint("report.page.after");
  return objectId;
}

async function recordWrite({ state, lake, options, run, taskId }: Context, objectId: number): Promise<void> {
  await state.inputs.recordWrite({ lakeId: lake.id, dataset: options.dataset, run, taskId, objectId });
}
