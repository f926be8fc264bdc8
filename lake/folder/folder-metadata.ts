/**
 * The metadata next to each object of a folder lake: its form, how it is read, and how it is written before its object
 * without replacing the metadata of an existing object. While an object is replaced, its metadata describes the old and the
 * new one. `meta-name` names its file.
 */
import { createHash } from "node:crypto";
import { createReadStream, type BigIntStats } from "node:fs";
import { link, lstat, readFile, rename, unlink } from "node:fs/promises";
import { basename } from "node:path";
import { pipeline } from "node:stream/promises";
import type { ObjectMetadata } from "../../model/ports/lake.ts";
import { findMetaPath, findOldMetaPath } from "../meta-name.ts";
import { writeSynced } from "./durable-files.ts";
import { describeFolderFault, readErrno } from "./folder-faults.ts";

/** Identifies a file in this folder; unchanged when the file is linked to another name. */
export function markFile({ ino, size, mtimeNs }: BigIntStats): string {
  return `${ino}-${size}-${mtimeNs}`;
}

/** The same metadata of the same file always gives the same bytes. `mark`: the file that they belong to. */
export function renderMeta(metadata: ObjectMetadata, contentType: string, mark: string): string {
  const sorted = Object.fromEntries(Object.entries(metadata).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  return `${JSON.stringify({ contentType, file: mark, metadata: sorted }, null, 2)}\n`;
}

/** `text`, of an object that is about to stand, and the metadata of the one whose place it takes. */
export function renderBoth(text: string, metadata: ObjectMetadata, mark: string): string {
  const next = JSON.parse(text) as object;
  return `${JSON.stringify({ ...next, previous: { file: mark, metadata } }, null, 2)}\n`;
}

/**
 * The metadata of the existing object. Empty if there is none, if it cannot be read, or if it describes other bytes
 * because another process left it while storing the same key. Metadata without this file's mark (of a copied lake, or
 * of 0.1) belongs to the object if it names the sha256 of the bytes.
 */
export async function readMeta(
  objectPath: string,
  stat: BigIntStats,
  signal?: AbortSignal,
): Promise<ObjectMetadata> {
  let sha256: Promise<string> | undefined;
  for await (const text of readMetaTexts(objectPath)) {
    const versions = parseMeta(text);
    const own = versions.find(({ mark }) => mark === markFile(stat));
    if (own !== undefined) return own.metadata;
    const found = await (sha256 ??= hashFile(objectPath, signal));
    const same = versions.find(({ metadata }) => metadata["sha256"] === found);
    if (same !== undefined) return same.metadata;
  }
  return {};
}

/**
 * What stands under the present name, then under the old one. The present name is read again at the end, because
 * `lake migrate` may have renamed the file in between.
 */
async function* readMetaTexts(objectPath: string): AsyncGenerator<string> {
  const present = await readFileIfThere(findMetaPath(objectPath));
  if (present !== undefined) yield present;
  const old = await readFileIfThere(findOldMetaPath(objectPath));
  if (old !== undefined) yield old;
  const renamed = await readFileIfThere(findMetaPath(objectPath));
  if (renamed !== undefined && renamed !== present) yield renamed;
}

interface ParsedMeta {
  readonly mark: unknown;
  readonly metadata: ObjectMetadata;
}

/** One version, or two while the object is replaced. */
function parseMeta(text: string): readonly ParsedMeta[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    parsed = undefined;
  }
  const previous =
    typeof parsed === "object" && parsed !== null && "previous" in parsed ? [parsed.previous] : [];
  return [parsed, ...previous].map((version) => {
    const fields = typeof version === "object" && version !== null ? version : {};
    return {
      mark: "file" in fields ? fields.file : undefined,
      metadata: "metadata" in fields ? readMetadata(fields.metadata) : {},
    };
  });
}

function readMetadata(metadata: unknown): ObjectMetadata {
  if (typeof metadata !== "object" || metadata === null) return {};
  const entries = Object.entries(metadata).filter(
    (entry): entry is [string, string] => typeof entry[1] === "string",
  );
  return Object.fromEntries(entries);
}

