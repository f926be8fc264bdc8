/** This program's version, from its package.json. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { findPackageFolder } from "./package-folder.ts";

export function readVersion(): string {
  const text = readFileSync(path.join(findPackageFolder(), "package.json"), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
