/** The composition root: settings, log, lake, database and task types put together, each when a command needs it. */
import type { Writable } from "node:stream";
import { applyAwsVariables, readTestSwitches } from "../config/environment.ts";
import { createLogger } from "../config/logger.ts";
import type { Settings } from "../config/settings.ts";
import { openLake } from "../lake/open-lake.ts";
import type { SweepableLake } from "../lake/sweepable-lake.ts";
import type { Logger } from "../model/logger.ts";
import type { Database, OpenOptions } from "../state/database.ts";
import { openDagLibrary, readSettings, type DagLibrary } from "./dag-library.ts";
import { systemClock } from "./system-clock.ts";

export interface App extends DagLibrary {
  readonly log: Logger;
  /** Not touched before it is used. */
  readonly lake: SweepableLake;
  /** One connection that may write, however often it is asked for. */
  openDatabase(mode: OpenOptions["mode"]): Promise<Database>;
  /** Closes what was opened; the log last. */
  close(): Promise<void>;
}

export interface AppOptions {
  /** Where log lines go; default standard error. */
  readonly logStream?: Writable;
  /** The least that is logged where DAGMAR_LOG_LEVEL says nothing; a command that shows its own progress logs less. */
  readonly quietLevel?: "warn";
}

function openApp(options: AppOptions = {}): App {
  const settings = readSettings();
  applyAwsVariables(settings.aws);
  const log = createLogger({
    level: settings.logLevel ?? options.quietLevel ?? "info",
    format: settings.logFormat,
    stream: options.logStream ?? process.stderr,
    secrets: settings.secrets,
    clock: systemClock,
  });
  const lake = openLake(locateLake(settings), {
    clock: systemClock,
    log,
    s3: { ...readEndpoint(settings), ...readPartSize() },
  });
  const closers: (() => Promise<void>)[] = [];
  let writable: Database | undefined;
  return {
    ...openDagLibrary(settings, log),
    log,
    lake,
    async openDatabase(mode) {
      if (mode !== "read" && writable !== undefined) return writable;
      const { openDatabase } = await import("../state/database.ts");
      const database = await openDatabase(settings.databaseFile, { clock: systemClock, mode });
      closers.push(() => database.close());
      if (mode !== "read") writable = database;
      return database;
    },
    async close() {
      for (const close of closers.toReversed()) await close();
      await lake.close();
      await log.close();
    },
  };
}

function locateLake({ lake }: Settings): string {
  if (lake.kind === "folder") return lake.path;
  return lake.prefix === "" ? `s3://${lake.bucket}` : `s3://${lake.bucket}/${lake.prefix}`;
}

function readEndpoint({ lake }: Settings): { readonly endpoint?: string } {
  return lake.kind === "s3" && lake.endpoint !== null ? { endpoint: lake.endpoint } : {};
}

/** A test need not send gigabytes to see an object go up in parts. */
function readPartSize(): { readonly multipartThresholdBytes?: number; readonly partSizeBytes?: number } {
  const { partBytes } = readTestSwitches();
  return partBytes === undefined ? {} : { multipartThresholdBytes: partBytes, partSizeBytes: partBytes };
}

/** Opens the app for one command and closes it, however the command ends. */
export async function withApp<T>(use: (app: App) => Promise<T>, options: AppOptions = {}): Promise<T> {
  const app = openApp(options);
  try {
    return await use(app);
  } finally {
    await app.close();
  }
}
