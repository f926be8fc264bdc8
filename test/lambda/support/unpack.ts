/** Unpacks the zips as Lambda lays them out: the function into /var/task, the layer into /opt, below a folder of the test's. */
import * as fs from "node:fs";
import path from "node:path";
import { unzipSync } from "fflate";

/** Below the project's folder, from which the suite and the bench are started. */
const PACKAGES = path.resolve("dist/lambda");
type Zip = "function.zip" | "layer.zip";

export function findZip(name: Zip): string {
  return path.join(PACKAGES, name);
}

/** Contents by their paths in the zip. */
export function readZip(name: Zip, folder = PACKAGES): ReadonlyMap<string, Buffer> {
  const entries = Object.entries(unzipSync(fs.readFileSync(path.join(folder, name))));
  return new Map(entries.map(([file, bytes]) => [file, Buffer.from(bytes)]));
}

export function unpack(name: Zip, to: string): void {
  for (const [file, bytes] of readZip(name)) {
    const target = path.join(to, file);
    fs.mkdirSync(path.dirname(target), { recursive: true });
    fs.writeFileSync(target, bytes);
  }
}

/** Gives the function's folder: `<root>/var/task`, with `<root>/opt` for the layer. */
export function layOut(root: string): string {
  const task = path.join(root, "var", "task");
  unpack("function.zip", task);
  unpack("layer.zip", path.join(root, "opt"));
  return task;
}
