/** The compiled better-sqlite3 for a Node line, from `.prebuilds` (see keep-compiled.mjs), or compiled now and kept there. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { listSystemFaults, type NodeLine } from "./limits.ts";

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: "x86_64", arm64: "arm64" };

/** As Lambda calls it. Raises an `Error` on a machine whose binaries Lambda cannot load. */
export function findArchitecture(platform = process.platform, arch = process.arch): string {
  const architecture = platform === "linux" ? ARCHITECTURES[arch] : undefined;
  if (architecture !== undefined) return architecture;
  throw new Error(`Lambda runs Linux on x86_64 or arm64, and this is ${platform} on ${arch}: build there.`);
}

/** The shared library's bytes. Raises an `Error` if Lambda could not load it. `root`: the project's folder. */
export async function findBinary(root: string, line: NodeLine, say: (text: string) => void): Promise<Buffer> {
  const architecture = findArchitecture();
  const kept = join(root, ".prebuilds", nameKept(root, line));
  if (!existsSync(kept)) await compile(root, line, say);
  if (!existsSync(kept)) throw new Error(`${kept} is missing after better-sqlite3 was compiled.`);
  const binary = execFileSync("tar", ["-xzOf", kept, "build/Release/better_sqlite3.node"], {
    maxBuffer: MAX_BINARY_BYTES,
  });
  const faults = listSystemFaults(binary, architecture);
  if (faults.length === 0) return binary;
  throw new Error(
    `${kept} would not load in Lambda: ${faults.join("; ")}. Delete it, and package on Debian 12 or Amazon Linux 2023.`,
  );
}

const MAX_BINARY_BYTES = 50_000_000;

/** As prebuild-install looks for it. */
function nameKept(root: string, { abi }: NodeLine): string {
  const text = readFileSync(join(root, "node_modules/better-sqlite3/package.json"), "utf8");
  const { version } = JSON.parse(text) as { readonly version: string };
  return `better-sqlite3-v${version}-node-v${abi}-linux-${process.arch}.tar.gz`;
}

/** From the sources that the lockfile checks, with the headers in npm's package of that Node. */
async function compile(root: string, { version }: NodeLine, say: (text: string) => void): Promise<void> {
  say(`Compiling better-sqlite3 for Node ${version}, once; this takes a few minutes …`);
  const compiling = spawn("bash", ["test/support/with-node.sh", version, "true"], {
    cwd: root,
    env: { ...process.env, npm_config_build_from_source: "true" },
    stdio: ["ignore", "ignore", "inherit"],
  });
  const [status] = (await once(compiling, "exit")) as [number | null];
  if (status !== 0) throw new Error(`better-sqlite3 could not be compiled for Node ${version}; see above.`);
}
