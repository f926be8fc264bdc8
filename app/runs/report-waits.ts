/** Logs what runs wait for: at once when it changes, and every minute while it stays the same. */
import type { DagRun } from "../../model/run/dag-run.ts";
import { nameRun } from "../../model/run/run-name.ts";
import { explainWaits, type RunWait } from "../../scheduler/runs/explain-run.ts";
import type { Limits } from "../../scheduler/engine/world.ts";
import { readRun } from "../../state/runs/dag-runs.ts";
import type { Query } from "../../state/sqlite/query.ts";
import { listRunningRuns } from "../../state/runs/run-queue.ts";
import type { App } from "../app.ts";

type WaitingApp = Pick<App, "clock" | "log" | "settings">;

const REPEAT_MS = 60_000;
/** Of a backfill's runs. */
const MOST_RUNS = 10;

/** Call it with the open runs while no task is running; with few runs it is cheap. */
export function createWaitReporter(
  query: Query,
  { clock, log, settings }: WaitingApp,
): (runs: readonly DagRun[]) => void {
  let said = new Map<string, number>();
  return (runs) => {
    const nowMs = clock.monotonicMs();
    const shown = runs.slice(0, MOST_RUNS);
    const lines = explainWaits(query, shown, settings, clock.now()).flatMap(describeWait);
    if (lines.length > 0 && runs.length > shown.length) {
      lines.push(`${runs.length - shown.length} more runs wait behind them.`);
    }
    const next = new Map<string, number>();
    for (const line of lines) {
      const saidMs = said.get(line);
      const isDue = saidMs === undefined || nowMs - saidMs >= REPEAT_MS;
      if (isDue) log.warn(line);
      next.set(line, isDue ? nowMs : saidMs);
    }
    said = next;
  };
}

function describeWait(wait: RunWait): readonly string[] {
  const reasons = listReasons(wait);
  return reasons.length === 0 ? [] : [`${nameRun(wait.run)} waits. ${reasons.join(". ")}.`];
}

function listReasons({ tasks, turn }: RunWait): readonly string[] {
  return [
    ...(turn === null ? [] : [turn]),
    ...tasks.map((task) => `${task.taskId}: ${task.reasons.join("; ")}`),
  ];
}

/**
 * What each run waits for, by run number, and until when if that is known; running and ended runs are left out. A queued run
 * includes the reasons of the runs before it, which may be on another page.
 */
export function explainEach(
  query: Query,
  runs: readonly DagRun[],
  limits: Limits,
  now: Date,
): ReadonlyMap<number, string> {
  const queued = runs.filter((run) => run.state === "queued");
  const waiting = new Set(queued.map((run) => run.dagId));
  const ahead = [...new Set(queued.map((run) => run.lake ?? ""))]
    .flatMap((lakeId) => listRunningRuns(query, { lakeId, backfillId: null }))
    .map((dagRunId) => readRun(query, dagRunId))
    .filter((run) => waiting.has(run.dagId));
  const causes = explainWaits(query, ahead, limits, now);
  return new Map(
    explainWaits(query, runs, limits, now).flatMap((wait) => {
      const others = causes.filter(({ run }) => wait.run.state === "queued" && run.dagId === wait.run.dagId);
      const reasons = [...listReasons(wait), ...others.slice(0, MOST_RUNS).flatMap(describeWait)];
      return reasons.length === 0 ? [] : [[wait.run.dagRunId, reasons.join(". ")]];
    }),
  );
}

/** What to do about runs that need a person to act. */
export function describeStuck(
  query: Query,
  runs: readonly DagRun[],
  { clock, settings }: Pick<App, "clock" | "settings">,
): string {
  const waits = explainWaits(query, runs.slice(0, MOST_RUNS), settings, clock.now());
  const holders = new Map(waits.flatMap(({ heldBy }) => heldBy.map((run) => [run.dagRunId, run] as const)));
  const ways = [...holders.values()].map(
    (run) => `\`dagmar run ${run.dagId} --date ${run.logicalDate}\` resumes the run that holds it`,
  );
  const [first] = waits;
  const shown = first === undefined ? "list" : `show ${nameRun(first.run)}`;
  const remedy = ways.length === 0 ? `\`dagmar runs ${shown}\` says what it waits for` : ways.join("; ");
  return `It is stuck: no task is running, and none will become due. ${remedy}; then give the same command again.`;
}
