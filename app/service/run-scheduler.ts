/**
 * The scheduler process: waits for the lease as a standby, takes over, runs the loop, sends notices, and drains when it is
 * stopped.
 */
import { stampFolder } from "../../config/dag-file/folder-stamp.ts";
import { pruneAttemptLogs } from "../../logs/attempt-log-location.ts";
import { EXIT, isFencedOff, type ExitCode } from "../../model/errors.ts";
import type { DagSource } from "../../model/ports/dag-source.ts";
import type { ServiceObserver } from "../../model/ports/service-observer.ts";
import { takeOver } from "../../scheduler/attempts/take-over.ts";
import { observeEngine } from "../../scheduler/engine/observe-engine.ts";
import { awaitLease, type HeldLease } from "../../scheduler/lease/lease-keeper.ts";
import { identifyProcess } from "../../scheduler/lease/process-identity.ts";
import { noteRunEnd } from "../../scheduler/notices/note-run-end.ts";
import { runService } from "../../scheduler/service.ts";
import { wakeEachMinute } from "../../scheduler/waking/minute-timer.ts";
import { createWakeSignal, type WakeSignal } from "../../scheduler/waking/wake-signal.ts";
import type { Database } from "../../state/sqlite/database.ts";
import type { App } from "../app.ts";
import { openDagCheckStore } from "../dags/kept-dag-checks.ts";
import { SCHEDULER_PURPOSE } from "../ask-scheduler.ts";
import { finishRemovals } from "../lake/finish-removals.ts";
import { sweepQueryFolders } from "../lake/query-folder.ts";
import { verifyOnRequest, type StartVerify } from "../lake/verify-on-request.ts";
import { listNoticeTargets } from "../notices/open-channels.ts";
import { describeWork } from "../lease-work.ts";
import { sweepUploads } from "../sweep-uploads.ts";
import { withWork, type Work } from "../work.ts";
import { assertGuarded } from "./assert-guarded.ts";
import type { MakeFace } from "./endpoint.ts";
import { judgeHealth, judgeReadiness } from "./health.ts";
import { judgeDrain } from "./judge-drain.ts";
import { logRuns } from "./log-runs.ts";
import { createOrders } from "./orders.ts";
import { sendDueNotices } from "./send-due-notices.ts";
import { warnReadablePassword } from "./warn-readable-password.ts";
import { createServiceState, type ServiceState } from "./service-state.ts";

/** What works in threads of its own, as the composition root starts it. */
export interface SchedulerThreads {
  readonly makeFace: MakeFace;
  readonly startVerify: StartVerify;
}

/**
 * 0 after a drain. 75 if another process has taken over the lease, or if the reader of the log has gone: a supervisor should
 * then start the process again.
 */
export async function runScheduler(
  app: App,
  { makeFace, startVerify }: SchedulerThreads,
  drain: AbortSignal,
): Promise<ExitCode> {
  const { clock, log } = app;
  const { timezone } = app.settings;
  const database = await app.openDatabase("create");
  assertGuarded(database, app.settings, clock.now());
  warnReadablePassword(app.settings.web.passwordFile, log);
  const face = makeFace(database);
  const state = createServiceState(database, clock, face.observer);
  const wakeSignal = createWakeSignal();
  const orders = createOrders({
    database,
    clock,
    log,
    settings: describeWork(app),
    wake: () => wakeSignal.raise(),
    drain,
  });
  const endpoint = await face.open({
    health: () => judgeHealth(state.facts()),
    readiness: () => judgeReadiness(state.facts()),
    orders,
  });
  let lease: HeldLease | null = null;
  try {
    let hasStoodBy = false;
    lease = await awaitLease(
      database,
      identifyProcess(),
      SCHEDULER_PURPOSE,
      { clock, log, timezone },
      drain,
      {
        standsBy: (holder) => {
          hasStoodBy = true;
          log.info(`Standing by. ${holder}`);
        },
        looked: () => state.tick(),
      },
    );
    if (lease === null) return judgeDrain(drain);
    if (hasStoodBy) endpoint.keepTrying();
    else await endpoint.insist();
    state.setRole("active");
    state.observer.leaseChanged(true, lease.epoch);
    const service = {
      ...state.observer,
      tick(durationSeconds: number) {
        state.observer.tick(durationSeconds);
        orders.turned();
      },
    };
    const listeners = { engine: logRuns(log, observeEngine(service, clock)), service };
    const parts = { database, state, service, wakeSignal, startVerify };
    await withWork(app, database, lease, listeners, drain, (work) => schedule(app, parts, work));
    return lease.lost.aborted ? judgeLoss(lease.lost) : judgeDrain(drain);
  } finally {
    if (lease !== null) state.observer.leaseChanged(false, null);
    await lease?.release();
    await endpoint.close();
  }
}

interface Parts {
  readonly database: Database;
  readonly state: ServiceState;
  readonly service: ServiceObserver;
  readonly wakeSignal: WakeSignal;
  readonly startVerify: StartVerify;
}

async function schedule(
  app: App,
  { database, state, service, wakeSignal, startVerify }: Parts,
  { tools, stopping }: Work,
): Promise<void> {
  const { clock, log, settings, version } = app;
  const stop = (): void => state.setRole("stopping");
  if (stopping.aborted) stop();
  stopping.addEventListener("abort", stop, { once: true });
  log.info(`dagmar ${version} is scheduling the Dags of ${settings.dagsFolder} into ${app.lake.id}`);
  await takeOver(database, {
    clock,
    log,
    lakeId: app.lake.id,
    pools: settings.pools,
    timezone: settings.timezone,
    service,
  });
  void sweepUploads(app, stopping);
  void sweepQueryFolders(app);
  const removals = finishRemovals(app, database, stopping);
  const verifying = verifyOnRequest(app, database, startVerify, stopping);
  const notices = sendDueNotices(app, database, service, stopping);
  const notify = { after: settings.notify.after, targets: listNoticeTargets(settings.notify) };
  await runService(
    {
      ...tools,
      registry: app.registry,
      service,
      // A run in the foreground shows its end; only the scheduler's runs end unseen.
      noteRunEnd: (query, run, now) => noteRunEnd(query, run, notify, now),
      minuteTimer: wakeEachMinute(clock),
      wakeSignal,
      pruneLogs: (before) => pruneAttemptLogs(settings.logsFolder, before),
      source: openDagSource(app, database),
      settings: describeWork(app),
      timezone: settings.timezone,
    },
    stopping,
  );
  await Promise.all([notices, removals, verifying]);
  log.info("Stopped: no task is running any more.");
}

function openDagSource(app: App, database: Database): DagSource {
  const { settings, build, log } = app;
  const kept = build === null ? undefined : openDagCheckStore(database, build, log);
  return {
    stamp: () => stampFolder(settings.dagsFolder),
    async load() {
      const folder = await app.loadDags(kept);
      void kept?.save();
      return folder;
    },
  };
}

function judgeLoss({ reason }: AbortSignal): ExitCode {
  return isFencedOff(reason) ? reason.exitCode : EXIT.tryAgain;
}
