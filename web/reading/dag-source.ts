/** The text of a Dag's file as it is now. */
import { readFileSync } from "node:fs";
import path from "node:path";

/** `known`: an id from the database, never from a request. `null` if the file is gone or cannot be read. */
export function readDagSource(folder: string, known: string): string | null {
  try {
    return readFileSync(path.join(folder, `${known}.yaml`), "utf8");
  } catch {
    return null;
  }
}
