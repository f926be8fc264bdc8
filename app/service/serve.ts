/**
 * The service, put together: stands by for the lease, takes over, runs the loop, answers health and metrics, sends notices,
 * and gives way when it is told to.
 */
import { pruneAttemptLogs } from "../../logs/attempt-log-place.ts";
import { openAttemptLogs } from "../../logs/attempt-logs.ts";
import { stampFolder } from "../../config/dag-file/folder-stamp.ts";
import { CommandRefused, EXIT, isFencedOff, type ExitCode } from "../../model/errors.ts";
import { DrainRequested } from "../../scheduler/attempts/attempt-runner.ts";
import { ringEachMinute } from "../../scheduler/waking/minute-timer.ts";
import { awaitLease } from "../../scheduler/lease/lease-keeper.ts";
import { noteRunEnd } from "../../scheduler/notices/note-run-end.ts";
import { observeEngine } from "../../scheduler/engine/observe-engine.ts";
import { identifyProcess } from "../../scheduler/lease/process-identity.ts";
import { runService } from "../../scheduler/service.ts";
import { takeOver } from "../../scheduler/attempts/take-over.ts";
import { readSnapshot } from "../../web/ops/read-snapshot.ts";
import { createMetrics } from "../../web/ops/metrics.ts";
import type { App } from "../app.ts";
import { keepNoticesGoing } from "./keep-notices-going.ts";
import { tellLostOutput } from "../../cli/output/lost-output.ts";
import { logRuns } from "./log-runs.ts";
import { describePlace, SCHEDULER_PURPOSE } from "../runs/lease-work.ts";
import { openOpsDoor } from "../../cli/ops-endpoint.ts";
import { createRunTools, sweepLeftovers } from "./run-tools.ts";
import { createServiceState } from "./service-state.ts";
import { systemClock } from "../../cli/process/system-clock.ts";
import { readVersion } from "../../cli/process/version.ts";

/** 0 after a drain; 75 when another process has taken the lease over, or nobody reads the log: then it is to be started again. */
export async function serve(app: App, drain: AbortSignal): Promise<ExitCode> {
  const { settings, log } = app;
  const database = await app.openDatabase("create");
  const version = readVersion();
  const metrics = createMetrics({ read: () => readSnapshot(database), clock: systemClock, version });
  const state = createServiceState(database, systemClock, metrics.observer);
  const door = await openOpsDoor(settings.http, { log, metrics, state });
  const tools = { clock: systemClock, log };
  let hasStoodBy = false;
  const lease = await awaitLease(database, identifyProcess(), SCHEDULER_PURPOSE, tools, drain, {
    standsBy: (holder) => {
      hasStoodBy = true;
      log.info(`Standing by. ${holder}`);
    },
    looked: () => state.tick(),
  });
  if (lease === null) {
    await door.close();
    return judgeDrain(drain);
  }
  const stopping = new AbortController();
  const stop = (): void => {
    state.setRole("stopping");
    stopping.abort(new DrainRequested("the process is stopping"));
  };
  if (drain.aborted) stop();
  drain.addEventListener("abort", stop, { once: true });
  lease.lost.addEventListener("abort", stop, { once: true });
  const { secrets, logsFolder: folder } = settings;
  const attemptLogs = openAttemptLogs({ folder, log, clock: systemClock, secrets });
  const service = state.observer;
  try {
    if (hasStoodBy) door.keepTrying();
    else await door.insist();
    state.setRole("active");
    service.leaseChanged(true, lease.epoch);
    log.info(`dagmar ${version} is scheduling the Dags of ${settings.dagsFolder} into ${app.lake.id}`);
    await takeOver(database, {
      ...tools,
      lakeId: app.lake.id,
      pools: settings.pools,
      cookieScope: settings.databaseFile,
      service,
    });
    tellLostOutput(database, { log, service, timezone: settings.timezone });
    void sweepLeftovers(app, stopping.signal);
    const notices = keepNoticesGoing(app, database, service, stopping.signal);
    const engine = logRuns(log, observeEngine(service, systemClock));
    await runService(
      {
        ...createRunTools(app, database, lease.epoch, attemptLogs, { engine, service }),
        service,
        // Who runs something by hand sees how it ends; nobody else is there to send a notice of it, then or later.
        noteRunEnd: (query, run, now) =>
          noteRunEnd(
            query,
            run,
            { after: settings.notify.after, hasWebhook: settings.notify.url !== null },
            now,
          ),
        doorbell: ringEachMinute(systemClock),
        pruneLogs: (before) => pruneAttemptLogs(settings.logsFolder, before),
        source: { stamp: () => stampFolder(settings.dagsFolder), load: () => app.loadDags() },
        lakeId: app.lake.id,
        place: describePlace(app),
        timezone: settings.timezone,
      },
      stopping.signal,
    );
    await notices;
    log.info("Stopped: nothing is under way any more.");
    return lease.lost.aborted ? judgeLoss(lease.lost) : judgeDrain(drain);
  } finally {
    service.leaseChanged(false, null);
    await attemptLogs.close();
    await lease.release();
    await door.close();
  }
}

function judgeLoss({ reason }: AbortSignal): ExitCode {
  return isFencedOff(reason) ? reason.exitCode : EXIT.tryAgain;
}

/** A supervisor that starts failed services again is told that this one was not meant to end. */
function judgeDrain(drain: AbortSignal): ExitCode {
  const { reason } = drain as { reason: unknown };
  return reason instanceof CommandRefused && reason.code === "OUTPUT_CLOSED" ? EXIT.tryAgain : EXIT.done;
}
