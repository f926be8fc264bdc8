/**
 * The content of a body: its JSON value, and the structure of a record. Which title it is about is decided elsewhere.
 */
import { createHash } from "node:crypto";
import { isUtf8 } from "node:buffer";

export type JsonObject = Readonly<Record<string, unknown>>;

/** `undefined` unless the bytes are one JSON text in valid UTF-8 without a byte order mark (RFC 8259, section 8.1). */
export function parseJsonBytes(bytes: Buffer): { readonly value: unknown } | undefined {
  if (!isUtf8(bytes)) return undefined;
  try {
    return { value: JSON.parse(bytes.toString("utf8")) };
  } catch {
    return undefined;
  }
}

/** Whether it is an object; an array is not. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Structures by their names in the order received; a dataset has a few dozen, and looking up costs less than hashing
 * again.
 */
const knownStructures = new Map<string, string>();
const MAX_KNOWN_STRUCTURES = 1000;
/**
 * A provider's names take 700 characters; an answer may consist of names only, and 1,000 of those would fill the
 * memory.
 */
const MAX_KNOWN_CHARACTERS = 8_000;

/**
 * Identifies the set of a record's top-level names: 16 hex digits, independent of their order. Equal for equal sets;
 * with 64 bits a collision among the few dozen structures of a dataset is unlikely enough.
 */
export function hashStructure(record: JsonObject): string {
  const names = Object.keys(record);
  const asTheyCame = JSON.stringify(names);
  const known = knownStructures.get(asTheyCame);
  if (known !== undefined) return known;
  const structure = createHash("sha256").update(JSON.stringify(names.toSorted())).digest("hex").slice(0, 16);
  if (asTheyCame.length > MAX_KNOWN_CHARACTERS) return structure;
  if (knownStructures.size >= MAX_KNOWN_STRUCTURES) knownStructures.clear();
  knownStructures.set(asTheyCame, structure);
  return structure;
}
