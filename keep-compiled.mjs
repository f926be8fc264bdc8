/**
 * Keeps the compiled better-sqlite3 outside `node_modules`, which `npm ci` deletes: better-sqlite3's install script
 * (prebuild-install, see .prebuild-installrc) takes it from there and compiles nothing. A file that does not fit this Node is
 * not used, because its name has Node's ABI and prebuild-install loads it before it is accepted.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";

const BINARY = "build/Release/better_sqlite3.node";

/**
 * Without a compiled file nothing is written.
 * @param {string} root the folder of `node_modules`
 * @param {string} [folder] where it is kept
 */
export function keepCompiled(root, folder = join(root, ".prebuilds")) {
  const home = join(root, "node_modules/better-sqlite3");
  if (!existsSync(join(home, BINARY))) return;
  const { version } = JSON.parse(readFileSync(join(home, "package.json"), "utf8"));
  const isMusl = process.platform === "linux" && !process.report.getReport().header.glibcVersionRuntime;
  const platform = `${process.platform}${isMusl ? "musl" : ""}-${process.arch}`;
  const name = `better-sqlite3-v${version}-node-v${process.versions.modules}-${platform}.tar.gz`;
  if (existsSync(join(folder, name))) return;
  mkdirSync(folder, { recursive: true });
  const draft = join(folder, `.${name}.${process.pid}`);
  execFileSync("tar", ["-czf", draft, "-C", home, BINARY]);
  renameSync(draft, join(folder, name));
}
