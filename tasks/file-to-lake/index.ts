/**
 * The task type `file-to-lake`: one file, whole and byte for byte, into the raw zone; nothing if the lake has its
 * content.
 */
import { formatBytes } from "../../model/text/byte-size.ts";
import { TaskFailure, TaskReschedule } from "../../model/errors.ts";
import { failpoint } from "../../model/failpoint.ts";
import type { TaskPorts } from "../../model/ports/task-ports.ts";
import type { TaskContext, TaskOutput, TaskType } from "../../model/ports/task-type.ts";
import { readWritten } from "../options.ts";
import { optionsSchema, type FileToLakeOptions } from "./options.ts";
import { fingerprintSource, locateSource } from "./source-file.ts";
import { storeFile } from "./store-file.ts";

type Context = TaskContext<FileToLakeOptions, TaskPorts>;

export function createFileToLake(inputFolder: string): TaskType<FileToLakeOptions, TaskPorts> {
  return {
    type: "file-to-lake",
    summary: "Stores a file from the input folder as one object, byte for byte.",
    options: optionsSchema,
    ownTemplateNames: [],
    outputNames: ["key", "sha256", "size_bytes", "unchanged", "object_id"],
    writes: (options) => ({
      dataset: readWritten(options, "dataset"),
      key: readWritten(options, "key"),
      many: false,
    }),
    reads: () => [],
    describeOutput: ({ key, unchanged, size_bytes: size }) =>
      typeof key !== "string"
        ? null
        : unchanged === true
          ? `unchanged since ${key}`
          : `${key} (${formatBytes(Number(size))})`,
    exclusiveKey: (options) => `file:${readWritten(options, "dataset")}`,
    async run(context): Promise<TaskOutput> {
      try {
        return await storeWhole(context, inputFolder);
      } catch (error) {
        throw mayWait(context, error) ? askToWait(context, error) : error;
      }
    },
  };
}

/** How often a file that was swapped while it was read is read again at once. */
const MOST_SWAPS = 3;

/** A link is followed once for each reading. Kubernetes swaps a mount's `..data`, and removes its old target. */
async function storeWhole(context: Context, inputFolder: string): Promise<TaskOutput> {
  const { file } = context.options;
  for (let swaps = 0; ; swaps += 1) {
    const path = await locateSource(inputFolder, file);
    try {
      return await storeSource(context, path);
    } catch (error) {
      if (swaps === MOST_SWAPS || !isAboutSource(error)) throw error;
      if ((await locateSource(inputFolder, file)) === path) throw error;
      context.log.info(`${file} points to another file than when it was read; it is read again.`);
    }
  }
}

async function storeSource(context: Context, path: string): Promise<TaskOutput> {
  const { lake, state, run, taskId, options, clock, signal, progress } = context;
  failpoint("hash.before");
  const source = await fingerprintSource(path, {
    clock,
    signal,
    stableForSeconds: options.stable_for,
    onProgress: (done, total) => {
      progress({ done, total, unit: "bytes", note: "hashing" });
    },
  });
  failpoint("hash.after");
  if (options.format !== undefined) {
    // Loaded where it is needed: the parser costs every other command its start-up.
    const { assertDeclaredForm } = await import("./declared-form.ts");
    await assertDeclaredForm(path, options);
  }
  const stored = await storeFile(context, source);
  const { objectId } = stored;
  await state.inputs.recordWrite({ lakeId: lake.id, dataset: options.dataset, run, taskId, objectId });
  return {
    key: stored.key,
    sha256: source.sha256,
    size_bytes: source.sizeBytes,
    unchanged: stored.isUnchanged,
    object_id: objectId,
  };
}

const ABOUT_SOURCE = new Set(["INPUT_MISSING", "INPUT_CHANGED"]);

function isAboutSource(error: unknown): error is TaskFailure {
  return error instanceof TaskFailure && ABOUT_SOURCE.has(error.code);
}

function mayWait({ options, waitedSeconds }: Context, error: unknown): error is TaskFailure {
  return options.wait_for !== undefined && isAboutSource(error) && waitedSeconds < options.wait_for;
}

/** The runner counts how long the task has waited; `waitedSeconds` reaches it through the reschedule. */
function askToWait({ options }: Context, { message }: TaskFailure): TaskReschedule {
  return new TaskReschedule("INPUT_NOT_READY", message, options.poll);
}
