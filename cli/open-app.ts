/** The composition root: creates settings, log, lake, database and task types, each when a command needs it. */
import type { Agent } from "node:http";
import type { Writable } from "node:stream";
import type { App } from "../app/app.ts";
import { openDagLibrary, type DagLibrary } from "../app/dags/dag-library.ts";
import { applyAwsVariables, readEnvironment, type Environment } from "../config/settings/environment.ts";
import type { ProxyRule } from "../config/settings/proxy-rule.ts";
import { readSecretFile } from "../config/settings/secret-file.ts";
import { parseSettings, type Settings } from "../config/settings/settings.ts";
import type { Logger } from "../model/ports/logger.ts";
import type { Database } from "../state/sqlite/database.ts";
import { DECLARATIONS } from "../tasks/registry.ts";
import { lostOutput } from "./output/lost-output.ts";
import { readBuildId } from "./process/build-id.ts";
import { nameUser } from "./process/name-user.ts";
import { findLakeAddress } from "./process/lake-address.ts";
import { systemClock } from "./process/system-clock.ts";
import { readVersion } from "./process/version.ts";

export interface AppOptions {
  /** Where log lines go; default standard error. */
  readonly logStream?: Writable;
  /** The log level if DAGMAR_LOG_LEVEL is not set; a command that shows progress logs less. */
  readonly quietLevel?: "warn";
  /** See `OpenOptions`. */
  readonly isInThread?: true;
}

/** Opens the app for one command and closes it, however the command ends. */
export async function withApp<T>(use: (app: App) => Promise<T>, options: AppOptions = {}): Promise<T> {
  const opened = await openApp(options);
  try {
    return await use(opened.app);
  } finally {
    await opened.close();
  }
}

/** For commands that read Dag files and run nothing: neither the log nor the lake is loaded. */
export function readDagLibrary(): DagLibrary {
  const environment = readEnvironment(process.cwd());
  return openLibrary(readSettings(environment), environment, SILENT);
}

async function openApp(options: AppOptions): Promise<{ readonly app: App; close(): Promise<void> }> {
  const { createLogger } = await import("../logs/logger.ts");
  const { openLake } = await import("../lake/open-lake.ts");
  const environment = readEnvironment(process.cwd());
  const settings = readSettings(environment);
  applyAwsVariables(settings.aws);
  const log = createLogger({
    level: settings.logLevel ?? options.quietLevel ?? "info",
    format: settings.logFormat,
    stream: options.logStream ?? process.stderr,
    secrets: settings.secrets,
    clock: systemClock,
  });
  const makeAgent = await prepareAgents(settings.proxy);
  const { location, s3 } = await findLakeAddress(settings, environment, makeAgent);
  const lake = openLake(location, { clock: systemClock, log, s3 });
  const closers: (() => Promise<void>)[] = [];
  let writable: Database | undefined;
  const app: App = {
    ...openLibrary(settings, environment, log, makeAgent),
    version: readVersion(),
    build: readBuildId(),
    user: nameUser(),
    log,
    lake,
    makeAgent,
    lostOutput,
    async openDatabase(mode) {
      if (mode !== "read" && writable !== undefined) return writable;
      const { openDatabase } = await import("../state/sqlite/database.ts");
      const { isLeaseFree } = await import("../scheduler/lease/lease-keeper.ts");
      const database = await openDatabase(settings.databaseFile, {
        clock: systemClock,
        mode,
        isFree: (held) => isLeaseFree(held, systemClock.now()),
        isInThread: options.isInThread === true,
      });
      closers.push(() => database.close());
      if (mode !== "read") writable = database;
      return database;
    },
  };
  return {
    app,
    /** Closes what was opened; the log last. */
    async close() {
      for (const close of closers.toReversed()) await close();
      await lake.close();
      await log.close();
    },
  };
}

/** Raises `ConfigError` that lists every fault. */
function readSettings(environment: Environment): Settings {
  return parseSettings(environment, {
    workingFolder: process.cwd(),
    readSecretFile,
    declarations: DECLARATIONS,
  });
}

function openLibrary(
  settings: Settings,
  environment: Environment,
  log: Logger,
  makeAgent?: () => Agent,
): DagLibrary {
  return openDagLibrary(settings, {
    clock: systemClock,
    log,
    random: Math.random,
    environment: environment.variables,
    makeAgent,
  });
}

async function prepareAgents(rule: ProxyRule | null): Promise<(() => Agent) | undefined> {
  if (rule === null) return undefined;
  const { createProxyAgent } = await import("./process/proxy-agents.ts");
  return () => createProxyAgent(rule);
}

const SILENT: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  with: () => SILENT,
};
