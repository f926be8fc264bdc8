/** Makes one of the suite's own programs runnable: bundled as the product is, in a folder that finds the same packages. */
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "rolldown";

const PROJECT = fileURLToPath(new URL("../../../", import.meta.url));

/** `source` is a path from the project's root; gives the path of the program, which lies in `folder`. */
export async function bundleProgram(source: string, folder: string): Promise<string> {
  symlinkSync(join(PROJECT, "node_modules"), join(folder, "node_modules"));
  await build({
    input: { program: join(PROJECT, source) },
    cwd: PROJECT,
    platform: "node",
    external: [/^[^./]/],
    output: {
      dir: folder,
      format: "esm",
      entryFileNames: "[name].mjs",
      chunkFileNames: "chunks/[name]-[hash].mjs",
    },
  });
  return join(folder, "program.mjs");
}