export interface PlacedMeta {
  /** Call it when another process's object came first: restores that object's metadata. */
  giveBack(): Promise<void>;
  /** Call it when our own object exists: repairs the metadata that a losing process put over ours. */
  keep(): Promise<void>;
}

/**
 * Puts `text` (also in the temporary file `from`) in place for an object that does not exist yet. Metadata that is
 * already there was left by a crash, or belongs to another process that is storing the same key right now; it is kept
 * under `aside` until linking the object has shown which. A crash between the two leaves metadata of another file than
 * the object, which `readMeta` ignores.
 */
export async function placeMeta(
  objectPath: string,
  text: string,
  from: string,
  aside: string,
): Promise<PlacedMeta> {
  const path = findMetaPath(objectPath);
  const hadOther = !(await linkUnlessThere(from, path)) && (await readFileIfThere(path)) !== text;
  if (hadOther) {
    await linkUnlessThere(path, aside);
    await rename(from, path);
  }
  return {
    async giveBack() {
      if (!hadOther) return;
      // A third process may have put its own over ours and kept ours aside: the metadata of the existing object is
      // restored.
      const isOurs = (await readFileIfThere(path)) === text;
      if (isOurs || (await isOf(aside, objectPath))) await rename(aside, path);
    },
    async keep() {
      if ((await readFileIfThere(path)) === text) return;
      await replaceFile(path, text, aside);
    },
  };
}

/** Whether the metadata in a file describes the bytes of an object. */
async function isOf(metaFile: string, objectPath: string): Promise<boolean> {
  const known = listHashes((await readFileIfThere(metaFile)) ?? "");
  return known.length > 0 && known.includes(await hashFile(objectPath));
}

/** Whether a file is metadata of ours. */
export async function isMetadata(metaFile: string): Promise<boolean> {
  return listHashes((await readFileIfThere(metaFile)) ?? "").length > 0;
}

function listHashes(text: string): readonly string[] {
  return parseMeta(text).flatMap(({ metadata }) => metadata["sha256"] ?? []);
}

/** Whether a file is the metadata of an existing object: it has the object's mark, or the sha256 of its bytes. */
export async function isMetadataOf(metaFile: string, objectPath: string): Promise<boolean> {
  const text = (await readFileIfThere(metaFile)) ?? "";
  try {
    const own = markFile(await lstat(objectPath, { bigint: true }));
    if (parseMeta(text).some(({ mark }) => mark === own)) return true;
    return listHashes(text).includes(await hashFile(objectPath));
  } catch (fault) {
    if (readErrno(fault) === "ENOENT") return false;
    throw fault;
  }
}

/** SHA-256 of the bytes that are there now. */
export async function hashFile(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash, signal === undefined ? {} : { signal });
  return hash.digest("hex");
}

/** Whether the link was made; `false` if the name was taken. */
export async function linkUnlessThere(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (fault) {
    if (readErrno(fault) === "EEXIST") return false;
    throw describeFolderFault(fault, basename(to), true);
  }
}

/** Removes the metadata of an object that is gone, unless it describes other bytes by now. */
export async function removeMeta(objectPath: string, sha256: string): Promise<void> {
  for (const path of [findMetaPath(objectPath), findOldMetaPath(objectPath)]) {
    const text = await readFileIfThere(path);
    if (text !== undefined && listHashes(text).includes(sha256)) await unlink(path);
  }
}

export async function hasMeta(objectPath: string): Promise<boolean> {
  return (await readMetaTexts(objectPath).next()).done !== true;
}

/** Gives an existing object its metadata; `by` is a temporary file on the same file system. */
export async function replaceMeta(objectPath: string, text: string, by: string): Promise<void> {
  await replaceFile(findMetaPath(objectPath), text, by);
}

async function replaceFile(path: string, text: string, by: string): Promise<void> {
  await unlink(by).catch(() => undefined);
  await writeSynced(by, Buffer.from(text));
  await rename(by, path);
}

async function readFileIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (fault) {
    if (readErrno(fault) === "ENOENT") return undefined;
    throw fault;
  }
}
