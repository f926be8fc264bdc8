/** The file protocol: plan the key and sha256, upload, compare, commit; nothing is overwritten or stored twice. */
import { posix } from "node:path";
import { LakeError, TaskFailure } from "../../model/errors.ts";
import { failpoint } from "../../model/failpoint.ts";
import type { ObjectHead, ObjectSummary } from "../../model/ports/lake.ts";
import type { KnownObject, RemovalFacts } from "../../model/ports/object-store.ts";
import type { TaskPorts } from "../../model/ports/task-ports.ts";
import type { TaskContext } from "../../model/ports/task-type.ts";
import { formatLocalText } from "../../model/time/local-time.ts";
import { literalPrefix } from "../../model/dag/template.ts";
import { learnLake } from "../../lake/protocol/learn-lake.ts";
import { hashObject } from "../../lake/protocol/look-at.ts";
import { describeFile } from "../../lake/protocol/identity-metadata.ts";
import { readWritten } from "../options.ts";
import type { FileToLakeOptions } from "./options.ts";
import type { SourceFile } from "./source-file.ts";

type Context = TaskContext<FileToLakeOptions, TaskPorts>;

export interface StoredFile {
  readonly key: string;
  readonly objectId: number;
  /** The lake already had this content. */
  readonly isUnchanged: boolean;
}

export async function storeFile(context: Context, source: SourceFile): Promise<StoredFile> {
  const { lake, state, options, run, taskId, signal } = context;
  const learner = { dagId: run.dagId, runId: run.runId, taskId };
  const prefix = literalPrefix(readWritten(context.written, "key"));
  const { objects, events } = state;
  await learnLake({ lake, objects, events, dataset: options.dataset, prefix, signal, learner });
  await claimByContent(context, source, prefix);

  const newest = await state.objects.findNewestFile(lake.id, options.dataset);
  if (
    options.on_unchanged === "skip" &&
    newest?.sha256 === source.sha256 &&
    (await isSound(context, newest))
  ) {
    return reportUnchanged(context, newest);
  }
  const removals = await state.objects.findRemovals(lake.id, source.sha256);
  for (const key of listKeys(options.key, source.sha256)) {
    refuseRemoved(options.file, key, removals, run.timezone);
    const known = await state.objects.find(lake.id, key);
    if (known?.isCommitted === true) {
      if (known.sha256 !== source.sha256 || !(await isSound(context, known))) {
        await reportTaken(context, key);
        continue;
      }
      if (known.objectId !== newest?.objectId)
        await state.objects.commitFile(known.objectId, known.etag ?? "");
      return reportUnchanged(context, known);
    }
    const stored = await putAt(context, source, key);
    if (stored !== undefined) {
      await reportStoredElsewhere(context, key, removals);
      return stored;
    }
    await reportTaken(context, key);
  }
  throw new LakeError(
    "LAKE_CORRUPT",
    `${options.key} and every other name for it are taken by objects that are not Dagmar's.`,
    false,
  );
}

/** What a user removed is stored again only when a user asks for it. */
function refuseRemoved(file: string, key: string, removals: readonly RemovalFacts[], timezone: string): void {
  const removal = removals.find((other) => other.key === key);
  if (removal === undefined) return;
  const { why, requestedBy, requestedAt } = removal;
  throw new TaskFailure(
    "CONTENT_REMOVED",
    `${file} has the content that ${requestedBy} removed from ${key} at ${formatLocalText(requestedAt, timezone)} (reason: "${why}").`,
    false,
    {
      hint: `Put the right ${file} into the input folder; or store this one again after \`dagmar lake rm ${key} --undo --why …\`.`,
      isForPerson: true,
    },
  );
}

/** The planned key, then names that carry the content's hash: a few digits, then all of them. */
function listKeys(key: string, sha256: string): readonly string[] {
  const { dir, name, ext } = posix.parse(key);
  return [key, ...[8, 64].map((digits) => posix.join(dir, `${name}-${sha256.slice(0, digits)}${ext}`))];
}

