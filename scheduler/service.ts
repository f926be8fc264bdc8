/**
 * The loop of the process that holds the lease: takes a turn, then sleeps until something is due or the wake signal
 * is raised. `turn/turn-steps.ts` has the steps of a turn.
 */
import type { DagSource } from "../model/ports/dag-source.ts";
import type { ServiceObserver } from "../model/ports/service-observer.ts";
import { startDagReader } from "./runs/dag-reader.ts";
import { createDagWatch } from "./runs/dag-watch.ts";
import type { RunMaker } from "./runs/new-run.ts";
import { createEngine, type EngineTools, type StepOutcome } from "./engine/engine.ts";
import { createHousekeeper, type HousekeepingTools } from "./housekeeper.ts";
import { shieldListener } from "./shield-listener.ts";
import { takeTurn } from "./turn/take-turn.ts";
import { watchClock } from "./waking/clock-jumps.ts";
import { listenForRequests } from "./waking/listen-for-requests.ts";
import type { MinuteTimer } from "./waking/minute-timer.ts";
import { createUnwrittenEvents } from "./waking/unwritten-events.ts";
import { waitUntil } from "./waking/wait-until.ts";
import type { WakeSignal } from "./waking/wake-signal.ts";
import type { WorkSettings } from "./commands/work-settings.ts";

export interface ServiceTools extends EngineTools, HousekeepingTools {
  readonly source: DagSource;
  readonly minuteTimer: MinuteTimer;
  /** Raised by this process when it has entered a request. Other processes cannot raise it: the loop polls for theirs. */
  readonly wakeSignal: WakeSignal;
  readonly service: ServiceObserver;
  readonly registry: RunMaker["registry"];
  /** A command with other settings is refused. */
  readonly settings: WorkSettings;
  /** For events that belong to no Dag. */
  readonly timezone: string;
}

const LONGEST_WAIT_MS = 30_000;
/** A longer time without a look counts as an outage: then `catchup` decides. */
const AWAY_SECONDS = 600;
const STALL_SECONDS = 1;

/** Resolves when `drain` is aborted and every attempt has stopped. Raises `LEASE_LOST`, `DATABASE_MOVED`. */
export async function runService(given: ServiceTools, drain: AbortSignal): Promise<void> {
  const tools: ServiceTools = { ...given, service: shieldListener(given.service, given.log) };
  const { clock, log, service, registry, lakeId, wakeSignal } = tools;
  const wake = (): void => wakeSignal.raise();
  const over = new AbortController();
  const engine = createEngine(wakeAtRunEnds(tools, wake), wakeSignal, drain);
  drain.addEventListener("abort", wake, { once: true });
  const reader = await startDagReader(tools.source, { clock, log, wakeSignal }, over.signal);
  const watch = createDagWatch();
  const unwritten = createUnwrittenEvents(log);
  const time = watchClock(clock);
  let stopTimer = tools.minuteTimer(wake);
  const listening = listenForRequests(tools, wakeSignal, over.signal);
  const housekeeper = createHousekeeper(tools, drain);
  const turnTools = { ...tools, maker: { registry, lakeId }, engine, reader, watch, unwritten };

  try {
    for (;;) {
      const startedMs = clock.monotonicMs();
      lookAtTime();
      const outcome = await takeTurn(turnTools, drain);
      housekeeper.look();
      if (drain.aborted && engine.underWay === 0) return;
      service.tick((clock.monotonicMs() - startedMs) / 1000);
      await sleep(outcome);
    }
  } finally {
    over.abort();
    stopTimer();
    drain.removeEventListener("abort", wake);
    await Promise.all([reader.stopped, listening, housekeeper.rest()]);
  }

  function lookAtTime(): void {
    const { jumpSeconds, gapSeconds } = time.look();
    if (jumpSeconds !== null) {
      service.clockJump(jumpSeconds);
      // The timer waits for a minute of the old time.
      stopTimer();
      stopTimer = tools.minuteTimer(wake);
      const direction = jumpSeconds > 0 ? "ahead" : "back";
      const message = `The clock was set ${direction} by ${Math.abs(jumpSeconds).toFixed(1)} s.`;
      unwritten.warn("clock_jump", message);
    }
    if (gapSeconds > AWAY_SECONDS) watch.restart(clock.now());
    if (gapSeconds < 0) watch.setBack(clock.now());
  }

  async function sleep({ wakeAt, isCareful }: StepOutcome): Promise<void> {
    const now = clock.now().getTime();
    const wakeMs = wakeAt === null ? Infinity : Date.parse(wakeAt);
    // What was given up may stay due and must not keep the loop busy.
    const due = isCareful ? Infinity : (watch.nextDueAt?.getTime() ?? Infinity);
    const untilMs = Math.max(now, Math.min(now + LONGEST_WAIT_MS, drain.aborted ? Infinity : due, wakeMs));
    const startedMs = clock.monotonicMs();
    await waitUntil(clock, wakeSignal, new Date(untilMs).toISOString());
    const lateSeconds = (clock.monotonicMs() - startedMs - (untilMs - now)) / 1000;
    if (lateSeconds < STALL_SECONDS) return;
    service.loopStall(lateSeconds);
    unwritten.warn("loop_stall", `The process stalled for ${lateSeconds.toFixed(1)} s.`);
  }
}

/** Other Dags may follow a run's success, and other runs may wait for its end. */
function wakeAtRunEnds(tools: ServiceTools, wake: () => void): EngineTools {
  const { observer } = tools;
  return {
    ...tools,
    observer: {
      ...observer,
      runEnded(run) {
        wake();
        observer.runEnded?.(run);
      },
    },
  };
}
