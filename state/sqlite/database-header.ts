/**
 * What the first 100 bytes of a database file say, and whether SQLite can have written one header after another:
 * https://sqlite.org/fileformat.html#the_database_header
 */
import { randomInt } from "node:crypto";
import type { Query } from "./query.ts";
import { Sql, sql } from "./statement.ts";

export const HEADER_BYTES = 100;

const MAGIC = Buffer.from("SQLite format 3\0");
/** Magic, page size, format, and fields that are 0 for ever. */
const FIXED_FIELDS = [0, 4, 8, 12, 16, 20, 52, 64, 72, 76, 80, 84, 88] as const;
/** Schema format, encoding, the mark, the program: 0 until they are set once. */
const FIELDS_SET_ONCE = [44, 56, 60, 68] as const;

export interface DatabaseHeader {
  readonly bytes: Buffer;
  readonly sizeBytes: number;
  readonly pageSizeBytes: number;
  /** Grows whenever another connection than before writes the first page. */
  readonly counter: number;
  readonly pages: number;
  /** Grows with each change of the schema. */
  readonly schema: number;
  /** `PRAGMA user_version`: a random number that tells one database from another; 0 until it is set. */
  readonly mark: number;
}

/** `undefined` if these are not the first bytes of a SQLite database. */
export function decodeHeader(bytes: Buffer, sizeBytes: number): DatabaseHeader | undefined {
  if (bytes.length < HEADER_BYTES || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  const pageSize = bytes.readUInt16BE(16);
  return {
    bytes,
    sizeBytes,
    pageSizeBytes: pageSize === 1 ? 65_536 : pageSize,
    counter: bytes.readUInt32BE(24),
    pages: bytes.readUInt32BE(28),
    schema: bytes.readUInt32BE(40),
    mark: bytes.readUInt32BE(60),
  };
}

/**
 * SQLite writes the header only in a checkpoint. An older state of the same database has a smaller counter, since
 * `markHeader` raises it whenever a process takes the lease.
 */
export function mayFollow(before: DatabaseHeader, after: DatabaseHeader): boolean {
  const read = (field: number): readonly [number, number] => [
    before.bytes.readUInt32BE(field),
    after.bytes.readUInt32BE(field),
  ];
  const isSame = (field: number): boolean => read(field)[0] === read(field)[1];
  const isSameDatabase =
    FIXED_FIELDS.every(isSame) && FIELDS_SET_ONCE.every((field) => read(field)[0] === 0 || isSame(field));
  // The counter stands in two places, written together.
  if (!isSameDatabase || after.counter !== after.bytes.readUInt32BE(92)) return false;
  if (after.counter !== before.counter) return after.counter > before.counter;
  if (after.schema !== before.schema) return after.schema > before.schema;
  const isCut = after.sizeBytes < before.sizeBytes && after.sizeBytes < after.pages * after.pageSizeBytes;
  return after.pages >= before.pages && !isCut;
}

/**
 * Writes the mark, which a database gets once, into the first page: it is then in the -wal too, with a greater counter,
 * even where it was set before.
 */
export function markHeader(query: Query): void {
  const { mark } = query.one<{ mark: number }>(sql`SELECT user_version AS mark FROM pragma_user_version`);
  query.run(new Sql(`PRAGMA user_version = ${mark === 0 ? makeMark() : mark}`, []));
}

export function makeMark(): number {
  return randomInt(1, 2 ** 31);
}
