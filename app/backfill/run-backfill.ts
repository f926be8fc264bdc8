/** A backfill that somebody waits for: driven here when nobody else is at work, else by the scheduler and followed. */
import { openAttemptLogs } from "../../logs/attempt-logs.ts";
import { isRunEnded, type DagRun } from "../../model/run/dag-run.ts";
import { DagmarError, EXIT, type ExitCode } from "../../model/errors.ts";
import { formatLocal } from "../../model/time/local-time.ts";
import { silentObserver } from "../../model/ports/service-observer.ts";
import { DrainRequested } from "../../scheduler/attempts/attempt-runner.ts";
import { applyCommand } from "../../scheduler/commands/command.ts";
import {
  planBackfill,
  type BackfillRequest,
  type SlotVerdict,
  type StartedBackfill,
} from "../../scheduler/commands/backfill.ts";
import { drive } from "../../scheduler/engine/drive-runs.ts";
import { areAllStuck } from "../../scheduler/runs/explain-run.ts";
import type { HeldLease } from "../../scheduler/lease/lease-keeper.ts";
import {
  countBackfillRuns,
  endBackfill,
  listBackfillRuns,
  type RunCounts,
} from "../../state/runs/backfills.ts";
import { readRun } from "../../state/runs/dag-runs.ts";
import type { Database } from "../../state/sqlite/database.ts";
import { listRunningTasks } from "../../state/runs/task-instances.ts";
import type { App } from "../app.ts";
import { askScheduler, carryOut, describePlace, describeScheduler, tryLease } from "../runs/lease-work.ts";
import { lostOutput, tellLostOutput } from "../../cli/output/lost-output.ts";
import type { Output } from "../../cli/output/output.ts";
import { createRunTools, sweepBeside } from "../service/run-tools.ts";
import { systemClock } from "../../cli/process/system-clock.ts";
import { createWaitTeller, describeStuck } from "../runs/tell-waits.ts";
import { watchScheduler } from "../runs/watch-scheduler.ts";

const LOOK_EVERY_MS = 250;
const FAILED_SHOWN = 10;
const EXPLAIN_EVERY_MS = 1_000;

export async function cancelBackfill(
  app: App,
  dagId: string,
  output: Output,
  drain: AbortSignal,
): Promise<ExitCode> {
  const { answer } = await carryOut(app, { kind: "cancel_backfill", dagId }, drain);
  const { cancelled } = answer;
  output.line(
    cancelled === 0
      ? `No backfill of ${dagId} is under way.`
      : `The backfill of ${dagId} is cancelled: ${cancelled} of its runs were open.`,
  );
  return EXIT.done;
}

/** What would be done, slot by slot. Changes nothing, and makes no database. */
export async function previewBackfill(
  app: App,
  request: BackfillRequest,
  output: Output,
  isJson: boolean,
): Promise<void> {
  const slots = await planSlots(app, request);
  if (isJson) {
    output.json({ dag_id: request.version.definition.dagId, dry_run: true, slots });
    return;
  }
  const { timezone } = request.version.definition;
  output.table(
    ["slot", "what", "why"],
    slots.map((slot) => [formatLocal(new Date(slot.logicalDate), timezone), slot.verdict, slot.reason]),
    "",
  );
  const count = slots.filter((slot) => slot.verdict !== "skip").length;
  output.line(`${count} of ${slots.length} slots would run; nothing was changed.`);
}

async function planSlots(app: App, request: BackfillRequest): Promise<readonly SlotVerdict[]> {
  const now = systemClock.now();
  try {
    return planBackfill(await app.openDatabase("read"), app.lake.id, request, now);
  } catch (error) {
    if (!(error instanceof DagmarError) || error.code !== "DATABASE_MISSING") throw error;
    return planBackfill(null, app.lake.id, request, now);
  }
}

export async function runBackfill(
  app: App,
  request: BackfillRequest,
  output: Output,
  isJson: boolean,
  drain: AbortSignal,
): Promise<ExitCode> {
  lostOutput.listen(() => undefined);
  const { definition } = request.version;
  for (const task of definition.tasks) app.registry.get(task.type)?.assertConfigured?.();
  const database = await app.openDatabase("create");
  const command = { kind: "backfill", request } as const;
  const lease = await tryLease(app, database, `backfill ${definition.dagId}`);
  const progress = createProgress(output, isJson);
  try {
    const maker = { registry: app.registry, lakeId: app.lake.id };
    const started =
      lease === null
        ? await askScheduler(database, { ...command, place: describePlace(app) }, drain)
        : await database.write((query) => applyCommand(query, maker, command, systemClock.now()));
    if (started.how === "empty") {
      if (isJson) output.json({ dag_id: definition.dagId, ...started, runs: [] });
      else {
        output.line(
          `There is nothing to do: ${started.skipped} slots are left alone. --dry-run says why; --reprocess makes runs again.`,
        );
      }
      return EXIT.done;
    }
    if (lease === null && !isJson) output.line(describeScheduler(app, request.version.fingerprint));
    const look = (): RunCounts => {
      const counts = countBackfillRuns(database, started.backfillId);
      progress.show(counts);
      return counts;
    };
    look();
    const { backfillId } = started;
    const isStuck =
      lease === null
        ? await follow(app, database, backfillId, look, drain)
        : await driveBackfill(app, database, backfillId, lease, look, drain);
    look();
    const runs = listBackfillRuns(database, backfillId);
    if (isStuck) app.log.error(describeStuck(database, listOpen(runs), app.settings));
    return report(output, isJson, started, runs, { isScheduler: lease === null, isStuck });
  } finally {
    await lease?.release();
  }
}

