/** Which objects a table or a report is made of: resolved when the task starts, and kept for its retries. */
import { learnLake } from "../../lake/protocol/learn-lake.ts";
import { LakeError } from "../../model/errors.ts";
import { NEAR_SOURCES, type InputObject, type TaskInput } from "../../model/ports/input-store.ts";
import type { TaskPorts } from "../../model/ports/task-ports.ts";
import type { TaskContext } from "../../model/ports/task-type.ts";
import type { InputOption, SqlToLakeOptions } from "./options.ts";

type Context = TaskContext<Pick<SqlToLakeOptions, "inputs">, TaskPorts>;

export interface InputContent {
  readonly key: string;
  readonly sha256: string;
  readonly sizeBytes: number;
  /** ISO UTC; empty if the object does not tell. */
  readonly logicalDate: string;
}

export interface ChosenInput {
  readonly name: string;
  readonly option: InputOption;
  /** In the order of their keys; empty while the lake holds none. */
  readonly objects: readonly InputContent[];
}

export async function chooseInputs(context: Context): Promise<readonly ChosenInput[]> {
  const chosen: ChosenInput[] = [];
  const learnt = new Set<string>();
  for (const [name, option] of Object.entries(context.options.inputs)) {
    const objects = await choose(context, option, learnt);
    chosen.push({ name, option, objects: objects.map(describeContent) });
  }
  return chosen;
}

/** What this run or the one that it follows has written is known; for anything else the lake is asked first, once a dataset. */
async function choose(
  context: Context,
  { dataset, take }: InputOption,
  learnt: Set<string>,
): Promise<readonly InputObject[]> {
  const { lake, state, run, taskId } = context;
  const need = { lakeId: lake.id, run, taskId, dataset };
  const near = take === "newest" ? await state.inputs.resolve(need, NEAR_SOURCES) : undefined;
  if (near !== undefined) return [nameDate(near)];
  if (!learnt.has(dataset)) await learnDataset(context, dataset);
  learnt.add(dataset);
  if (take !== "newest") return await state.inputs.resolveMany(need, take);
  const file = await state.inputs.resolve(need);
  if (file !== undefined) return [nameDate(file)];
  return await state.inputs.resolveMany(need, "newest_day");
}

function nameDate({ object, logicalDate }: TaskInput): InputObject {
  return { ...object, logicalDate };
}

async function learnDataset({ lake, state, run, taskId, signal }: Context, dataset: string): Promise<void> {
  const learner = { dagId: run.dagId, runId: run.runId, taskId };
  const { objects, events, catalog } = state;
  for (const prefix of await catalog.listPrefixes(dataset))
    await learnLake({ lake, objects, events, dataset, prefix, signal, learner });
}

function describeContent({ key, sha256, sizeBytes, logicalDate }: InputObject): InputContent {
  if (sha256 !== null) return { key, sha256, sizeBytes, logicalDate: logicalDate ?? "" };
  throw new LakeError("LAKE_CORRUPT", `The database has no SHA-256 of ${key}.`, false);
}

/** The newest logical date of an object, ISO UTC; empty if none tells. */
export function findNewestDate(inputs: readonly ChosenInput[]): string {
  return inputs
    .flatMap(({ objects }) => objects.map(({ logicalDate }) => logicalDate))
    .reduce((newest, date) => (date > newest ? date : newest), "");
}

/**
 * An event: what is made of an input without objects would look like a fact. A day on which nothing was stored is no reason to
 * warn. `keys`: what is not made.
 */
export async function reportEmpty(
  { state, lake, run, taskId }: Context,
  keys: readonly string[],
  input: ChosenInput,
): Promise<void> {
  const { dataset, take } = input.option;
  await state.events.record({
    level: take === "run_date" ? "info" : "warn",
    kind: "table_without_input",
    message: `${keys.join(" and ")} ${keys.length === 1 ? "was" : "were"} not made: the lake holds no object of the dataset ${dataset} (input ${input.name}, take: ${take}).`,
    dagId: run.dagId,
    runId: run.runId,
    taskId,
    data: { lake: lake.id, keys, dataset },
  });
}
