/**
 * The database of a function that begins with an empty disk: a snapshot in the lake, replaced by each invocation. It may be
 * lost or older than the lake: then the tasks learn from the lake what it lacks.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import type { LakeNotes } from "../../lake/lake-notes.ts";
import { describeError } from "../../model/errors.ts";
import { failpoint } from "../../model/failpoint.ts";
import type { Logger } from "../../model/ports/logger.ts";
import { openDatabase, type Database } from "../../state/sqlite/database.ts";
import type { Clock } from "../../model/ports/clock.ts";

declare module "../../model/failpoint.ts" {
  interface TaskFailpoints {
    readonly "lambda.snapshot.before": true;
    readonly "lambda.snapshot.after": true;
  }
}

const SNAPSHOT = "lambda/state.db.gz";

const pack = promisify(gzip);
const unpack = promisify(gunzip);

export interface CarriedState {
  /**
   * Puts the database's present state into the lake. `false`: another invocation has put one since, which stays. Calls may
   * overlap; each has its turn.
   */
  save(database: Database): Promise<boolean>;
}

/**
 * Puts the snapshot's database at the path before it is opened. A database that is there stays if the snapshot is still the one
 * from which it was made, or as which it was saved: it is at least as new, also after a kill. The log names a snapshot that
 * cannot be used; the next one replaces it.
 */
export async function restoreState(
  notes: LakeNotes,
  databaseFile: string,
  { clock, log }: { readonly clock: Clock; readonly log: Logger },
): Promise<CarriedState> {
  const note = await notes.read(SNAPSHOT);
  let version = note?.version ?? null;
  const origin = openOrigin(databaseFile);
  if (origin.read() !== String(version)) {
    origin.forget();
    removeDatabase(databaseFile);
    if (note !== undefined) await place(note.body, databaseFile, clock, log);
    origin.keep(String(version));
  }
  let last: Promise<unknown> = Promise.resolve();

  async function save(database: Database): Promise<boolean> {
    const copy = `${databaseFile}.snapshot`;
    rmSync(copy, { force: true });
    await database.backup(copy);
    const body = await pack(readFileSync(copy), { level: 1 });
    rmSync(copy, { force: true });
    failpoint("lambda.snapshot.before");
    const written = await notes.write(SNAPSHOT, body, version);
    failpoint("lambda.snapshot.after");
    if (written === undefined) return false;
    version = written;
    origin.keep(written);
    return true;
  }

  return {
    save(database) {
      const turn = last.then(() => save(database));
      last = turn.catch(() => undefined);
      return turn;
    },
  };
}

/** A file next to the database: the snapshot's version that the database comes from. */
function openOrigin(databaseFile: string): {
  read(): string | undefined;
  keep(version: string): void;
  forget(): void;
} {
  const file = `${databaseFile}.origin`;
  return {
    read: () => (existsSync(file) ? readFileSync(file, "utf8") : undefined),
    keep(version) {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(`${file}.partial`, version);
      renameSync(`${file}.partial`, file);
    },
    forget: () => rmSync(file, { force: true }),
  };
}

function removeDatabase(file: string): void {
  for (const end of ["", "-wal", "-shm"]) rmSync(`${file}${end}`, { force: true });
}

async function place(body: Buffer, file: string, clock: Clock, log: Logger): Promise<void> {
  const partial = `${file}.partial`;
  try {
    mkdirSync(dirname(file), { recursive: true });
    removeDatabase(partial);
    writeFileSync(partial, await unpack(body), { mode: 0o600 });
    await assertSound(partial, clock);
    renameSync(partial, file);
  } catch (error) {
    removeDatabase(partial);
    log.warn(
      `The snapshot _dagmar/${SNAPSHOT} cannot be used: ${describeError(error)} This invocation learns from the lake instead.`,
    );
  }
}

/** Raises `DATABASE_UNUSABLE` and the like. */
async function assertSound(file: string, clock: Clock): Promise<void> {
  const database = await openDatabase(file, { clock, mode: "read" });
  try {
    const faults = database.all<{ integrity_check: string }>({
      text: "PRAGMA integrity_check(1)",
      values: [],
    });
    if (faults[0]?.integrity_check !== "ok") throw new Error("It is damaged.");
  } finally {
    await database.close();
  }
}
