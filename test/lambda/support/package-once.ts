/** Makes both zips once before the suite, as `npm run package:lambda` does. Types are checked elsewhere. */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

// oxlint-disable-next-line import/no-default-export -- vitest looks for it
export default function setup(): void {
  const root = fileURLToPath(new URL("../../..", import.meta.url));
  for (const command of [["bundle.mjs", "--lambda"], ["dist/packaging/main.js"]]) {
    execFileSync(process.execPath, command, { cwd: root, stdio: "inherit" });
  }
}
