/** Bundles the sources once before the suite: threads and the command line are tested as they are shipped. Types are checked elsewhere. */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

export default function setup(): void {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  execFileSync(process.execPath, ["bundle.mjs"], { cwd: root, stdio: "inherit" });
}
