/** Finds and fingerprints the source file: inside the input folder, a plain file, not changing while it is read. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { access, constants, open, readdir, readlink, realpath, stat } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, resolve } from "node:path";
import type { Clock } from "../../model/ports/clock.ts";
import { TaskFailure } from "../../model/errors.ts";
import { findCompression, MAGIC_BYTES } from "../csv/compressed.ts";

export interface SourceFile {
  /** Absolute, symbolic links resolved. */
  readonly path: string;
  readonly sizeBytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

/** A link that is swapped while it is followed is broken for a moment; it is followed again this many times. */
const MOST_SWAPS = 5;

/**
 * The real path of `file` below `folder`. Links are followed while they stay in the folder. Errors, of which only the
 * first is retryable: `INPUT_MISSING`, `INPUT_OUTSIDE`, `INPUT_NOT_A_FILE`, `INPUT_UNREADABLE`, `INPUT_IS_ARCHIVE`.
 */
export async function locateSource(folder: string, file: string): Promise<string> {
  const wanted = resolve(folder, file);
  if (isAbsolute(file) || isOutside(folder, wanted)) throw refuseOutside(folder, file);
  const real = await resolveLinks(folder, wanted, file);
  const stats = await stat(real).catch(refuseGone(real));
  if (!stats.isFile()) {
    const what = stats.isDirectory() ? "a directory" : "a special file";
    throw new TaskFailure("INPUT_NOT_A_FILE", `${wanted} is ${what}, not a file.`, false);
  }
  await access(real, constants.R_OK).catch(() => {
    throw new TaskFailure("INPUT_UNREADABLE", `${wanted} is not readable by this user.`, false, {
      hint: "Give the user that runs Dagmar read permission on it.",
    });
  });
  await refuseCompressed(real, wanted, file);
  return real;
}

/** Readers of the object rely on its name. */
async function refuseCompressed(real: string, wanted: string, file: string): Promise<void> {
  const kind = findCompression(await readHead(real));
  if (kind === undefined || kind.endings.some((ending) => file.toLowerCase().endsWith(ending))) return;
  const [ending = ""] = kind.endings;
  const how =
    kind.unpack === null
      ? `Unpack it, so that ${file} is the plain file`
      : `Rename it to ${basename(file)}${ending} and unpack it (\`${kind.unpack(`${basename(file)}${ending}`)}\`), so that ${file} is the plain file`;
  throw new TaskFailure("INPUT_IS_ARCHIVE", `${wanted} is ${kind.name}, not the file itself.`, false, {
    hint: `${how}; or store it as it is: let \`file\` and \`key\` end in ${ending}.`,
  });
}

async function resolveLinks(folder: string, wanted: string, file: string): Promise<string> {
  for (let swaps = 0; ; swaps += 1) {
    const root = await realpath(folder).catch(() => {
      throw new TaskFailure("INPUT_MISSING", `The input folder ${folder} does not exist.`, true, {
        hint: "Create it and put the files in it, or set DAGMAR_INPUT to where they are.",
        isForPerson: true,
      });
    });
    try {
      const real = await realpath(wanted);
      if (isOutside(root, real)) throw refuseOutside(folder, file, real);
      return real;
    } catch (error) {
      if (error instanceof TaskFailure) throw error;
      if (readCode(error) === "EACCES") {
        throw new TaskFailure(
          "INPUT_UNREADABLE",
          `${wanted} is in a folder that this user may not enter.`,
          false,
        );
      }
      const target = await readlink(wanted).catch(() => undefined);
      if (target !== undefined && swaps < MOST_SWAPS) continue;
      if (target === undefined) await refuseMissingFolder(dirname(wanted), root);
      const what = target === undefined ? "does not exist" : `is a broken symbolic link (to ${target})`;
      const hint =
        target === undefined ? await suggest(root, file) : `Point the link to a file inside ${root}.`;
      throw new TaskFailure("INPUT_MISSING", `${wanted} ${what}.`, true, { hint });
    }
  }
}

