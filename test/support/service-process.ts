/** `dagmar scheduler` as a child process in a folder of its own, with Dags that a test writes; what it answers and books is read from outside. */
import { readdirSync, rmSync, writeFileSync } from "node:fs";
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
  /** Resolves when its health can be asked. */
  startScheduler(more?: Readonly<Record<string, string>>): Promise<Scheduler>;
  /** Asks for a run that has the logical date, and comes back when it is in the books. */
  readStates(table: "v_runs" | "v_tasks" | "v_attempts", dagId: string): readonly string[];
  countEvents(kind: string): number;
}

/** A world without the example Dags. */
export function openServiceWorld(): ServiceWorld {
  const world = openCliWorld({ DAGMAR_HTTP: "127.0.0.1:0", DAGMAR_TIMEZONE: "UTC" });
  for (const name of readdirSync(world.dagsFolder)) rmSync(join(world.dagsFolder, name));
  return {
    ...world,
    writeDag(dagId, text) {
      writeFileSync(join(world.dagsFolder, `${dagId}.yaml`), `dag: ${dagId}\n${text.trimStart()}`);
    },
    async startScheduler(more) {
      const running = world.start(["scheduler"], more);
      const address = /Health and metrics: (http:\S+?)\/healthz/;
      await eventually("the scheduler answers", () => address.test(running.output()), running);
      return {
        ...running,
        url: address.exec(running.output())?.[1] ?? "",
        stop() {
          running.child.kill("SIGTERM");
          return running.ended;
        },
      };
    },
    readStates: (table, dagId) =>
      world
        .query<{ state: string }>(`SELECT state FROM ${table} WHERE dag_id = ? ORDER BY logical_date`, dagId)
        .map((row) => row.state),
    countEvents: (kind) => world.query("SELECT 1 FROM v_events WHERE kind = ?", kind).length,
  };
}

/** As `openServiceWorld`, gone with the test. */
export function useServiceWorld(): ServiceWorld {
  const world = openServiceWorld();
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

/** A process that has ended and is not yet waited for counts as gone. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
