/** Which build of the program this is: two builds of one version may differ. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** 16 hex digits; `null` where the program is not built, but run from its sources. */
export function readBuildId(): string | null {
  try {
    const folder = path.dirname(fileURLToPath(import.meta.url));
    return readFileSync(path.join(folder, "..", "..", "build-id"), "utf8");
  } catch {
    return null;
  }
}
