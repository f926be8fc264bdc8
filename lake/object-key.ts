/**
 * Which keys may be stored in any lake. The rules are those of the strictest store, so that a Dag that works in a
 * folder works in S3 and a lake can be copied from one to the other. `folder-names` checks what exists on a folder's
 * disk.
 */
import { LakeError } from "../model/errors.ts";
import { isMetaName, META_NAME_BYTES } from "./meta-name.ts";

/** Keys under this prefix are the store's own bookkeeping: they are never listed, and callers never give one. */
export const BOOKKEEPING_PREFIX = "_dagmar/";
export const PROBE_KEY = "_dagmar/probe";

/** S3's limit for a whole key, in UTF-8. */
const MAX_KEY_BYTES = 1024;
/** A file name holds 255 bytes (NAME_MAX). */
const MAX_SEGMENT_BYTES = 255 - META_NAME_BYTES;
const UNSAFE_CHARACTER = /[\p{Cc}\p{Cs}]/u;

/** Raises `LAKE_KEY_REFUSED` unless every lake can hold the key. `prefix` is the lake's own, or empty. */
export function checkKey(key: string, prefix = ""): void {
  const fault = findKeyFault(key, prefix);
  if (fault !== undefined) refuseKey(key, fault);
}

/** Raises `LAKE_KEY_REFUSED` with the reason. */
export function refuseKey(key: string, reason: string): never {
  throw new LakeError(
    "LAKE_KEY_REFUSED",
    `The key ${JSON.stringify(key)} cannot be stored: ${reason}.`,
    false,
    {
      hint: "Change the task's `key` template.",
    },
  );
}

function findKeyFault(key: string, prefix: string): string | undefined {
  if (key === "") return "it is empty";
  if (UNSAFE_CHARACTER.test(key)) return "it holds a control character or half of a character";
  if (key.includes("\\")) return "it holds a backslash";
  if (key.startsWith("/")) return "it is absolute";
  if (Buffer.byteLength(prefix + key) > MAX_KEY_BYTES) {
    return `with the lake's prefix it is longer than ${MAX_KEY_BYTES} bytes`;
  }
  if (key.toLowerCase().startsWith(BOOKKEEPING_PREFIX)) return `${BOOKKEEPING_PREFIX} is the lake's own`;
  for (const segment of key.split("/")) {
    if (segment === "") return "a part between slashes is empty";
    if (segment === "." || segment === "..") return `it holds the part ${JSON.stringify(segment)}`;
    if (Buffer.byteLength(segment) > MAX_SEGMENT_BYTES) {
      return `a part is longer than ${MAX_SEGMENT_BYTES} bytes`;
    }
    if (isMetaName(segment)) return "`.meta-….lake` and `_….meta.json` are how the lake names metadata";
  }
  return undefined;
}
