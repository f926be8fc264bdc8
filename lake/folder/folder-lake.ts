/**
 * A lake in a folder: an object is written under a temporary name, synced, and linked to its own name, which refuses to
 * replace; its metadata is next to it and is written first. `folder-names` checks names, `replace-file` replaces.
 */
import { createHash, randomUUID } from "node:crypto";
import { constants, existsSync } from "node:fs";
import { lstat, open, unlink, type FileHandle } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Clock } from "../../model/ports/clock.ts";
import { LakeError } from "../../model/errors.ts";
import { failpoint } from "../../model/failpoint.ts";
import type {
  FetchedFile,
  GetFile,
  LakeCapabilities,
  ObjectHead,
  ObjectMetadata,
  ObjectSummary,
  PutBytes,
  PutFile,
  PutResult,
  ReplaceFile,
  StoredObject,
} from "../../model/ports/lake.ts";
import { checkBodyLength, describeCut } from "../checked-body.ts";
import { FETCHED_FILE_MODE } from "../fetched-file.ts";
import type { LakeNotes } from "../lake-notes.ts";
import { nameFolderLake } from "../location.ts";
import { BOOKKEEPING_PREFIX, checkKey, PROBE_KEY } from "../object-key.ts";
import { completeMetadata, isSameObject } from "../object-metadata.ts";
import { PreparedFile } from "../prepared-file.ts";
import { throttleProgress } from "../progress-throttle.ts";
import { SerialQueue } from "../serial-queue.ts";
import type { LakeRenaming, RemoveResult, SweepableLake } from "../sweepable-lake.ts";
import { makeFolderSynced, syncFolder, writeSynced } from "./durable-files.ts";
import type { Finding } from "../../model/ports/examination.ts";
import { examineFolder } from "./examine-folder.ts";
import { FileCopier } from "./file-copier.ts";
import { describeFolderFault } from "./folder-faults.ts";
import {
  hashFile,
  hasMeta,
  linkUnlessThere,
  markFile,
  placeMeta,
  readMeta,
  renderMeta,
  replaceMeta,
} from "./folder-metadata.ts";
import { findPathToRead, walkToKey } from "./folder-names.ts";
import { createFolderNotes } from "./folder-notes.ts";
import { removeFile } from "./remove-file.ts";
import { createRenaming } from "./rename-files.ts";
import { replaceObject } from "./replace-file.ts";
import { readEtag, removeTemporaries, walkFolder } from "./walk-folder.ts";

const BOOKKEEPING_FOLDER = BOOKKEEPING_PREFIX.slice(0, -1);
const TEMPORARY_FOLDER = "_dagmar/tmp";
const READ_BUFFER_BYTES = 1024 * 1024;
const LEAST_READ_BUFFER_BYTES = 16 * 1024;

interface Draft {
  readonly objectPath: string;
  readonly metaPath: string;
  readonly asidePath: string;
}

export class FolderLake implements SweepableLake {
  readonly id: string;
  readonly serverAddress = null;
  readonly renaming: LakeRenaming;
  readonly notes: LakeNotes;
  readonly #root: string;
  readonly #clock: Clock;
  readonly #copier = new FileCopier();
  /** Names are checked and taken one at a time, so that two puts of this process cannot take the same name. */
  readonly #naming = new SerialQueue();
  #probe: Promise<LakeCapabilities> | undefined;

  /** `root`: absolute, without symbolic links; made when the first object is put. */
  constructor(root: string, tools: { readonly clock: Clock }) {
    this.#root = root;
    this.#clock = tools.clock;
    this.id = nameFolderLake(root);
    this.notes = createFolderNotes(root);
    this.renaming = createRenaming(root, BOOKKEEPING_FOLDER, async () => {
      await this.capabilities();
      return this.#draft().asidePath;
    });
  }