/** A folder between the input folder and the file. */
async function refuseMissingFolder(folder: string, root: string): Promise<void> {
  const isThere = await stat(folder).then(
    () => true,
    (error: unknown) => readCode(error) !== "ENOENT",
  );
  if (isThere) return;
  throw new TaskFailure("INPUT_MISSING", `The folder ${folder} does not exist.`, true, {
    hint: `Create it and put the file in it. The input folder is ${root}.`,
    isForPerson: true,
  });
}

/** The publisher offers the CSVs as one zip; if that is in the folder, the hint says so. */
async function suggest(root: string, file: string): Promise<string> {
  const entries = await readdir(root).catch(() => []);
  const zip = entries.find((entry) => entry.toLowerCase().endsWith(".zip"));
  if (zip !== undefined)
    return `There is ${zip} in ${root}: unpack it there (\`unzip '${join(root, zip)}' -d '${root}'\`).`;
  const similar = entries.find((entry) => entry !== file && entry.toLowerCase() === file.toLowerCase());
  if (similar !== undefined) return `There is ${similar}: upper and lower case matter.`;
  return `Put ${file} into ${root}, or set DAGMAR_INPUT to the folder that holds it.`;
}

function isOutside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way === "" || way === ".." || way.startsWith("../") || isAbsolute(way);
}

function refuseOutside(folder: string, file: string, target?: string): TaskFailure {
  const where = target === undefined ? "" : `: it is a link to ${target}`;
  return new TaskFailure("INPUT_OUTSIDE", `${file} is outside the input folder ${folder}${where}.`, false, {
    hint: "Only files inside DAGMAR_INPUT are read; symbolic links must stay inside too.",
  });
}

/** Found a moment ago, and gone: its writer has removed or replaced it. */
function refuseGone(path: string): (error: unknown) => never {
  return (error) => {
    if (readCode(error) !== "ENOENT") throw error;
    throw new TaskFailure(
      "INPUT_CHANGED",
      `${path} was removed while it was read. Nothing was stored.`,
      true,
      {
        hint: "Let the writer finish, or use wait_for.",
        cause: error,
      },
    );
  };
}

function readCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error ? String(error.code) : undefined;
}

async function readHead(path: string): Promise<Uint8Array> {
  const handle = await open(path, "r").catch(refuseGone(path));
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(MAGIC_BYTES), 0, MAGIC_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

export interface FingerprintOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** A file modified less than this long ago is checked again after that time. */
  readonly stableForSeconds: number;
  readonly onProgress: (readBytes: number, sizeBytes: number) => void;
}

/** Size and SHA-256 of a file that did not change meanwhile; raises `INPUT_CHANGED` (retryable) if it did. */
export async function fingerprintSource(path: string, options: FingerprintOptions): Promise<SourceFile> {
  return fingerprint(path, options).catch(refuseGone(path));
}

async function fingerprint(path: string, options: FingerprintOptions): Promise<SourceFile> {
  const { clock, signal, stableForSeconds } = options;
  const before = await stat(path, { bigint: true });
  const ageSeconds = (clock.now().getTime() - Number(before.mtimeNs / 1_000_000n)) / 1000;
  if (ageSeconds < stableForSeconds) {
    await clock.sleep(Math.min(stableForSeconds, stableForSeconds - ageSeconds) * 1000, signal);
  }
  const size = Number(before.size);
  const hash = createHash("sha256");
  let read = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024, signal })) {
    hash.update(chunk as Buffer);
    read += (chunk as Buffer).length;
    options.onProgress(read, size);
  }
  const after = await stat(path, { bigint: true });
  const isSame =
    before.size === after.size &&
    before.mtimeNs === after.mtimeNs &&
    before.ino === after.ino &&
    read === size;
  if (!isSame) {
    throw new TaskFailure(
      "INPUT_CHANGED",
      `${path} is still being written: it changed while it was read.`,
      true,
      {
        hint: "Nothing was stored. Let the writer finish, or use wait_for.",
      },
    );
  }
  return { path, sizeBytes: size, sha256: hash.digest("hex") };
}
