/**
 * The text of a file that holds a secret. settings decides what it is for, and what is reported if it cannot be read.
 */
import { readSmallFile } from "./small-file.ts";

/** A credential has about a hundred characters; a device would never end. */
const LIMIT_BYTES = 64 * 1024;

/** Throws as `readSmallFile` does. */
export function readSecretFile(file: string): string {
  return readSmallFile(file, LIMIT_BYTES).toString("utf8");
}
