/** This program's version, as its package says it. */
import { readFileSync } from "node:fs";

/** From the sources or from `dist/`, wherever this file has come to lie: the package is the first one above it. */
export function readVersion(): string {
  for (let folder = new URL(".", import.meta.url); ; folder = new URL("..", folder)) {
    try {
      return (JSON.parse(readFileSync(new URL("package.json", folder), "utf8")) as { version: string })
        .version;
    } catch (error) {
      if (folder.pathname === "/" || !isMissing(error)) throw error;
    }
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
