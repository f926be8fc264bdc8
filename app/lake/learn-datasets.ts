/** Learns from the lake, by hand, what every task learns before it works: the objects and ids of each dataset that a Dag writes. */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { learnLake } from "../../lake/protocol/learn-lake.ts";
import type { Lesson } from "../../lake/protocol/record-learned.ts";
import { StateError } from "../../model/errors.ts";
import type { LogFields, Logger } from "../../model/ports/logger.ts";
import { createEventLog } from "../../state/control/events.ts";
import { createObjectStore } from "../../state/records/objects.ts";
import { openDatabase, type Database } from "../../state/sqlite/database.ts";
import type { App } from "../app.ts";
import type { DatasetPlace } from "../dags/dataset-places.ts";
import { tryLease } from "../lease-work.ts";

export interface LearnedPlace extends DatasetPlace {
  readonly lesson: Lesson;
}

/**
 * One lesson for each place, in the order of datasets and prefixes. `isDryRun`: into a copy of the database, which is
 * removed afterwards. Raises `DATABASE_BUSY` while another process works with the database.
 */
export async function learnDatasets(
  app: App,
  isDryRun: boolean,
  drain: AbortSignal,
): Promise<readonly LearnedPlace[]> {
  const places = await app.listPlaces();
  if (isDryRun) {
    const quietApp = { ...app, log: lower(app.log) };
    return withCopy(app, (database) => learnEach(quietApp, database, places, drain));
  }
  const database = await app.openDatabase("create");
  const lease = await tryLease(app, database, "lake learn", drain);
  if (lease === null) throw refuseBesideScheduler();
  try {
    return await learnEach(app, database, places, drain);
  } finally {
    await lease.release();
  }
}

export async function learnEach(
  { lake, clock, log, settings }: App,
  database: Database,
  places: readonly DatasetPlace[],
  signal: AbortSignal,
): Promise<readonly LearnedPlace[]> {
  const objects = createObjectStore(database, clock, settings.timezone);
  const events = createEventLog(database, clock, log, settings.timezone);
  const learned: LearnedPlace[] = [];
  for (const place of places) {
    signal.throwIfAborted();
    const lesson = await learnLake({ lake, objects, events, signal, learner: {}, ...place });
    learned.push({ ...place, lesson });
  }
  return learned;
}

/** What a copy learns is no event: the caller shows it. */
function lower(log: Logger): Logger {
  const say = (message: string, fields?: LogFields): void => log.debug(message, fields);
  return { debug: say, info: say, warn: say, error: say, with: (fields) => lower(log.with(fields)) };
}

/** Next to the database, where there is room for it. */
export async function withCopy<Result>(app: App, use: (copy: Database) => Promise<Result>): Promise<Result> {
  const { databaseFile } = app.settings;
  const hasDatabase = existsSync(databaseFile);
  const folder = mkdtempSync(join(hasDatabase ? dirname(databaseFile) : tmpdir(), ".dagmar-learn-"));
  try {
    const file = join(folder, "copy.db");
    if (hasDatabase) await (await app.openDatabase("read")).backup(file);
    const copy = await openDatabase(file, { clock: app.clock, mode: "create" });
    try {
      return await use(copy);
    } finally {
      await copy.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function refuseBesideScheduler(): StateError {
  return new StateError("DATABASE_BUSY", "The scheduler holds the database.", {
    hint: "It learns each dataset itself, before a task reads or writes it. `dagmar lake learn --dry-run` shows what there is to learn.",
  });
}