const listOpen = (runs: readonly DagRun[]): readonly DagRun[] => runs.filter((run) => !isRunEnded(run.state));

/** Whether none of its open runs can move before a person acts. */
async function follow(
  app: App,
  database: Database,
  backfillId: number,
  look: () => RunCounts,
  drain: AbortSignal,
): Promise<boolean> {
  const lookAtScheduler = watchScheduler(database, app.log);
  const tellWaits = createWaitTeller(database, app.settings, app.log);
  let explainedMs = -Infinity;
  while (!drain.aborted && look().open > 0) {
    lookAtScheduler();
    // Reading thousands of runs takes longer than counting them.
    if (systemClock.monotonicMs() - explainedMs > EXPLAIN_EVERY_MS && !isAnyAtWork(database, backfillId)) {
      explainedMs = systemClock.monotonicMs();
      const open = listOpen(listBackfillRuns(database, backfillId));
      tellWaits(open);
      if (areAllStuck(database, open)) return true;
    }
    await systemClock.sleep(LOOK_EVERY_MS, drain).catch(() => undefined);
  }
  return false;
}

function isAnyAtWork(database: Database, backfillId: number): boolean {
  return listRunningTasks(database).some(
    ({ dagRunId }) => readRun(database, dagRunId).backfillId === backfillId,
  );
}

async function driveBackfill(
  app: App,
  database: Database,
  backfillId: number,
  lease: HeldLease,
  look: () => RunCounts,
  drain: AbortSignal,
): Promise<boolean> {
  const stopping = new AbortController();
  const stop = (): void => stopping.abort(new DrainRequested("the process is stopping"));
  if (drain.aborted) stop();
  drain.addEventListener("abort", stop, { once: true });
  lease.lost.addEventListener("abort", stop, { once: true });
  const { log, settings } = app;
  tellLostOutput(database, { log, service: silentObserver, timezone: settings.timezone });
  const { secrets, logsFolder: folder } = settings;
  const attemptLogs = openAttemptLogs({ folder, log, clock: systemClock, secrets });
  try {
    let lookedMs = systemClock.monotonicMs();
    // Looking counts the backfill's runs: not at the end of each of ten thousand.
    const runEnded = (): void => {
      if (systemClock.monotonicMs() - lookedMs < LOOK_EVERY_MS) return;
      lookedMs = systemClock.monotonicMs();
      look();
    };
    const listeners = { engine: { runEnded }, service: silentObserver };
    const tools = createRunTools(app, database, lease.epoch, attemptLogs, listeners);
    const isOver = (): boolean => countBackfillRuns(database, backfillId).open === 0;
    const tellWaits = createWaitTeller(database, settings, log);
    let isStuck = false;
    const watch = {
      idle: () => tellWaits(listOpen(listBackfillRuns(database, backfillId))),
      stuck() {
        isStuck = true;
      },
    };
    await sweepBeside(app, stopping.signal, async () =>
      drive(tools, { backfillId }, isOver, stopping.signal, watch),
    );
    if (isOver()) {
      await database.write((query) => endBackfill(query, backfillId, "done", systemClock.now()));
    }
    return isStuck;
  } finally {
    await attemptLogs.close();
  }
}

interface Progress {
  show(counts: RunCounts): void;
}

/** One line whenever a tenth more has ended: a year of days is not three hundred lines. */
function createProgress(output: Output, isSilent: boolean): Progress {
  let shown = -1;
  return {
    show({ total, open, failed }) {
      if (isSilent || total === 0) return;
      const tenth = Math.floor(((total - open) * 10) / total);
      if (tenth === shown) return;
      shown = tenth;
      const faults = failed === 0 ? "" : `, ${failed} failed`;
      output.line(`${total - open} of ${total} runs have ended${faults}`);
    },
  };
}

function report(
  output: Output,
  isJson: boolean,
  started: StartedBackfill,
  runs: readonly DagRun[],
  { isScheduler, isStuck }: { readonly isScheduler: boolean; readonly isStuck: boolean },
): ExitCode {
  const count = (state: DagRun["state"]): number => runs.filter((run) => run.state === state).length;
  const open = listOpen(runs).length;
  const isWell = count("success") === runs.length;
  if (isJson) {
    output.json({
      ...started,
      succeeded: count("success"),
      failed: count("failed"),
      cancelled: count("cancelled"),
      open,
      runs: runs.map(({ runId, logicalDate, state }) => ({
        run_id: runId,
        logical_date: logicalDate,
        state,
      })),
    });
  } else {
    output.line(
      `${runs.length} runs: ${count("success")} succeeded, ${count("failed")} failed, ${count("cancelled")} cancelled, ${open} open; ${started.skipped} slots were left alone`,
    );
    const failed = runs.filter(({ state }) => state === "failed");
    for (const run of failed.slice(0, FAILED_SHOWN)) output.line(`  failed: ${run.dagId}/${run.runId}`);
    const others = failed.length - FAILED_SHOWN;
    if (others > 0) output.line(`  and ${others} more failed; --json lists every run`);
    if (open > 0 && !isStuck) {
      output.fault(
        isScheduler
          ? "The scheduler goes on with it; the same command follows it again, --cancel stops it."
          : "Stopped; the same command goes on with it.",
      );
    }
  }
  if (open > 0) return isStuck ? EXIT.failed : EXIT.tryAgain;
  return isWell ? EXIT.done : EXIT.failed;
}
