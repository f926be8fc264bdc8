/**
 * An attempt's log as one text of bytes, from its oldest part to the end that it has now, and the places in it that a reader
 * may come back to. Lines are cut out of it elsewhere.
 */
import { createHash } from "node:crypto";
import { realpath } from "node:fs/promises";
import path from "node:path";
import type { AttemptKey } from "../model/ports/attempt-logs.ts";
import { locateAttemptLog } from "./attempt-log-location.ts";
import { closeLogParts, openLogParts, refuseLog, type LogPart } from "./attempt-log-parts.ts";

/** Why a reader cannot continue where it was: the part is gone, or it has other content there. */
export type LogGap = "removed" | "changed";

export interface Located {
  readonly offset: number;
  /** `null` if the reader continues without a gap; else the offset is that of the oldest line that it may have missed. */
  readonly gap: LogGap | null;
}

export interface LogText {
  readonly sizeBytes: number;
  /** Of its oldest part: as long as it is the same, offsets mean the same. */
  readonly identity: string;
  /** Fewer bytes where the text ends. They lie in `into`, if it is given: a long text then takes no new memory. */
  read(offset: number, lengthBytes: number, into?: Buffer): Promise<Buffer>;
  /** An opaque text for the place; it holds while the file grows and is rotated. */
  mark(offset: number): Promise<string>;
  /** `undefined` for a text that `mark` did not make. */
  find(mark: string): Promise<Located | undefined>;
  close(): Promise<void>;
}

/** `undefined` if there is no file: nothing was written, or it was pruned. Raises `LOG_UNREADABLE`. */
export async function openLogText(folder: string, key: AttemptKey): Promise<LogText | undefined> {
  const file = locateAttemptLog(folder, key);
  if (file === undefined) return undefined;
  await assertInside(folder, file);
  const parts = await openLogParts(file);
  if (parts.length === 0) return undefined;
  try {
    return await joinParts(parts);
  } catch (error) {
    await closeLogParts(parts);
    throw error;
  }
}

/** A symbolic link may not lead out of the folder of logs; that folder itself may be one. */
async function assertInside(folder: string, file: string): Promise<void> {
  const inner = path.dirname(file);
  try {
    const expected = path.join(await realpath(folder), path.relative(folder, inner));
    if ((await realpath(inner)) !== expected) throw refuseLog(file);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code !== "ENOENT" && code !== "ENOTDIR") throw error;
  }
}

interface Placed extends LogPart {
  /** Of its first byte in the whole text. */
  readonly from: number;
  /** With a line feed that is added where a killed writer left a part without one. */
  readonly to: number;
}

export const NEWLINE = 0x0a;
const MARK = /^(\d{1,20})\.(\d{1,20})\.(\d{1,15})\.([\w-]{11})$/;
/** So many bytes before a place say whether the file is still the same. */
const ANCHOR_BYTES = 64;

async function joinParts(parts: readonly LogPart[]): Promise<LogText> {
  const placed: Placed[] = [];
  for (const [index, part] of parts.entries()) {
    const from = placed.at(-1)?.to ?? 0;
    const isLast = index === parts.length - 1;
    const added = isLast || part.sizeBytes === 0 || (await endsLine(part)) ? 0 : 1;
    placed.push({ ...part, from, to: from + part.sizeBytes + added });
  }
  const sizeBytes = placed.at(-1)?.to ?? 0;

  async function read(offset: number, lengthBytes: number, into?: Buffer): Promise<Buffer> {
    const end = Math.max(offset, Math.min(offset + lengthBytes, sizeBytes));
    const bytes = (into ?? Buffer.allocUnsafe(end - offset)).subarray(0, end - offset);
    for (const part of placed) {
      const from = Math.max(offset, part.from);
      const to = Math.min(end, part.to);
      if (from < to) await readPart(part, from - part.from, bytes.subarray(from - offset, to - offset));
    }
    return bytes;
  }

  async function readAnchor(part: Placed, place: number): Promise<string> {
    const from = Math.max(0, place - ANCHOR_BYTES);
    const bytes = Buffer.alloc(place - from);
    await readPart(part, from, bytes);
    return createHash("sha256").update(bytes).digest("base64url").slice(0, 11);
  }

  return {
    sizeBytes,
    identity: `${placed[0]?.inode}.${placed[0]?.madeNs}`,
    read,
    async mark(offset) {
      const part = placed.findLast(({ from }) => from <= offset) ?? placed[0];
      if (part === undefined) throw new Error("a log without a part");
      const place = Math.min(offset - part.from, part.sizeBytes);
      return `${part.inode}.${part.madeNs}.${place}.${await readAnchor(part, place)}`;
    },
    async find(mark) {
      const [, inode = "", madeNs = "", digits = "", anchor] = MARK.exec(mark) ?? [];
      if (anchor === undefined) return undefined;
      const part = placed.find((one) => one.inode === BigInt(inode) && one.madeNs === BigInt(madeNs));
      if (part === undefined) return { offset: 0, gap: "removed" };
      const place = Number(digits);
      if ((await readAnchor(part, place)) !== anchor) {
        return { offset: part.from, gap: "changed" };
      }
      const isAtAddedEnd = place === part.sizeBytes && part.from + place < part.to;
      return { offset: isAtAddedEnd ? part.to : part.from + place, gap: null };
    },
    close: () => closeLogParts(parts),
  };
}

async function endsLine({ handle, sizeBytes }: LogPart): Promise<boolean> {
  const { bytesRead, buffer } = await handle.read(Buffer.alloc(1), 0, 1, sizeBytes - 1);
  return bytesRead === 1 && buffer[0] === NEWLINE;
}

/** A file that is cut short while it is read gives fewer bytes; what is missing is filled with line feeds. */
async function readPart({ handle }: LogPart, offset: number, bytes: Buffer): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesRead } = await handle.read(bytes, done, bytes.length - done, offset + done);
    if (bytesRead === 0) bytes.fill(NEWLINE, done);
    done += bytesRead === 0 ? bytes.length : bytesRead;
  }
}

const STEP_BYTES = 64 * 1024;

/** Of the line that the byte before `offset` belongs to, unless that byte is a line feed: then `offset` itself. */
export async function findLineStart(log: LogText, offset: number): Promise<number> {
  for (let end = offset; end > 0;) {
    const start = Math.max(0, end - STEP_BYTES);
    const newline = (await log.read(start, end - start)).lastIndexOf(NEWLINE);
    if (newline !== -1) return start + newline + 1;
    end = start;
  }
  return 0;
}

/** After the next line feed, and not after `limit`. */
export async function findLineEnd(log: LogText, offset: number, limit: number): Promise<number> {
  for (let start = offset; start < limit; start += STEP_BYTES) {
    const newline = (await log.read(start, Math.min(STEP_BYTES, limit - start))).indexOf(NEWLINE);
    if (newline !== -1) return start + newline + 1;
  }
  return limit;
}
