/** Makes a folder with those above it. */
import { existsSync, mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Node's own `recursive` never ends where the system says ENOENT of a folder whose parent is there, as `/proc` does. Raises the
 * system's error.
 */
export function makeFolders(folder: string, mode = 0o777): void {
  try {
    mkdirSync(folder, { mode });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "EEXIST" && statSync(folder).isDirectory()) return;
    if (code !== "ENOENT" || existsSync(dirname(folder))) throw error;
    makeFolders(dirname(folder), mode);
    makeFolders(folder, mode);
  }
}
