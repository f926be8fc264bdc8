/** Whether a Dag folder may have changed, without reading its files. The loader reads them. */
import type { Dirent } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import path from "node:path";

/**
 * Changes whenever a Dag file, or a SQL file in the folder or in a folder of it, was added, removed, written or replaced. A folder
 * that cannot be read has a stamp too.
 */
export async function stampFolder(folder: string): Promise<string> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    const names = entries.map(({ name }) => name).filter((name) => /\.(?:ya?ml|sql)$/i.test(name));
    const inside = await Promise.all(entries.map((entry) => listSqlFiles(folder, entry)));
    const files = [...names, ...inside.flat()].toSorted();
    const stamps = await Promise.all(files.map((name) => stampFile(path.join(folder, name))));
    return stamps.join("\n");
  } catch (error) {
    return `unreadable: ${error instanceof Error ? error.message : String(error)}`;
  }
}

async function listSqlFiles(folder: string, entry: Dirent): Promise<readonly string[]> {
  if (!entry.isDirectory() || entry.name.startsWith(".")) return [];
  const names = await readdir(path.join(folder, entry.name)).catch(() => []);
  return names.filter((name) => /\.sql$/i.test(name)).map((name) => path.join(entry.name, name));
}

/**
 * Changes whenever the folder or a link in it points to another place; hidden links such as Kubernetes' `..data` count.
 */
export async function stampLinks(folder: string): Promise<string> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const links = entries.filter((entry) => entry.isSymbolicLink()).map(({ name }) => path.join(folder, name));
  const targets = await Promise.all([folder, ...links.toSorted()].map(followLink));
  return targets.join("\n");
}

async function followLink(link: string): Promise<string> {
  return `${link} ${await realpath(link).catch(() => "nothing")}`;
}

async function stampFile(file: string): Promise<string> {
  try {
    const { ino, size, mtimeNs, ctimeNs } = await stat(file, { bigint: true });
    return `${file} ${ino} ${size} ${mtimeNs} ${ctimeNs}`;
  } catch {
    return `${file} gone`;
  }
}
