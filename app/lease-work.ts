/**
 * How a command writes: with the lease if it is free, through a request if a scheduler holds it; otherwise it is refused. The
 * commands themselves are in `scheduler/commands/`.
 */
import { existsSync } from "node:fs";
import type { DagDefinition } from "../model/dag/dag.ts";
import { StateError } from "../model/errors.ts";
import { silentObserver } from "../model/ports/service-observer.ts";
import { takeOver } from "../scheduler/attempts/take-over.ts";
import { assertConfigured } from "../scheduler/commands/assert-configured.ts";
import {
  applyCommand,
  type CommandAnswers,
  type CommandKind,
  type SchedulerCommand,
} from "../scheduler/commands/command.ts";
import type { DagVersions } from "../scheduler/commands/named-dag.ts";
import type { WorkSettings } from "../scheduler/commands/work-settings.ts";
import { holdLease, type HeldLease, type LeaseTools } from "../scheduler/lease/lease-keeper.ts";
import { identifyProcess } from "../scheduler/lease/process-identity.ts";
import { readLease } from "../state/control/lease.ts";
import type { DagVersion } from "../state/runs/dag-runs.ts";
import type { Database } from "../state/sqlite/database.ts";
import type { App } from "./app.ts";
import { askScheduler, SCHEDULER_PURPOSE } from "./ask-scheduler.ts";

/**
 * Opens the database for a command that runs tasks. If there is none, missing configuration is refused before one is
 * created.
 */
export function openForWork(
  app: App,
  dag: DagDefinition,
  onlyTasks: readonly string[] | null,
): Promise<Database> {
  if (!existsSync(app.settings.databaseFile)) assertConfigured(app.registry, dag, onlyTasks);
  return app.openDatabase("create");
}

/**
 * `null` if a scheduler holds the lease: send it a request. Raises `DATABASE_BUSY` if another command holds it, and the
 * reason of `drain` if that was aborted before anything began.
 */
export async function tryLease(
  app: App,
  database: Database,
  purpose: string,
  drain: AbortSignal,
): Promise<HeldLease | null> {
  const lease = await holdUnlessScheduler(app, database, purpose);
  if (lease === null) return null;
  try {
    await takeOver(database, {
      clock: app.clock,
      log: app.log,
      lakeId: app.lake.id,
      pools: app.settings.pools,
      timezone: app.settings.timezone,
      service: silentObserver,
    });
    drain.throwIfAborted();
    return lease;
  } catch (error) {
    await lease.release();
    throw error;
  }
}

/** What a lease needs of the app. */
export function describeLease({ clock, log, settings }: Pick<App, "clock" | "log" | "settings">): LeaseTools {
  return { clock, log, timezone: settings.timezone };
}

async function holdUnlessScheduler(app: App, database: Database, purpose: string): Promise<HeldLease | null> {
  try {
    return await holdLease(database, identifyProcess(), purpose, describeLease(app));
  } catch (error) {
    const isBusy = error instanceof StateError && error.code === "DATABASE_BUSY";
    if (isBusy && readLease(database)?.purpose === SCHEDULER_PURPOSE) return null;
    throw error;
  }
}

/** This process's settings. They are part of each request; a scheduler with other settings refuses it. */
export function describeWork(app: Pick<App, "lake" | "settings">): WorkSettings {
  const { inputFolder: input, dagsFolder: dags } = app.settings;
  return { lake: app.lake.id, input, dags };
}

/** A line for a command that the scheduler has accepted: its settings are then the same. */
export function describeScheduler(app: Pick<App, "lake" | "settings">, fingerprint?: string): string {
  const { lake, input } = describeWork(app);
  const file = fingerprint === undefined ? "" : `, Dag file ${fingerprint.slice(0, 12)}`;
  return `The scheduler does it: lake ${lake}, input folder ${input}${file}.`;
}

/**
 * Applies the command here with the lease, or through the scheduler without it, and gives the answer. A refusal of either is
 * raised here. `dags`: the Dags that the command names, as they were read.
 */
export async function applyOrAsk<Kind extends CommandKind>(
  app: App,
  database: Database,
  lease: HeldLease | null,
  command: SchedulerCommand<Kind>,
  dags: DagVersions,
  drain: AbortSignal,
): Promise<CommandAnswers[Kind]> {
  if (lease === null) {
    return await askScheduler(app, database, { ...command, settings: describeWork(app) }, drain);
  }
  const holder = { registry: app.registry, lakeId: app.lake.id, dags };
  return database.write((query) => applyCommand(query, holder, command, app.clock.now(), app.user));
}

/** The argument `dags` of a command that names one Dag. */
export function onlyDag(version: DagVersion): DagVersions {
  return new Map([[version.definition.dagId, version]]);
}

export interface CommandResult<Kind extends CommandKind> {
  readonly answer: CommandAnswers[Kind];
  /** Whether a scheduler did it and does the work that follows. */
  readonly isScheduler: boolean;
}

/** Carries out a command that is done once it is answered; takes the lease for it if the lease is free. */
export async function carryOut<Kind extends CommandKind>(
  app: App,
  command: SchedulerCommand<Kind>,
  drain: AbortSignal,
  dags: DagVersions = new Map(),
): Promise<CommandResult<Kind>> {
  const database = await app.openDatabase("create");
  const lease = await tryLease(app, database, command.kind.replaceAll("_", " "), drain);
  try {
    const answer = await applyOrAsk(app, database, lease, command, dags, drain);
    return { answer, isScheduler: lease === null };
  } finally {
    await lease?.release();
  }
}
