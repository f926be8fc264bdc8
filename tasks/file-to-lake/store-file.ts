/** The file protocol: plan the key and sha256, upload, compare, commit; never over anything, and not twice. */
import { posix } from "node:path";
import { LakeError } from "../../model/errors.ts";
import { failpoint } from "../../model/failpoint.ts";
import type { ObjectHead } from "../../model/lake.ts";
import type { KnownObject } from "../../model/object-store.ts";
import type { TaskPorts } from "../../model/task-ports.ts";
import type { TaskContext } from "../../model/task-type.ts";
import { literalPrefix } from "../../model/template.ts";
import { hashObject, learnLake } from "../../lake/protocol/learn-lake.ts";
import { describeFile } from "../../lake/protocol/identity-metadata.ts";
import { readWritten } from "../options.ts";
import type { FileToLakeOptions } from "./options.ts";
import type { SourceFile } from "./source-file.ts";

type Context = TaskContext<FileToLakeOptions, TaskPorts>;

export interface StoredFile {
  readonly key: string;
  readonly objectId: number;
  /** The lake had this content already. */
  readonly isUnchanged: boolean;
}

export async function storeFile(context: Context, source: SourceFile): Promise<StoredFile> {
  const { lake, state, options, run, taskId, signal } = context;
  const where = { dagId: run.dagId, runId: run.runId, taskId };
  const prefix = literalPrefix(readWritten(context.written, "key"));
  await learnLake({ lake, objects: state.objects, events: state.events, prefix, signal, ...where });

  const newest = state.objects.findNewestFile(lake.id, options.dataset);
  if (
    options.on_unchanged === "skip" &&
    newest?.sha256 === source.sha256 &&
    (await isStillThere(context, newest))
  ) {
    return tellUnchanged(context, newest);
  }
  for (const key of listKeys(options.key, source.sha256)) {
    const known = state.objects.find(lake.id, key);
    if (known?.isCommitted === true) {
      if (known.sha256 !== source.sha256) {
        await tellTaken(context, key);
        continue;
      }
      if (await isStillThere(context, known)) {
        if (known.objectId !== newest?.objectId)
          await state.objects.commitFile(known.objectId, known.etag ?? "");
        return tellUnchanged(context, known);
      }
    }
    const stored = await putAt(context, source, key);
    if (stored !== undefined) return stored;
    await tellTaken(context, key);
  }
  throw new LakeError(
    "LAKE_CORRUPT",
    `Objects that are not ours stand at ${options.key} and at every name beside it.`,
    false,
  );
}

/** The planned key, then names that carry the content's hash: a few digits, then all of them. */
function listKeys(key: string, sha256: string): readonly string[] {
  const { dir, name, ext } = posix.parse(key);
  return [key, ...[8, 64].map((digits) => posix.join(dir, `${name}-${sha256.slice(0, digits)}${ext}`))];
}

/** `undefined` when other content stands at the key. */
async function putAt(context: Context, source: SourceFile, key: string): Promise<StoredFile | undefined> {
  const { lake, state, options, run, taskId, signal, progress } = context;
  const { sha256, sizeBytes, path } = source;
  failpoint("file.plan.before");
  const objectId = await state.objects.planFile({
    lakeId: lake.id,
    dataset: options.dataset,
    key,
    sha256,
    sizeBytes,
    run,
    taskId,
  });
  failpoint("file.plan.after");
  failpoint("file.put.before");
  const result = await lake.putFile({
    key,
    path,
    sizeBytes,
    sha256,
    metadata: describeFile(options.dataset, run.logicalDate),
    contentType: "application/octet-stream",
    signal,
    onProgress: (done) => {
      progress({ done, total: sizeBytes, unit: "bytes", note: "uploading" });
    },
  });
  failpoint("file.put.after");
  if (result.outcome === "exists" && !(await holdsContent(context, result.head, sha256))) {
    await state.objects.dropPlannedFile(objectId);
    return undefined;
  }
  const head = result.outcome === "exists" ? result.head : await lake.head(key, signal);
  if (head === undefined || head.sizeBytes !== sizeBytes || head.metadata["sha256"] !== sha256) {
    throw new LakeError(
      "LAKE_CORRUPT",
      `${key} does not hold what was sent: ${head?.sizeBytes ?? 0} of ${sizeBytes} bytes.`,
      true,
    );
  }
  failpoint("file.commit.before");
  await state.objects.commitFile(objectId, head.etag);
  failpoint("file.commit.after");
  return { key, objectId, isUnchanged: false };
}

/** What stood there before is read: its metadata tell what was sent once, by whomever, not what it holds. */
async function holdsContent({ lake, signal }: Context, head: ObjectHead, sha256: string): Promise<boolean> {
  return head.metadata["sha256"] === sha256 && (await hashObject(lake, head.key, signal)) === sha256;
}

/**
 * "Unchanged" is said of an object that stands there now. An adopted one is read once: its metadata was taken on trust.
 */
async function isStillThere(context: Context, object: KnownObject): Promise<boolean> {
  const { lake, state, signal } = context;
  const head = await lake.head(object.key, signal);
  if (
    head === undefined ||
    head.sizeBytes !== object.sizeBytes ||
    head.metadata["sha256"] !== object.sha256
  ) {
    return false;
  }
  if (!object.isAdopted) return true;
  if ((await hashObject(lake, object.key, signal)) !== object.sha256) return false;
  await state.objects.confirmAdopted(object.objectId);
  return true;
}

async function tellUnchanged(context: Context, object: KnownObject): Promise<StoredFile> {
  const { state, run, taskId, options } = context;
  await state.events.record({
    level: "info",
    kind: "file_unchanged",
    message: `${options.file}: unchanged since ${object.key}`,
    dagId: run.dagId,
    runId: run.runId,
    taskId,
    data: { key: object.key, sha256: object.sha256 },
  });
  return { key: object.key, objectId: object.objectId, isUnchanged: true };
}

async function tellTaken(context: Context, key: string): Promise<void> {
  const { state, run, taskId, lake, options } = context;
  await state.events.record({
    level: "warn",
    kind: "key_taken",
    message: `${key} holds other content; it was left alone, and ${options.file} gets a key of its own.`,
    dagId: run.dagId,
    runId: run.runId,
    taskId,
    data: { lake: lake.id, key },
  });
}
