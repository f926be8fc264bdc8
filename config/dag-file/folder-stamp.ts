/** Whether a Dag folder may have changed, told without reading its files. What is in them is the loader's. */
import { readdir, stat } from "node:fs/promises";
import path from "node:path";

/** Another text whenever a file came, went, grew, or was written or replaced. A folder that cannot be read has one too. */
export async function stampFolder(folder: string): Promise<string> {
  try {
    const names = (await readdir(folder)).filter((name) => /\.ya?ml$/i.test(name)).toSorted();
    const stamps = await Promise.all(names.map((name) => stampFile(path.join(folder, name))));
    return stamps.join("\n");
  } catch (error) {
    return `unreadable: ${error instanceof Error ? error.message : String(error)}`;
  }
}

async function stampFile(file: string): Promise<string> {
  try {
    const { ino, size, mtimeNs, ctimeNs } = await stat(file, { bigint: true });
    return `${file} ${ino} ${size} ${mtimeNs} ${ctimeNs}`;
  } catch {
    return `${file} gone`;
  }
}
