/**
 * The `_<name>.meta.json` beside each object of a folder lake: its form, how it is read, and how it is put in place
 * before its object without ever replacing that of an object that stands.
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { link, readFile, rename, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { ObjectMetadata } from "../../model/ports/lake.ts";
import { writeSynced } from "./durable-files.ts";
import { describeFolderFault, readErrno } from "./folder-faults.ts";

/** Where an object's metadata lies. */
function findMetaPath(objectPath: string): string {
  return join(dirname(objectPath), `_${basename(objectPath)}.meta.json`);
}

/** The same metadata always gives the same bytes. */
export function renderMeta(metadata: ObjectMetadata, contentType: string): string {
  const sorted = Object.fromEntries(Object.entries(metadata).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  return `${JSON.stringify({ contentType, metadata: sorted }, null, 2)}\n`;
}

/** The metadata of an object; empty where there is none or where it cannot be read as such. */
export async function readMeta(objectPath: string): Promise<ObjectMetadata> {
  const text = await readFileIfThere(findMetaPath(objectPath));
  if (text === undefined) return {};
  return parseMeta(text);
}

function parseMeta(text: string): ObjectMetadata {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return {};
  }
  if (typeof parsed !== "object" || parsed === null || !("metadata" in parsed)) return {};
  const { metadata } = parsed;
  if (typeof metadata !== "object" || metadata === null) return {};
  const entries = Object.entries(metadata).filter(
    (entry): entry is [string, string] => typeof entry[1] === "string",
  );
  return Object.fromEntries(entries);
}

export interface PlacedMeta {
  /** To be called when another process's object came first: what its metadata was is put back. */
  giveBack(): Promise<void>;
  /** To be called when our own object stands: whatever a losing process put over it is put right. */
  keep(): Promise<void>;
}

/**
 * Puts `text` (also lying in the temporary `from`) in place for an object that does not stand yet. What lies there
 * already was left by a crash, or belongs to another process that is storing the same key this very moment; it is kept
 * aside under `aside` until the link of the object has told which. A crash between the two leaves metadata that does not agree with the
 * object, which a reader sees by its `sha256`.
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
      // A third one may have put its own over ours, and kept ours aside: what tells of the object that stands is put back.
      const isOurs = (await readFileIfThere(path)) === text;
      if (isOurs || (await isOf(aside, objectPath))) await rename(aside, path);
    },
    async keep() {
      if ((await readFileIfThere(path)) === text) return;
      await replaceFile(path, text, aside);
    },
  };
}

/** Whether the metadata in a file tells of the bytes of an object. */
async function isOf(metaFile: string, objectPath: string): Promise<boolean> {
  const { sha256 } = parseMeta((await readFileIfThere(metaFile)) ?? "");
  if (sha256 === undefined) return false;
  const hash = createHash("sha256");
  await pipeline(createReadStream(objectPath), hash);
  return hash.digest("hex") === sha256;
}

/** Whether the link was made; `false` when something stood there. */
export async function linkUnlessThere(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (fault) {
    if (readErrno(fault) === "EEXIST") return false;
    throw describeFolderFault(fault, basename(to), true);
  }
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