/** `undefined` if the key holds other content. */
async function putAt(context: Context, source: SourceFile, key: string): Promise<StoredFile | undefined> {
  const { lake, state, options, run, taskId, signal, progress } = context;
  const { sha256, sizeBytes, path } = source;
  failpoint("file.plan.before");
  const objectId = await state.objects.prepareFile({
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
  if (result.outcome === "exists" && !(await hasBytes(context, result.head, source))) {
    await state.objects.dropPreparedFile(objectId);
    return undefined;
  }
  const head = result.outcome === "exists" ? result.head : await readSent(context, key, source);
  failpoint("file.commit.before");
  await state.objects.commitFile(objectId, head.etag);
  failpoint("file.commit.after");
  return { key, objectId, isUnchanged: false };
}

async function readSent({ lake, signal }: Context, key: string, source: SourceFile): Promise<ObjectHead> {
  const head = await lake.head(key, signal);
  if (head?.sizeBytes === source.sizeBytes && head.metadata["sha256"] === source.sha256) return head;
  throw new LakeError(
    "LAKE_CORRUPT",
    `${key} does not hold what was sent: ${head?.sizeBytes ?? 0} of ${source.sizeBytes} bytes.`,
    true,
  );
}

/** The existing object is read: its metadata may be gone, and shows what was sent once, not what the object holds. */
async function hasBytes(
  { lake, signal }: Context,
  object: ObjectSummary,
  source: SourceFile,
): Promise<boolean> {
  return (
    object.sizeBytes === source.sizeBytes && (await hashObject(lake, object.key, signal)) === source.sha256
  );
}

/**
 * An object without metadata, at a key of the task's own form and with exactly the source's bytes, is the file stored
 * before.
 */
async function claimByContent(context: Context, source: SourceFile, prefix: string): Promise<void> {
  const { lake, state, options, run, signal } = context;
  const { sha256, sizeBytes } = source;
  const form = describeForm(readWritten(context.written, "key"));
  const objects = await state.objects.listKnown(lake.id, prefix, options.dataset);
  for (const object of objects.values()) {
    const mayBe = object.kind === "foreign" && object.isCommitted && object.sizeBytes === sizeBytes;
    if (!mayBe || !form.test(object.key)) continue;
    if ((await hashObject(lake, object.key, signal)) !== sha256) continue;
    const { key, etag } = object;
    const { dataset } = options;
    const { logicalDate } = run;
    await state.objects.adopt(lake.id, [
      { key, kind: "file", dataset, sha256, sizeBytes, etag: etag ?? "", logicalDate, answers: null },
    ]);
  }
}

/** The keys that a template may give, including names with a hash. */
function describeForm(template: string): RegExp {
  const literals = template
    .split(/\$\{[^}]*\}/)
    .map((text) => text.replaceAll(/[.*+?^$()[\]{}|\\/-]/g, "\\$&"));
  return new RegExp(`^${literals.join(".+")}$`);
}

/** The listing showed it as recorded. An adopted object is read once, because its metadata was trusted. */
async function isSound(context: Context, object: KnownObject): Promise<boolean> {
  const { lake, state, run, taskId, signal } = context;
  if (!object.isAdopted) return true;
  const sha256 = await hashObject(lake, object.key, signal);
  if (sha256 === object.sha256) {
    await state.objects.confirmAdopted(object.objectId);
    return true;
  }
  const { key, sizeBytes, etag } = object;
  const nothing = { dataset: null, logicalDate: null, answers: null };
  await state.objects.adopt(lake.id, [
    { key, kind: "foreign", sha256, sizeBytes, etag: etag ?? "", ...nothing },
  ]);
  await state.events.record({
    level: "error",
    kind: "objects_replaced",
    message: `${key} holds other bytes than recorded. The object was not changed.`,
    dagId: run.dagId,
    runId: run.runId,
    taskId,
    data: { lake: lake.id, code: "LAKE_CORRUPT", keys: [key] },
  });
  return false;
}

/** A removal is about one key: the same content may belong to another date. */
async function reportStoredElsewhere(
  { state, run, taskId, options, lake }: Context,
  key: string,
  removals: readonly RemovalFacts[],
): Promise<void> {
  const removal = removals.at(-1);
  if (removal === undefined) return;
  const { why, requestedBy } = removal;
  await state.events.record({
    level: "warn",
    kind: "removed_content_stored",
    message: `${options.file} is stored as ${key}. It has the content that ${requestedBy} removed from ${removal.key} (reason: "${why}").`,
    dagId: run.dagId,
    runId: run.runId,
    taskId,
    data: { lake: lake.id, key, removed_key: removal.key },
  });
}

async function reportUnchanged(context: Context, object: KnownObject): Promise<StoredFile> {
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

async function reportTaken(context: Context, key: string): Promise<void> {
  const { state, run, taskId, lake, options } = context;
  await state.events.record({
    level: "warn",
    kind: "key_taken",
    message: `${key} is taken by a different file, which was not changed; ${options.file} is stored under another name.`,
    dagId: run.dagId,
    runId: run.runId,
    taskId,
    data: { lake: lake.id, key },
  });
}
