/** Reads the product's sources from disk, room by room; `check-architecture.ts` judges them. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOMS } from "./laws.ts";

export interface Rooms {
  /** Path from the root, with forward slashes, to text. */
  readonly files: ReadonlyMap<string, string>;
  /** Files seen in each room that exists. */
  readonly counts: ReadonlyMap<string, number>;
}

/** Rooms that do not exist are left out; a room that exists and is empty counts zero. */
export function readRooms(root: string): Rooms {
  const files = new Map<string, string>();
  const counts = new Map<string, number>();
  for (const room of Object.keys(ROOMS)) {
    if (!existsSync(join(root, room))) continue;
    const entries = readdirSync(join(root, room), { recursive: true, withFileTypes: true });
    const found = entries
      .filter((entry) => !entry.isDirectory())
      .map((entry) => join(entry.parentPath, entry.name));
    for (const path of found.toSorted()) {
      files.set(path.slice(root.length + 1).replaceAll("\\", "/"), readFileSync(path, "utf8"));
    }
    counts.set(room, found.length);
  }
  return { files, counts };
}
