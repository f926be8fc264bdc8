/**
 * One growing log file: opened at its first line, written in the background, and rotated when it is full. A file that
 * cannot be written is given up: a log must not fail a task. The caller decides what is written.
 */
import { constants, open, rename, type FileHandle } from "node:fs/promises";
import path from "node:path";
import { listPartNames } from "./attempt-log-location.ts";
import { makeFolders } from "./make-folder.ts";

/** The longest part, unless a single line is longer. */
const PART_BYTES = 10 * 1024 * 1024;
/** At most this many characters wait for a slow disk; further lines are left out, and counted. */
const BACKLOG_LENGTH = 4 * 1024 * 1024;

export interface LogFile {
  /** One or several whole lines, without the last line feed. */
  append(text: string): void;
  /** Resolves when everything is written or the file is given up. */
  close(): Promise<void>;
}

export interface LogFileObserver {
  /** Bytes have reached the file. */
  written(): void;
  /** Called once: from now on nothing is written. */
  givenUp(error: unknown): void;
}

interface Part {
  readonly handle: FileHandle;
  sizeBytes: number;
}

export function createLogFile(file: string, observer: LogFileObserver): LogFile {
  let waiting: string[] = [];
  let waitingLength = 0;
  let leftOut = 0;
  let isOver = false;
  let part: Part | undefined;
  let writing: Promise<void> | undefined;

  async function writeAll(): Promise<void> {
    try {
      while (waiting.length > 0) {
        const lines = waiting;
        if (leftOut > 0) lines.push(`(${leftOut} lines are left out here: the disk was too slow for them)\n`);
        waiting = [];
        waitingLength = 0;
        leftOut = 0;
        await writeLines(lines);
        observer.written();
      }
    } catch (error) {
      isOver = true;
      waiting = [];
      observer.givenUp(error);
    }
    writing = undefined;
  }

  async function writeLines(lines: readonly string[]): Promise<void> {
    part ??= await openPart(file);
    let text = "";
    for (const line of lines) {
      const lineBytes = Buffer.byteLength(line);
      if (part.sizeBytes > 0 && part.sizeBytes + lineBytes > PART_BYTES) {
        await part.handle.appendFile(text);
        text = "";
        part = await openNextPart(file, part);
      }
      text += line;
      part.sizeBytes += lineBytes;
    }
    await part.handle.appendFile(text);
  }

  return {
    append(text) {
      if (isOver) return;
      if (waitingLength > BACKLOG_LENGTH) {
        leftOut += 1;
        return;
      }
      waiting.push(`${text}\n`);
      waitingLength += text.length;
      writing ??= writeAll();
    },
    async close() {
      await writing;
      isOver = true;
      await part?.handle.close().catch(() => undefined);
      part = undefined;
    },
  };
}

/** An existing file is continued: a restored database counts its attempts from an earlier number. */
async function openPart(file: string): Promise<Part> {
  const handle = await openInFolder(file).catch(() => openInFolder(file));
  try {
    return { handle, sizeBytes: (await handle.stat()).size };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** From the folder of a task: `<logs>/<dag>/<run>/<task>`. */
const LOGS_FOLDER = "../../..";

/** Pruning may remove the empty folder before the file is in it; the second time it does not. */
async function openInFolder(file: string): Promise<FileHandle> {
  const folder = path.dirname(file);
  // The folder of all logs may be next to files that others read, and its files may hold a program's output. The next
  // step reports why it cannot be made.
  await makeFolders(path.resolve(folder, LOGS_FOLDER)).catch(() => undefined);
  await makeFolders(folder, 0o700);
  // A pipe without a reader is a fault, and nothing to wait for.
  const { O_APPEND, O_CREAT, O_WRONLY, O_NONBLOCK } = constants;
  return open(file, O_APPEND | O_CREAT | O_WRONLY | O_NONBLOCK, 0o600);
}

async function openNextPart(file: string, full: Part): Promise<Part> {
  await full.handle.close();
  const names = listPartNames(file);
  for (let index = names.length - 1; index > 0; index -= 1) {
    await rename(names[index - 1] ?? file, names[index] ?? file).catch((error: unknown) => {
      if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
    });
  }
  return openPart(file);
}