  async capabilities(signal?: AbortSignal): Promise<LakeCapabilities> {
    signal?.throwIfAborted();
    this.#probe ??= this.#probeLinks().catch((fault: unknown) => {
      this.#probe = undefined;
      throw fault;
    });
    return await this.#probe;
  }

  async putBytes(request: PutBytes): Promise<PutResult> {
    checkKey(request.key);
    const metadata = completeMetadata(request.metadata, request.sha256);
    const sha256 = createHash("sha256").update(request.body).digest("hex");
    if (sha256 !== request.sha256) {
      throw new LakeError(
        "LAKE_CORRUPT",
        `${request.key}: the bytes to store are not the planned ones.`,
        false,
      );
    }
    return await this.#put(request, metadata, async (path) => await writeSynced(path, request.body));
  }

  async putFile(request: PutFile): Promise<PutResult> {
    checkKey(request.key);
    const metadata = completeMetadata(request.metadata, request.sha256);
    const standing = await this.#guard(request.key, async () =>
      (await walkToKey(this.#root, request.key)) ? await this.#bindStanding(request, metadata) : undefined,
    );
    if (standing !== undefined) return { outcome: "exists", head: standing };
    return await this.#put(request, metadata, async (path) => await this.#copyPlanned(request, path));
  }

  async replaceFile(request: ReplaceFile): Promise<PutResult> {
    checkKey(request.key);
    const metadata = completeMetadata(request.metadata, request.sha256);
    const standing = await this.#judgeReplaced(request, metadata);
    if (standing !== undefined) return standing;
    return await this.#put(
      request,
      metadata,
      async (path) => await this.#copyPlanned(request, path),
      async (draft, metaText) => await this.#replace(request, metadata, draft, metaText),
    );
  }

  examine(): Promise<readonly Finding[]> {
    return Promise.resolve(examineFolder(this.#root));
  }

  async head(key: string, signal?: AbortSignal): Promise<ObjectHead | undefined> {
    signal?.throwIfAborted();
    return await this.#guard(key, async () => {
      const path = await findPathToRead(this.#root, key);
      if (path === undefined) return undefined;
      for (;;) {
        const stat = await lstat(path, { bigint: true });
        if (!stat.isFile()) return undefined;
        const metadata = await readMeta(path, stat, signal);
        // Replaced meanwhile: the metadata may be of the other object.
        if (markFile(await lstat(path, { bigint: true })) !== markFile(stat)) continue;
        return { key, sizeBytes: Number(stat.size), etag: readEtag(stat), modifiedAt: stat.mtime, metadata };
      }
    });
  }

  async get(key: string, signal?: AbortSignal): Promise<StoredObject> {
    const { head, handle } = await this.#open(key, signal);
    // Node takes as much memory for each file, however small it is.
    const highWaterMark = Math.min(READ_BUFFER_BYTES, Math.max(head.sizeBytes, LEAST_READ_BUFFER_BYTES));
    const stream = handle.createReadStream({ highWaterMark });
    return { head, body: checkBodyLength(stream, key, head.sizeBytes, signal) };
  }

  async getFile({ key, path, signal, onProgress }: GetFile): Promise<FetchedFile> {
    const { head, handle } = await this.#open(key, signal);
    const { sizeBytes } = head;
    const hash = createHash("sha256");
    let receivedBytes = 0;
    const read = async (buffer: Buffer): Promise<number> => {
      const { bytesRead } = await handle.read(buffer).catch((fault: unknown) => {
        throw describeCut(key, { receivedBytes, sizeBytes }, fault);
      });
      receivedBytes += bytesRead;
      hash.update(buffer.subarray(0, bytesRead));
      return bytesRead;
    };
    try {
      const target = await open(path, "wx", FETCHED_FILE_MODE);
      try {
        const onRead = throttleProgress(this.#clock, sizeBytes, onProgress);
        await this.#copier.copy({ sizeBytes, target, read, signal, onRead });
        if (receivedBytes !== sizeBytes) throw describeCut(key, { receivedBytes, sizeBytes });
        return { head, sha256: hash.digest("hex") };
      } finally {
        await target.close();
      }
    } finally {
      await handle.close();
    }
  }

  /** The object as it is looked at, open to be read. */
  async #open(
    key: string,
    signal: AbortSignal | undefined,
  ): Promise<{ readonly head: ObjectHead; readonly handle: FileHandle }> {
    for (;;) {
      const head = await this.head(key, signal);
      if (head === undefined) {
        throw new LakeError("LAKE_CORRUPT", `The object ${key} is not in ${this.id}.`, false);
      }
      const handle = await this.#guard(key, async () => await this.#openAs(head));
      if (handle !== undefined) return { head, handle };
    }
  }

  /** `undefined` if the object was replaced since it was looked at. */
  async #openAs({ key, etag }: ObjectHead): Promise<FileHandle | undefined> {
    const handle = await open(join(this.#root, key), constants.O_RDONLY | constants.O_NOFOLLOW);
    if (readEtag(await handle.stat({ bigint: true })) === etag) return handle;
    await handle.close();
    return undefined;
  }

  async *list(prefix: string, signal?: AbortSignal): AsyncIterable<ObjectSummary> {
    try {
      yield* walkFolder(this.#root, prefix, BOOKKEEPING_FOLDER, signal);
    } catch (fault) {
      throw describeFolderFault(fault, prefix);
    }
  }

  async remove(
    key: string,
    object: { readonly etag: string; readonly sha256: string },
    signal?: AbortSignal,
  ): Promise<RemoveResult> {
    signal?.throwIfAborted();
    return await this.#guard(key, async () =>
      this.#naming.run(async () => await removeFile(this.#root, key, object)),
    );
  }

  /** Ignores the prefix: the temporary files of all keys are in one folder of the lake. */
  async sweepLeftovers(_prefix: string, startedBefore: Date, signal?: AbortSignal): Promise<number> {
    return await this.#guard(
      TEMPORARY_FOLDER,
      async () => await removeTemporaries(join(this.#root, TEMPORARY_FOLDER), startedBefore, signal),
    );
  }

  async close(): Promise<void> {
    await this.#naming.run(async () => undefined);
  }

  async #put(
    request: PutBytes | PutFile,
    metadata: ObjectMetadata,
    write: (path: string) => Promise<void>,
    name = async (draft: Draft, metaText: string): Promise<PutResult> =>
      await this.#name(request, metadata, draft, metaText),
  ): Promise<PutResult> {
    request.signal?.throwIfAborted();
    // A lake that was emptied while the process runs has lost the folder of drafts too.
    if (!existsSync(join(this.#root, TEMPORARY_FOLDER))) this.#probe = undefined;
    await this.capabilities(request.signal);
    const draft = this.#draft();
    try {
      return await this.#guard(request.key, async () => {
        failpoint("folder.draft.before");
        await write(draft.objectPath);
        failpoint("folder.draft.after");
        const mark = markFile(await lstat(draft.objectPath, { bigint: true }));
        const metaText = renderMeta(metadata, request.contentType, mark);
        await writeSynced(draft.metaPath, Buffer.from(metaText));
        request.signal?.throwIfAborted();
        return await this.#naming.run(async () => await name(draft, metaText));
      });
    } finally {
      await removeDraft(draft);
    }
  }

  /** Takes the key for a draft. From here on an abort is ignored: the steps are few and belong together. */
  async #name(
    request: PutBytes | PutFile,
    metadata: ObjectMetadata,
    draft: Draft,
    metaText: string,
  ): Promise<PutResult> {
    const { key } = request;
    if (!(await walkToKey(this.#root, key))) {
      const path = join(this.#root, key);
      await makeFolderSynced(dirname(path));
      failpoint("folder.meta.before");
      const meta = await placeMeta(path, metaText, draft.metaPath, draft.asidePath);
      await syncFolder(dirname(path));
      failpoint("folder.meta.after");
      failpoint("folder.link.before");
      if (await linkUnlessThere(draft.objectPath, path)) {
        failpoint("folder.link.after");
        await meta.keep();
        failpoint("folder.sync.before");
        await syncFolder(dirname(path));
        failpoint("folder.sync.after");
        return { outcome: "created", etag: readEtag(await lstat(path, { bigint: true })) };
      }
      await meta.giveBack();
    }
    const head = await this.#bindStanding(request, metadata);
    if (head !== undefined) return { outcome: "exists", head };
    throw new LakeError("LAKE_UNAVAILABLE", `${key} was removed while it was read.`, true);
  }

  async #replace(
    request: ReplaceFile,
    metadata: ObjectMetadata,
    draft: Draft,
    metaText: string,
  ): Promise<PutResult> {
    for (;;) {
      const judged = await this.#judgeReplaced(request, metadata);
      if (judged !== undefined) return judged;
      const head = await this.head(request.key);
      if (head?.etag !== request.replaces) continue;
      const etag = await replaceObject({
        path: join(this.#root, request.key),
        etag: head.etag,
        metadata: head.metadata,
        draft: draft.objectPath,
        metaText,
        asidePath: draft.asidePath,
      });
      if (etag !== undefined) return { outcome: "created", etag };
    }
  }

  /** `undefined` while the object stands that may be replaced. */
  async #judgeReplaced(
    { key, sizeBytes, replaces, signal }: ReplaceFile,
    metadata: ObjectMetadata,
  ): Promise<PutResult | undefined> {
    const head = await this.head(key, signal);
    if (head === undefined)
      throw new LakeError("LAKE_UNAVAILABLE", `${key} was removed while it was to be replaced.`, true);
    // Stored by an earlier try, of this call or of a dead process.
    if (isSameObject(head, sizeBytes, metadata)) return { outcome: "created", etag: head.etag };
    return head.etag === replaces ? undefined : { outcome: "exists", head };
  }

  /**
   * The object at the key. If it is what was to be put and has another process's metadata, its own metadata is written.
   */
  async #bindStanding(
    { key, contentType }: PutBytes | PutFile,
    metadata: ObjectMetadata,
  ): Promise<ObjectHead | undefined> {
    const head = await this.head(key);
    if (head === undefined || Object.keys(head.metadata).length > 0) return head;
    const path = join(this.#root, key);
    if (!(await hasMeta(path)) || (await hashFile(path)) !== metadata["sha256"]) return head;
    await this.capabilities();
    const mark = markFile(await lstat(path, { bigint: true }));
    const draft = this.#draft();
    try {
      await replaceMeta(path, renderMeta(metadata, contentType, mark), draft.asidePath);
    } finally {
      await removeDraft(draft);
    }
    await syncFolder(dirname(path));
    return { ...head, metadata };
  }

  async #copyPlanned(request: PutFile, path: string): Promise<void> {
    const { sizeBytes, signal } = request;
    const source = await PreparedFile.open(request);
    try {
      const target = await open(path, "wx");
      try {
        await this.#copier.copy({
          sizeBytes,
          target,
          read: async (buffer) => await source.read(buffer),
          signal,
          onRead: throttleProgress(this.#clock, sizeBytes, request.onProgress),
        });
        await source.verify();
        await target.datasync();
      } finally {
        await target.close();
      }
    } finally {
      await source.close();
    }
  }

  /** Links a temporary file to the probe's name twice: the second time must be refused. */
  async #probeLinks(): Promise<LakeCapabilities> {
    return await this.#guard(PROBE_KEY, async () => {
      await makeFolderSynced(join(this.#root, TEMPORARY_FOLDER));
      const draft = this.#draft();
      try {
        await writeSynced(draft.objectPath, Buffer.from("probe\n"));
        await linkUnlessThere(draft.objectPath, join(this.#root, PROBE_KEY));
        const isReplaced = await linkUnlessThere(draft.objectPath, join(this.#root, PROBE_KEY));
        return { conditionalPut: !isReplaced, conditionalComplete: !isReplaced, checksums: true };
      } finally {
        await removeDraft(draft);
      }
    });
  }

  #draft(): Draft {
    const path = join(this.#root, TEMPORARY_FOLDER, randomUUID());
    return {
      objectPath: `${path}.tmp`,
      metaPath: `${path}.meta.tmp`,
      asidePath: `${path}.aside.tmp`,
    };
  }

  async #guard<T>(key: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (fault) {
      throw describeFolderFault(fault, key);
    }
  }
}

async function removeDraft(draft: Draft): Promise<void> {
  for (const path of [draft.objectPath, draft.metaPath, draft.asidePath]) {
    await unlink(path).catch(() => undefined);
  }
}
