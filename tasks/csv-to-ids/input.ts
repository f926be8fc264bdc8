/** The object that a task reads for a dataset, and how log lines and errors name it. */
import { learnLake } from "../../lake/protocol/learn-lake.ts";
import { LakeError, TaskFailure } from "../../model/errors.ts";
import { NEAR_SOURCES, type InputSource, type TaskInput } from "../../model/ports/input-store.ts";
import type { TaskPorts } from "../../model/ports/task-ports.ts";
import type { TaskContext } from "../../model/ports/task-type.ts";

export type Input = TaskInput & { readonly sha256: string };

type Context = Pick<TaskContext<unknown, TaskPorts>, "lake" | "state" | "run" | "taskId" | "signal">;

/**
 * What this run or the one that it follows has written is known. Anything else the lake knows better than a database that
 * may be new, or older than the lake. Raises `DATASET_EMPTY` while the lake holds no file of the dataset.
 */
export async function resolveInput(context: Context, dataset: string): Promise<Input> {
  const { lake, state, run, taskId } = context;
  const need = { lakeId: lake.id, run, taskId, dataset };
  const near = await state.inputs.resolve(need, NEAR_SOURCES);
  if (near === undefined) await learnDataset(context, dataset);
  const input = near ?? (await state.inputs.resolve(need));
  if (input?.object.sha256 === undefined || input.object.sha256 === null) {
    throw new TaskFailure(
      "DATASET_EMPTY",
      `The lake ${lake.id} holds no file of the dataset ${dataset} yet.`,
      true,
      { hint: describeWriters(await state.inputs.listWriters(run, dataset)) },
    );
  }
  return { ...input, sha256: input.object.sha256 };
}

async function learnDataset({ lake, state, run, taskId, signal }: Context, dataset: string): Promise<void> {
  const learner = { dagId: run.dagId, runId: run.runId, taskId };
  const { objects, events, catalog } = state;
  for (const prefix of await catalog.listPrefixes(dataset))
    await learnLake({ lake, objects, events, dataset, prefix, signal, learner });
}

function describeWriters(dagIds: readonly string[]): string {
  if (dagIds.length === 0) return "Run the Dag that stores it first; `dagmar dags list` shows the Dags.";
  return `Run the Dag that stores it first: ${dagIds.map((dagId) => `\`dagmar run ${dagId}\``).join(" or ")}.`;
}

const SOURCES: Readonly<Record<InputSource, string>> = {
  same_run: "from this run",
  followed_run: "from the run that this one follows",
  same_day: "from a run of the same day",
  newest: "the newest of its dataset",
};

/** `from a run of the same day, csv_ingest/manual__2026-11-23T09:00:00.000Z`. */
export function describeSource({ source, writtenBy }: TaskInput): string {
  return writtenBy === null || source === "same_run" ? SOURCES[source] : `${SOURCES[source]}, ${writtenBy}`;
}

/** A file that is corrected is stored only by the task that stores it, and that one has succeeded. */
const STORE_AGAIN =
  "After a correction of the file, run with --rerun: without it the run reads the same object again.";

/**
 * Raises the error again with the object that was read, if the message does not name it, and with the command that
 * stores it again.
 */
export function nameInput(error: unknown, input: TaskInput): never {
  if (error instanceof LakeError && error.code === "LAKE_CORRUPT" && error.hint === undefined) {
    throw new LakeError(error.code, error.message, error.retryable, {
      cause: error,
      hint: adviseLost(input),
    });
  }
  if (!(error instanceof TaskFailure) || error.message.includes(input.object.key)) throw error;
  const { code, message, retryable, hint } = error;
  const advice = [hint ?? [], input.source === "same_run" ? STORE_AGAIN : []].flat().join(" ");
  throw new TaskFailure(code, `${input.object.key} (${describeSource(input)}): ${message}`, retryable, {
    cause: error,
    ...(advice === "" ? {} : { hint: advice }),
  });
}

/**
 * The run that wrote the object writes it again, at its own key or under another name; a run id has its date after the
 * type.
 */
function adviseLost({ writtenBy }: TaskInput): string {
  const [dagId, runId = ""] = writtenBy?.split("/") ?? [];
  if (dagId === undefined) return "Run the Dag that stores it again; `dagmar dags list` shows the Dags.";
  const [, date = ""] = runId.split("__");
  return `Store it again, then repeat this command: \`dagmar run ${dagId} --date ${date} --rerun\`.`;
}
