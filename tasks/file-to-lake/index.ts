/** The task type `file-to-lake`: one file, whole and byte for byte, into the raw zone; nothing when the lake has its content. */
import { formatBytes } from "../../model/byte-size.ts";
import { TaskFailure, TaskReschedule } from "../../model/errors.ts";
import { failpoint } from "../../model/failpoint.ts";
import type { TaskPorts } from "../../model/task-ports.ts";
import type { TaskContext, TaskOutput, TaskType } from "../../model/task-type.ts";
import { readWritten } from "../options.ts";
import { optionsSchema, type FileToLakeOptions } from "./options.ts";
import { fingerprintSource, locateSource, type SourceFile } from "./source-file.ts";
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
      const source = await awaitSource(context, inputFolder);
      const stored = await storeFile(context, source);
      const { lake, run, taskId, options, state } = context;
      const { objectId } = stored;
      await state.inputs.recordWrite({ lakeId: lake.id, dataset: options.dataset, run, taskId, objectId });
      return {
        key: stored.key,
        sha256: source.sha256,
        size_bytes: source.sizeBytes,
        unchanged: stored.isUnchanged,
        object_id: stored.objectId,
      };
    },
  };
}

const WORTH_WAITING_FOR = new Set(["INPUT_MISSING", "INPUT_CHANGED"]);

/** The runner counts how long the task has waited; `waitedSeconds` reaches it through the reschedule. */
async function awaitSource(context: Context, inputFolder: string): Promise<SourceFile> {
  const { options, clock, signal, progress } = context;
  try {
    const path = await locateSource(inputFolder, options.file);
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
    return source;
  } catch (error) {
    const isWorthIt = error instanceof TaskFailure && WORTH_WAITING_FOR.has(error.code);
    if (options.wait_for === undefined || !isWorthIt || context.waitedSeconds >= options.wait_for)
      throw error;
    throw new TaskReschedule("INPUT_NOT_READY", error.message, options.poll);
  }
}
