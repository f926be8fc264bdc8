/** The two zips for AWS Lambda: what the function's holds, and what its layer holds. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { MAX_ZIPS_BYTES, NODE_LINES, type NodeLine } from "./limits.ts";
import { findBinary } from "./native-binary.ts";
import { writeZip } from "./write-zip.ts";

type Files = Map<string, Uint8Array>;

export interface Packaged {
  readonly file: string;
  readonly sizeBytes: number;
}

/**
 * Writes `function.zip` and `layer.zip` into `to`. `root`: the project's folder, where `bundle.mjs --lambda` has built the
 * function. Raises an `Error` if Lambda could not load the layer, or if both are larger than allowed.
 */
export async function packageLambda(
  root: string,
  to: string,
  say: (text: string) => void,
): Promise<readonly Packaged[]> {
  mkdirSync(to, { recursive: true });
  const packaged = [
    { file: join(to, "function.zip"), zip: writeZip(listFunctionFiles(root)) },
    { file: join(to, "layer.zip"), zip: writeZip(await listLayerFiles(root, NODE_LINES, say)) },
  ].map(({ file, zip }) => {
    writeFileSync(file, zip);
    return { file, sizeBytes: zip.length };
  });
  const sizeBytes = packaged.reduce((sum, one) => sum + one.sizeBytes, 0);
  if (sizeBytes <= MAX_ZIPS_BYTES) return packaged;
  throw new Error(`The zips have ${sizeBytes} bytes together; at most ${MAX_ZIPS_BYTES} are allowed.`);
}

/** What Lambda loads: `index.handler`. The program finds its package's folder by package.json. */
const INDEX = `export { handler } from "./dist/lambda/handler.js";\n`;

/** The function's files, by their paths below /var/task: the program at the same places as in its package, and the Dags. */
function listFunctionFiles(root: string): Files {
  const files: Files = new Map();
  addTree(files, join(root, "dist/lambda/build"), "dist", () => true);
  addTree(files, join(root, "dags"), "dags", (name) => /\.(?:yaml|sql)$/.test(name));
  addText(files, "index.mjs", INDEX);
  addText(files, "package.json", describePackage(root));
  addFile(files, root, "LICENSE");
  return files;
}

function describePackage(root: string): string {
  const text = readFileSync(join(root, "package.json"), "utf8");
  const { name, version, license, engines } = JSON.parse(text) as Readonly<Record<string, unknown>>;
  return `${JSON.stringify({ name, version, license, private: true, type: "module", engines }, null, 2)}\n`;
}

/**
 * What the layer holds of each package, below /opt: neither sources nor texts for developers. better-sqlite3 needs the other
 * two to find its binary.
 */
const PACKAGES: Readonly<Record<string, RegExp>> = {
  "better-sqlite3": /^(?:lib\/.*\.js|LICENSE|package\.json)$/,
  bindings: /^(?:bindings\.js|LICENSE\.md|package\.json)$/,
  "file-uri-to-path": /^(?:index\.js|LICENSE|package\.json)$/,
};
const SHELF = "nodejs/node_modules";

/** `bindings` looks for a binary by Node's ABI, so that one layer serves several Node lines. */
async function listLayerFiles(
  root: string,
  lines: readonly NodeLine[],
  say: (text: string) => void,
): Promise<Files> {
  const files: Files = new Map();
  for (const [name, wanted] of Object.entries(PACKAGES)) {
    addTree(files, join(root, "node_modules", name), `${SHELF}/${name}`, (file) => wanted.test(file));
  }
  // Compiled side by side, each by one processor.
  const binaries = await Promise.all(
    lines.map(async (line) => ({ abi: line.abi, binary: await findBinary(root, line, say) })),
  );
  for (const { abi, binary } of binaries) {
    const folder = `${SHELF}/better-sqlite3/lib/binding/node-v${abi}-linux-${process.arch}`;
    files.set(`${folder}/better_sqlite3.node`, binary);
  }
  return files;
}

function addTree(files: Files, from: string, to: string, isWanted: (path: string) => boolean): void {
  for (const entry of readdirSync(from, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const name = relative(from, path).replaceAll("\\", "/");
    if (entry.isFile() && isWanted(name)) files.set(`${to}/${name}`, readFileSync(path));
  }
}

function addFile(files: Files, root: string, name: string): void {
  files.set(name, readFileSync(join(root, name)));
}

function addText(files: Files, name: string, text: string): void {
  files.set(name, new TextEncoder().encode(text));
}
