/**
 * Whether a database's -wal belongs to its file. SQLite checks the -wal against itself only: it writes another state's
 * pages into a file that was restored next to it, and zeros after the -wal was cut short.
 * https://sqlite.org/fileformat.html#the_write_ahead_log, https://sqlite.org/walformat.html#the_wal_index_header
 */
import { endianness } from "node:os";
import { StateError } from "../../model/errors.ts";
import { lookAt } from "./file-identity.ts";
import { decodeHeader, HEADER_BYTES } from "./database-header.ts";
import { openRawReader, type RawReader } from "./raw-reader.ts";

const LOG_HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
const LOG_MAGIC = 0x377f0682;
const INDEX_VERSION = 3_007_000;
const SALT_BYTES = 8;

export interface LogWatch {
  /** Whether the -wal still has all frames of which SQLite's index knows. */
  isWhole(): boolean;
}

/** Call it after the connection is opened: it has created both files. */
export function watchLog(real: string): LogWatch {
  const index = openRawReader(`${real}-shm`);
  const log = openRawReader(`${real}-wal`);
  return {
    isWhole() {
      if (index === undefined || log === undefined) return true;
      // SQLite writes frames first, then the index; it empties the index first, then the -wal.
      const { frames, frameBytes, salt } = readIndex(index);
      if (frames === 0) return true;
      const header = log.read(0, LOG_HEADER_BYTES);
      const sizeBytes = lookAt(`${real}-wal`)?.size ?? 0n;
      return header.subarray(16, 24).equals(salt) && sizeBytes >= LOG_HEADER_BYTES + frames * frameBytes;
    },
  };
}

function readIndex(index: RawReader): {
  readonly frames: number;
  readonly frameBytes: number;
  readonly salt: Buffer;
} {
  const bytes = index.read(0, 48);
  // The index is in the machine's own order, except for the salt, which is copied.
  const isLittle = endianness() === "LE";
  const read = (at: number): number => (isLittle ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at));
  if (bytes.length < 48 || read(0) !== INDEX_VERSION || bytes[12] !== 1) {
    return { frames: 0, frameBytes: 0, salt: Buffer.alloc(SALT_BYTES) };
  }
  const pageSize = isLittle ? bytes.readUInt16LE(14) : bytes.readUInt16BE(14);
  return {
    frames: read(16),
    frameBytes: FRAME_HEADER_BYTES + (pageSize === 1 ? 65_536 : pageSize),
    salt: bytes.subarray(32, 32 + SALT_BYTES),
  };
}

/**
 * Call it before SQLite opens the file. Raises `DATABASE_UNUSABLE` if the first page in the -wal cannot be the
 * successor of the file's. Each counter is at most one more than the one before it, and the file's never falls, so
 * that a process that is writing meanwhile raises no alarm.
 */
export function assertLogFits(path: string, real: string): void {
  if ((lookAt(`${real}-wal`)?.size ?? 0n) <= LOG_HEADER_BYTES) return;
  const firstPages = listFirstPages(`${real}-wal`);
  const [first] = firstPages;
  const header = decodeHeader(openRawReader(path)?.read(0, HEADER_BYTES) ?? Buffer.alloc(0), 0);
  if (first === undefined || header === undefined) return;
  const isKnown = header.mark === 0 || firstPages.some(({ mark }) => mark === header.mark);
  if (isKnown && first.counter <= header.counter + 1) return;
  throw new StateError(
    "DATABASE_UNUSABLE",
    `${path}-wal belongs to another state of the database than ${path}.`,
    {
      hint: `Nothing was changed. If ${path} was restored from a backup, move ${path}-wal and ${path}-shm away; otherwise put the file back to which the -wal belongs.`,
    },
  );
}

/** The first page as each commit of the -wal has it, oldest first. */
function listFirstPages(logPath: string): readonly { readonly counter: number; readonly mark: number }[] {
  const log = openRawReader(logPath);
  const header = log?.read(0, LOG_HEADER_BYTES);
  if (log === undefined || header?.length !== LOG_HEADER_BYTES) return [];
  if ((header.readUInt32BE(0) & ~1) >>> 0 !== LOG_MAGIC) return [];
  const salt = header.subarray(16, 24);
  const frameBytes = FRAME_HEADER_BYTES + header.readUInt32BE(8);
  const found: { counter: number; mark: number }[] = [];
  for (let at = LOG_HEADER_BYTES; ; at += frameBytes) {
    const frame = log.read(at, FRAME_HEADER_BYTES);
    // What follows is left from before the -wal was started again.
    if (frame.length < FRAME_HEADER_BYTES || !frame.subarray(8, 16).equals(salt)) return found;
    if (frame.readUInt32BE(0) !== 1) continue;
    const page = decodeHeader(log.read(at + FRAME_HEADER_BYTES, HEADER_BYTES), 0);
    if (page !== undefined) found.push(page);
  }
}
