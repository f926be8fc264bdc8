/**
 * Whether a file's first line is as its task declares it, checked before anything is stored. Other code judges the
 * rows.
 */
import { open } from "node:fs/promises";
import { TaskFailure } from "../../model/errors.ts";
import { guessDelimiter, locateColumn, readColumnNames } from "../csv/header.ts";
import type { FileToLakeOptions } from "./options.ts";

/** A longer first line is not a line of column names. */
const MOST_HEADER_BYTES = 1024 * 1024;
const LF = 0x0a;
const CR = 0x0d;

/** For a task that declares a format. Raises `INPUT_NOT_AS_DECLARED`, not retryable. */
export async function assertDeclaredForm(path: string, options: FileToLakeOptions): Promise<void> {
  try {
    checkHeader(await readFirstLine(path), options);
  } catch (error) {
    if (!(error instanceof TaskFailure)) throw error;
    throw new TaskFailure("INPUT_NOT_AS_DECLARED", `${path}: ${error.message} Nothing was stored.`, false, {
      cause: error,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
    });
  }
}

function checkHeader(line: Uint8Array, { delimiter = "|", columns = [] }: FileToLakeOptions): void {
  const names = readColumnNames(line, delimiter);
  for (const column of columns) locateColumn(names, column, delimiter);
  const other = guessDelimiter(names, delimiter);
  if (other === undefined) return;
  throw new TaskFailure(
    "INPUT_NOT_AS_DECLARED",
    `Its first line is one column: "${delimiter}" does not split it.`,
    false,
    {
      hint: `Is the delimiter ${other}? Declare it, or write the file with "${delimiter}".`,
    },
  );
}

/** Without its line break. */
async function readFirstLine(path: string): Promise<Uint8Array> {
  const handle = await open(path, "r");
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(MOST_HEADER_BYTES), 0, MOST_HEADER_BYTES, 0);
    const lineEnd = buffer.subarray(0, bytesRead).indexOf(LF);
    if (lineEnd === -1 && bytesRead === MOST_HEADER_BYTES) {
      throw new TaskFailure(
        "INPUT_NOT_AS_DECLARED",
        `Its first line is longer than ${MOST_HEADER_BYTES} bytes, so it is not a line of column names.`,
        false,
      );
    }
    const end = lineEnd === -1 ? bytesRead : lineEnd;
    return buffer.subarray(0, end > 0 && buffer[end - 1] === CR ? end - 1 : end);
  } finally {
    await handle.close();
  }
}
