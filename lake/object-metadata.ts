/** Which metadata an object may have, and whether an object in a store is the one that was sent. */
import { LakeError } from "../model/errors.ts";
import type { ObjectHead, ObjectMetadata } from "../model/ports/lake.ts";

/** S3's limit for user metadata, names and values together. */
const MAX_METADATA_BYTES = 2048;
const NAME = /^[a-z0-9][a-z0-9-]*$/;
/** Printable ASCII, with no space at an end because HTTP drops it. */
const VALUE = /^[!-~](?:[ -~]*[!-~])?$/;

/** The caller's metadata and our `sha256`. Raises `LAKE_UNSUPPORTED` for values that a header cannot carry. */
export function completeMetadata(metadata: ObjectMetadata, sha256: string): ObjectMetadata {
  const complete: ObjectMetadata = { ...metadata, sha256 };
  let sizeBytes = 0;
  for (const [name, value] of Object.entries(complete)) {
    if (!NAME.test(name) || !VALUE.test(value)) {
      throw refuseMetadata(
        `${JSON.stringify(name)} is not a lower-case name with a value of printable ASCII`,
      );
    }
    sizeBytes += name.length + value.length;
  }
  if (sizeBytes > MAX_METADATA_BYTES) {
    throw refuseMetadata(`${sizeBytes} bytes are more than ${MAX_METADATA_BYTES}`);
  }
  return complete;
}

/** Whether an object has this size and at least this metadata, including its `sha256`. */
export function isSameObject(head: ObjectHead, sizeBytes: number, metadata: ObjectMetadata): boolean {
  return (
    head.sizeBytes === sizeBytes &&
    Object.entries(metadata).every(([name, value]) => head.metadata[name] === value)
  );
}

function refuseMetadata(reason: string): LakeError {
  return new LakeError("LAKE_UNSUPPORTED", `The object's metadata cannot be stored: ${reason}.`, false);
}
