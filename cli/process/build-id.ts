/** Which build of the program this is: two builds of one version may differ. */
import { readFileSync } from "node:fs";

/** 16 hex digits; `null` where the program is not built, but run from its sources. */
export function readBuildId(): string | null {
  try {
    return readFileSync(new URL("../../build-id", import.meta.url), "utf8");
  } catch {
    return null;
  }
}
