/** Makes a folder with those above it. */
import { mkdir, stat } from "node:fs/promises";
import path from "node:path";

/**
 * Node's own `recursive` never ends where the system says ENOENT of a folder whose parent is there, as `/proc` does. Rejects
 * with the system's error.
 */
export async function makeFolders(folder: string, mode = 0o777): Promise<void> {
  const above = path.dirname(folder);
  try {
    await mkdir(folder, { mode });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "EEXIST" && (await stat(folder)).isDirectory()) return;
    if (code !== "ENOENT" || (await isThere(above))) throw error;
    await makeFolders(above, mode);
    await makeFolders(folder, mode);
  }
}

function isThere(folder: string): Promise<boolean> {
  return stat(folder).then(
    () => true,
    () => false,
  );
}
