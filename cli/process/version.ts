/** This program's version, as its package says it. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { findPackageFolder } from "./package-folder.ts";

export function readVersion(): string {
  const text = readFileSync(path.join(findPackageFolder(), "package.json"), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
