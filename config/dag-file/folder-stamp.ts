/** Whether a Dag folder may have changed, without reading its files. The loader reads them. */
import { readdir, realpath, stat } from "node:fs/promises";
import path from "node:path";

/** Changes whenever a file was added, removed, written or replaced. A folder that cannot be read has a stamp too. */
export async function stampFolder(folder: string): Promise<string> {
  try {
    const names = (await readdir(folder)).filter((name) => /\.ya?ml$/i.test(name)).toSorted();
    const stamps = await Promise.all(names.map((name) => stampFile(path.join(folder, name))));
    return stamps.join("\n");
  } catch (error) {
    return `unreadable: ${error instanceof Error ? error.message : String(error)}`;
  }
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
