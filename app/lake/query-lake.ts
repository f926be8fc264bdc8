/**
 * Answers a SELECT over the lake's datasets by their names. DuckDB runs in the process that also computes tables: it sees copies of
 * the objects of those datasets that the statement names, and nothing else.
 */
import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { suggestName } from "../../config/suggestion.ts";
import { CommandRefused, TaskFailure } from "../../model/errors.ts";
import { describeQueryFault } from "../../tasks/sql-to-lake/engine-fault.ts";
import type {
  EngineFailure,
  FoundNames,
  FoundRows,
  InputFiles,
  NamesJob,
  QueryJob,
  ResultColumn,
} from "../../tasks/sql-to-lake/engine/job.ts";
import type { NamedTable } from "../../tasks/sql-to-lake/engine/named-tables.ts";
import { fetchInputs } from "../../tasks/sql-to-lake/fetch-inputs.ts";
import { ENGINE, runEngine } from "../../tasks/sql-to-lake/run-engine.ts";
import type { App } from "../app.ts";
import { chooseDatasets, openDatasets, type Datasets } from "./query-datasets.ts";
import { makeQueryFolder } from "./query-folder.ts";

export interface LakeQuery extends Pick<QueryJob, "sql" | "form" | "limit" | "memory" | "threads"> {
  readonly timeoutSeconds: number;
}

export interface QueryResult {
  readonly columns: readonly ResultColumn[];
  readonly rows: number;
  /** Whether `limit` left rows out. */
  readonly hasMore: boolean;
  /** Path of the file with the rows; it exists until `use` ends. */
  readonly file: string;
}

/** `use` shows the result. Raises `DATASET_UNKNOWN`, `SQL_FAILED` and the engine's other codes. */
export async function queryLake<Result>(
  app: App,
  request: LakeQuery,
  use: (result: QueryResult) => Promise<Result>,
  drain: AbortSignal,
): Promise<Result> {
  const { timeoutSeconds } = request;
  const timeout = new AbortController();
  const ended = new AbortController();
  void app.clock.sleep(timeoutSeconds * 1000, ended.signal).then(
    () => timeout.abort(refuseLonger(timeoutSeconds)),
    () => undefined,
  );
  const signal = AbortSignal.any([drain, timeout.signal]);
  const folder = await makeQueryFolder(app.clock.now());
  try {
    const result = await answer(app, request, folder, signal);
    ended.abort();
    return await use(result);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    ended.abort();
    await rm(folder, { recursive: true, force: true });
  }
}

function refuseLonger(seconds: number): CommandRefused {
  return new CommandRefused("QUERY_TIMED_OUT", `The query took longer than ${seconds} s.`, {
    hint: "Give it more time with --timeout, or ask for less.",
  });
}

async function answer(
  app: App,
  request: LakeQuery,
  folder: string,
  signal: AbortSignal,
): Promise<QueryResult> {
  const { sql, form, limit, memory, threads } = request;
  const session = { folder, memory, threads };
  const cookie = `query@${randomUUID()}`;
  const ask = async <Found extends FoundNames | FoundRows>(
    job: NamesJob | QueryJob,
    inputs: readonly InputFiles[],
  ): Promise<Found> => {
    const tools = { taskId: "query", cookie, clock: app.clock, signal, module: ENGINE };
    const said = await runEngine<Found>(Promise.resolve(job), { ...tools, progress: () => undefined }).catch(
      explainCrash,
    );
    if (isFault(said)) throw describeQueryFault(said, inputs);
    return said;
  };
  const { names } = await ask<FoundNames>({ kind: "names", ...session, sql }, []);
  const datasets = await openDatasets(app);
  refuseUnknown(sql, names, datasets);
  const chosen = await chooseDatasets(app, datasets, names, signal);
  const inputs = await fetchInputs(chosen, { lake: app.lake, folder, signal, progress: () => undefined });
  // No dataset has such a name.
  const file = join(folder, ".result");
  const job: QueryJob = { kind: "query", ...session, inputs, sql, form, limit, output: file };
  const { columns, rows, hasMore } = await ask<FoundRows>(job, inputs);
  return { columns, rows, hasMore, file };
}

function isFault(said: { readonly kind: string }): said is EngineFailure {
  return said.kind === "fault";
}

/** Lists the known datasets, and the nearest first. */
function refuseUnknown(sql: string, names: readonly NamedTable[], { known }: Datasets): void {
  const unknown = names.find(({ name }) => !known.has(name.toLowerCase()));
  if (unknown === undefined) return;
  const all = [...known.keys()];
  const suggestion = suggestName(unknown.name, all);
  const list = all.length === 0 ? "None is known." : `Datasets: ${all.join(", ")}.`;
  throw new CommandRefused(
    "DATASET_UNKNOWN",
    `${describePlace(sql, unknown.place)}: there is no dataset ${unknown.name}.`,
    { hint: suggestion === undefined ? list : `D${suggestion.slice(1)} ${list}` },
  );
}

/** `place`: in bytes of UTF-8 from 0. */
function describePlace(sql: string, place: number): string {
  const lines = Buffer.from(sql).subarray(0, place).toString("utf8").split("\n");
  return `line ${lines.length}, column ${Array.from(lines.at(-1) ?? "").length + 1}`;
}

function explainCrash(error: unknown): never {
  throw error instanceof TaskFailure && error.code === "ENGINE_CRASHED" ? describeCrash() : error;
}

function describeCrash(): TaskFailure {
  return new TaskFailure(
    "ENGINE_CRASHED",
    "The process that answers the query ended without an answer, as it does when the machine's memory runs out.",
    false,
    { hint: "Lower --memory below what the machine has free, or ask for less." },
  );
}
