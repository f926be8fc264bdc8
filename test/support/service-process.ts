/** Runs `dagmar scheduler` as a child process in a folder with a test's Dags; its answers and database are read from outside. */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { onTestFinished } from "vitest";
import { openCliWorld, type CliProcess, type CliResult, type CliWorld } from "./cli.ts";

/** Long for a machine that is busy, short for a test that hangs. */
const PATIENCE_MS = 20_000;

export interface Scheduler extends CliProcess {
  /** Of its health and metrics. */
  readonly url: string;
  /** SIGTERM, and its end. */
  stop(): Promise<CliResult>;
}

export interface ServiceWorld extends CliWorld {
  /** The file's text without its first line, which names the Dag. */
  writeDag(dagId: string, text: string): void;
  /** An empty file in the folder that commands and tasks work in. */
  writeFile(name: string): void;
  removeFile(name: string): void;
  isThere(name: string): boolean;
  /** Resolves when its health can be asked. */
  startScheduler(more?: Readonly<Record<string, string>>): Promise<Scheduler>;
  /** As `startScheduler`: pages and API without a loop. */
  startWeb(more?: Readonly<Record<string, string>>): Promise<Scheduler>;
  /** In the order of logical dates. */
  readStates(table: "v_runs" | "v_tasks" | "v_attempts", dagId: string): readonly string[];
  countEvents(kind: string): number;
}

/** A world without the example Dags; its caller removes it. */
export function openOwnServiceWorld(): ServiceWorld {
  const world = openCliWorld({ DAGMAR_HTTP: "127.0.0.1:0", DAGMAR_TIMEZONE: "UTC" });
  for (const name of readdirSync(world.dagsFolder)) rmSync(join(world.dagsFolder, name));
  return {
    ...world,
    writeDag(dagId, text) {
      writeFileSync(join(world.dagsFolder, `${dagId}.yaml`), `dag: ${dagId}\n${text.trimStart()}`);
    },
    writeFile: (name) => writeFileSync(join(world.folder, name), ""),
    removeFile: (name) => rmSync(join(world.folder, name)),
    isThere: (name) => existsSync(join(world.folder, name)),
    startScheduler: (more) => startServing(world, "scheduler", more),
    startWeb: (more) => startServing(world, "web", more),
    readStates: (table, dagId) =>
      world
        .query<{ state: string }>(`SELECT state FROM ${table} WHERE dag_id = ? ORDER BY logical_date`, dagId)
        .map((row) => row.state),
    countEvents: (kind) => world.query("SELECT 1 FROM v_events WHERE kind = ?", kind).length,
  };
}

async function startServing(
  world: CliWorld,
  command: "scheduler" | "web",
  more: Readonly<Record<string, string>> | undefined,
): Promise<Scheduler> {
  const running = world.start([command], more);
  const address = /Health and metrics: (http:\S+?)\/healthz/;
  await eventually(`dagmar ${command} answers`, () => address.test(running.output()), running);
  return {
    ...running,
    url: address.exec(running.output())?.[1] ?? "",
    stop() {
      running.child.kill("SIGTERM");
      return running.ended;
    },
  };
}

/** As `openOwnServiceWorld`, gone with the test. */
export function useServiceWorld(): ServiceWorld {
  const world = openOwnServiceWorld();
  onTestFinished(() => world.remove());
  return world;
}

/** Looks every few milliseconds until it holds. Rejects when it does not in time, or when the process ends before. */
export async function eventually(
  what: string,
  holds: () => boolean | Promise<boolean>,
  running?: CliProcess,
  patienceMs = PATIENCE_MS,
): Promise<void> {
  const until = performance.now() + patienceMs;
  while (!(await holds())) {
    const isOver = running !== undefined && (running.child.exitCode ?? running.child.signalCode) !== null;
    if (isOver || performance.now() > until) {
      throw new Error(`not in time: ${what}${running === undefined ? "" : `\n${running.output()}`}`);
    }
    await delay(10);
  }
}

export interface Answer {
  readonly status: number;
  readonly text: string;
}

export async function ask(url: string): Promise<Answer> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(5000) });
  return { status: answer.status, text: await answer.text() };
}

/** It holds the lease, and the first turn is done: commands ask it from then on. */
export async function untilReady(scheduler: Scheduler): Promise<void> {
  const isReady = async (): Promise<boolean> => (await ask(`${scheduler.url}/readyz`)).status === 200;
  await eventually("the scheduler is ready", isReady, scheduler);
}

/** A zombie, which has ended and was not waited for, is not alive. */
export function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

/** A command does its work itself if no scheduler runs, and otherwise sends it a request. */
export const WAYS = ["with a scheduler", "without a scheduler"] as const;

export interface WayWorld extends ServiceWorld {
  readonly scheduler: Scheduler | undefined;
  /** Ends the scheduler too. */
  close(): Promise<void>;
}

export async function openWay(
  way: (typeof WAYS)[number],
  dags: Readonly<Record<string, string>>,
  environment: Readonly<Record<string, string>> = {},
): Promise<WayWorld> {
  const world = openOwnServiceWorld();
  Object.assign(world.environment, environment);
  for (const [dagId, text] of Object.entries(dags)) world.writeDag(dagId, text);
  const scheduler = way === "with a scheduler" ? await world.startScheduler() : undefined;
  if (scheduler !== undefined) await untilReady(scheduler);
  return {
    ...world,
    scheduler,
    async close() {
      await scheduler?.stop();
      world.remove();
    },
  };
}
