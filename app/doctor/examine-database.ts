/** The database, opened read-only: whether it can be used, has no faults, and which process works on it. */
import { accessSync, constants, existsSync, statSync } from "node:fs";
import path from "node:path";
import { describeError, StateError } from "../../model/errors.ts";
import type { Finding } from "../../model/ports/examination.ts";
import { formatBytes } from "../../model/text/byte-size.ts";
import { formatLocalText } from "../../model/time/local-time.ts";
import { isLeaseFree } from "../../scheduler/lease/lease-keeper.ts";
import { readLease } from "../../state/control/lease.ts";
import type { Database } from "../../state/sqlite/database.ts";
import type { App } from "../app.ts";

const what = "database";
/** A check reads the whole file, and nothing else happens meanwhile: of a larger one it would take too long here. */
const MOST_CHECKED_BYTES = 512 * 1024 ** 2;

export async function examineDatabase(
  app: Pick<App, "settings" | "clock" | "openDatabase">,
): Promise<readonly Finding[]> {
  const { databaseFile } = app.settings;
  if (!existsSync(databaseFile)) return [examinePlace(databaseFile)];
  let database: Database;
  try {
    database = await app.openDatabase("read");
  } catch (error) {
    if (!(error instanceof StateError && error.code === "DATABASE_MISSING")) throw error;
    return [{ what, state: "warn", says: error.message.replace(/\.$/, ""), todo: error.hint ?? null }];
  }
  return [examineFile(database), examineLease(database, app.clock.now(), app.settings.timezone)];
}

/** Where the first run makes the database, and the folders above it that are missing. */
function examinePlace(databaseFile: string): Finding {
  const says = `${databaseFile} is not there yet`;
  let folder = path.dirname(databaseFile);
  while (!existsSync(folder) && folder !== path.dirname(folder)) folder = path.dirname(folder);
  if (!statSync(folder).isDirectory()) {
    const todo = "Move that file away, or set DAGMAR_DB to another file.";
    return { what, state: "fail", says: `${says}, and ${folder} is a file, not a folder`, todo };
  }
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return { what, state: "ok", says: `${says}; the first run makes it`, todo: null };
  } catch (error) {
    const todo = "Let this user write there, or set DAGMAR_DB to another file.";
    return {
      what,
      state: "fail",
      says: `${says}, and ${folder} cannot be written: ${describeError(error)}`,
      todo,
    };
  }
}

function examineFile(database: Database): Finding {
  const size = database.sizes.main;
  const says = `${database.path}, ${formatBytes(size)}`;
  if (size > MOST_CHECKED_BYTES) {
    return {
      what,
      state: "ok",
      says: `${says}; too large to be checked here: \`dagmar db check\` does it`,
      todo: null,
    };
  }
  const [first, ...others] = database.checkQuickly();
  if (first === undefined) return { what, state: "ok", says: `${says}, no faults`, todo: null };
  const more = others.length === 0 ? "" : ` and ${others.length} more faults`;
  return {
    what,
    state: "fail",
    says: `${says}, damaged: ${first}${more}`,
    todo: "Stop the scheduler and restore a backup: docs/operations.md, Back up and restore.",
  };
}

function examineLease(database: Database, now: Date, timezone: string): Finding {
  const held = readLease(database);
  if (held === undefined)
    return { what: "lease", state: "ok", says: "no process works on the database", todo: null };
  const holder = `${held.purpose} (pid ${held.pid} on ${held.host}, since ${formatLocalText(held.acquiredAt, timezone)})`;
  return isLeaseFree(held, now)
    ? {
        what: "lease",
        state: "warn",
        says: `${holder} died while it used the database; the next process marks its attempts as lost`,
        todo: "Start `dagmar scheduler`, or give any command that writes.",
      }
    : { what: "lease", state: "ok", says: `held by ${holder}; commands ask it to do the work`, todo: null };
}
