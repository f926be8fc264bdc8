/** Makes a consistent, compact copy of the database, also while a run is in progress. */
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { dirname, resolve } from "node:path";
import { CommandRefused, DagmarError, describeError } from "../../model/errors.ts";
import { describePassingFault } from "../../model/system-fault.ts";
import type { Database } from "../../state/sqlite/database.ts";
import type { App } from "../app.ts";

/** The paths of both files. Raises `USAGE` if the file exists or its folder does not, `MACHINE_SHORT` if there is no room. */
export async function backUpDatabase(
  app: App,
  target: string,
): Promise<{ readonly database: string; readonly backup: string }> {
  const file = resolve(target);
  if (existsSync(file)) throw refuseExisting(file);
  if (!existsSync(dirname(file))) {
    throw new CommandRefused("USAGE", `The folder ${dirname(file)} does not exist; create it first.`);
  }
  const database = await app.openDatabase("read");
  await copyDatabase(database, file);
  return { database: database.path, backup: file };
}

/** Writes under a temporary name until the copy is complete and durable: a partial copy must not look like a backup. */
async function copyDatabase(database: Database, file: string): Promise<void> {
  const partial = `${file}.partial-${process.pid}`;
  try {
    // The file is created empty with the database's permissions, so that no other user can read the copy.
    const mode = statSync(database.path).mode & 0o777;
    closeSync(openSync(partial, "wx", mode));
    chmodSync(partial, mode);
    await database.backup(partial);
    sync(partial);
    place(partial, file);
    rmSync(partial, { force: true });
    sync(dirname(file));
  } catch (error) {
    if (error instanceof DagmarError) throw error;
    const isPassing = describePassingFault(error) !== undefined;
    throw new CommandRefused(
      isPassing ? "MACHINE_SHORT" : "USAGE",
      `${file} could not be written: ${describeError(error)}.`,
      {
        hint: "No partial file was left. Mend the cause, or choose another folder.",
      },
    );
  } finally {
    rmSync(partial, { force: true });
    rmSync(`${partial}-journal`, { force: true });
  }
}

/** `link` refuses to replace a file that appeared meanwhile; `rename` would replace it. */
function place(partial: string, file: string): void {
  try {
    linkSync(partial, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") throw refuseExisting(file);
    // A file system without hard links.
    renameSync(partial, file);
  }
}

function refuseExisting(file: string): CommandRefused {
  return new CommandRefused("USAGE", `${file} exists already; a backup never replaces a file.`, {
    hint: "Name another file.",
  });
}

function sync(path: string): void {
  const descriptor = openSync(path, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
