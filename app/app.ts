/** The composition root: settings, log, lake, database and task types put together, each when a command needs it. */
import type { Agent } from "node:http";
import type { Writable } from "node:stream";
import { applyAwsVariables } from "../config/settings/environment.ts";
import { createLogger } from "../logs/logger.ts";
import type { ProxyRule } from "../config/settings/proxy-rule.ts";
import { openLake } from "../lake/open-lake.ts";
import type { SweepableLake } from "../lake/sweepable-lake.ts";
import type { Logger } from "../model/ports/logger.ts";
import type { Database, OpenOptions } from "../state/sqlite/database.ts";
import { openDagLibrary, readSettings, type DagLibrary } from "./dag-library.ts";
import { findLakePlace } from "../cli/process/lake-place.ts";
import { systemClock } from "../cli/process/system-clock.ts";

export interface App extends DagLibrary {
  readonly log: Logger;
  /** Not touched before it is used. */
  readonly lake: SweepableLake;
  /** Makes what a client's connections go through; `undefined` where no proxy is configured. */
  readonly makeAgent: (() => Agent) | undefined;
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

async function openApp(options: AppOptions = {}): Promise<App> {
  const settings = readSettings();
  applyAwsVariables(settings.aws);
  const log = createLogger({
    level: settings.logLevel ?? options.quietLevel ?? "info",
    format: settings.logFormat,
    stream: options.logStream ?? process.stderr,
    secrets: settings.secrets,
    clock: systemClock,
  });
  const makeAgent = await prepareAgents(settings.proxy);
  const { location, s3 } = await findLakePlace(settings, makeAgent);
  const lake = openLake(location, { clock: systemClock, log, s3 });
  const closers: (() => Promise<void>)[] = [];
  let writable: Database | undefined;
  return {
    ...openDagLibrary(settings, log, makeAgent),
    log,
    lake,
    makeAgent,
    async openDatabase(mode) {
      if (mode !== "read" && writable !== undefined) return writable;
      const { openDatabase } = await import("../state/sqlite/database.ts");
      const { isLeaseFree } = await import("../scheduler/lease/lease-keeper.ts");
      const database = await openDatabase(settings.databaseFile, {
        clock: systemClock,
        mode,
        isFree: (held) => isLeaseFree(held, systemClock.now()),
      });
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

async function prepareAgents(rule: ProxyRule | null): Promise<(() => Agent) | undefined> {
  if (rule === null) return undefined;
  const { createProxyAgent } = await import("../cli/process/proxy-agents.ts");
  return () => createProxyAgent(rule);
}

/** Opens the app for one command and closes it, however the command ends. */
export async function withApp<T>(use: (app: App) => Promise<T>, options: AppOptions = {}): Promise<T> {
  const app = await openApp(options);
  try {
    return await use(app);
  } finally {
    await app.close();
  }
}
