/** Writes lines to a file that appears under its name only when it is whole. The caller chooses the lines. */
import { open, mkdir, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";

const FLUSH_CHARACTERS = 1_000_000;

export interface LineFile {
  /** Adds `line` and a line feed. Resolves at once unless a buffer is full. */
  write(line: string): Promise<void> | undefined;
}

/** Runs `fill` and puts its lines at `path`, replacing an existing file; if it fails, nothing is left or changed. */
export async function writeLines(
  path: string,
  fill: (file: LineFile) => Promise<void>,
  encoding: "utf8" | "latin1" = "utf8",
): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.tmp-${process.pid}`;
  const handle = await open(temporary, "w");
  let pending = "";
  const flush = async (): Promise<void> => {
    const bytes = Buffer.from(pending, encoding);
    pending = "";
    await handle.writeFile(bytes);
  };
  try {
    await fill({
      write(line) {
        pending += `${line}\n`;
        return pending.length < FLUSH_CHARACTERS ? undefined : flush();
      },
    });
    await flush();
    await handle.close();
    await rename(temporary, path);
  } catch (error) {
    await handle.close();
    await rm(temporary, { force: true });
    throw error;
  }
}
