/**
 * The long-running loop of whoever holds the lease: takes Dag files and requests in, makes the runs that are due, drives all
 * of them, and sleeps until something comes due or somebody rings. Every turn is one transaction.
 */
import type { DagSource, SourceFolder } from "../model/ports/dag-source.ts";
import { describeError, isFencedOff, StateError } from "../model/errors.ts";
import type { Event } from "../model/ports/event-log.ts";
import type { ServiceObserver } from "../model/ports/service-observer.ts";
import { endBackfill, listFinishedBackfills } from "../state/runs/backfills.ts";
import { listDagRows, readNewestSuccess } from "../state/runs/dags.ts";
import type { Query } from "../state/sqlite/query.ts";
import { insertEvent } from "../state/control/events.ts";
import { hasOpenRequests } from "../state/control/requests.ts";
import { adoptDags } from "./runs/adopt-dags.ts";
import { answerRequests, type OwnPlace } from "./commands/answer-requests.ts";
import { createBell, type Bell } from "./waking/wake-signal.ts";
import { startDagReader, type DagReader } from "./runs/dag-reader.ts";
import { createDagWatch } from "./runs/dag-watch.ts";
import type { Doorbell } from "./waking/minute-timer.ts";
import { createEngine, type EngineTools, type StepOutcome } from "./engine/engine.ts";
import { followSuccesses } from "./runs/follow-successes.ts";
import { createHousekeeper, type HousekeepingTools } from "./housekeeper.ts";
import { makeDueRuns } from "./runs/make-due-runs.ts";
import type { RunMaker } from "./runs/new-run.ts";
import type { StepGuard } from "./engine/step-guard.ts";
import { createTimeWatch } from "./waking/clock-jumps.ts";
import { waitUntil } from "./waking/wait-until.ts";
import type { WorkPlace } from "./commands/work-place.ts";

export interface ServiceTools extends EngineTools, HousekeepingTools {
  readonly source: DagSource;
  readonly doorbell: Doorbell;
  readonly service: ServiceObserver;
  readonly registry: RunMaker["registry"];
  /** A command that means another one is refused. */
  readonly place: WorkPlace;
  /** Of events that belong to no Dag. */
  readonly timezone: string;
}

const LOOK_FOR_REQUESTS_MS = 250;
const LONGEST_WAIT_MS = 30_000;
/** Longer without a look counts as having been away: then `catchup` decides. */
const AWAY_SECONDS = 600;
const STALL_SECONDS = 1;
const PAUSE_AFTER_FAULT_MS = 5_000;

/** Resolves when `drain` is aborted and everything under way has stopped. Raises `LEASE_LOST` when another took over, `DATABASE_MOVED`. */
export async function runService(tools: ServiceTools, drain: AbortSignal): Promise<void> {
  const { database, clock, log, service, registry, lakeId, timezone } = tools;
  const bell = createBell();
  const over = new AbortController();
  const engine = createEngine(
    {
      ...tools,
      observer: {
        ...tools.observer,
        runEnded(run) {
          tools.observer.runEnded?.(run);
          // Its success may be what others follow, and its end what others wait for.
          bell.ring();
        },
      },
    },
    bell,
    drain,
  );
  const ring = (): void => bell.ring();
  drain.addEventListener("abort", ring, { once: true });
  const reader = await startDagReader(tools.source, { clock, log, bell }, over.signal);
  const watch = createDagWatch();
  const time = createTimeWatch(clock);
  let takeDown = tools.doorbell(ring);
  const listening = listenForRequests(tools, bell, over.signal);
  const housekeeper = createHousekeeper(tools, drain);
  const maker = { registry, lakeId };
  let taken: SourceFolder | null = null;
  const own: OwnPlace = {
    place: tools.place,
    findFingerprint(dagId) {
      const dag = taken?.dags.get(dagId);
      return dag?.enabled === true ? dag.fingerprint : undefined;
    },
    hasReadSince: (at) => reader.fresh === null && reader.hasReadSince(at),
  };
  let events: Event[] = [];
  /** They were committed anew and not read since, because the read failed as a disk may. */
  let areRowsStale = false;

  try {
    for (;;) {
      const startedMs = clock.monotonicMs();
      lookAtTime();
      const outcome = await turn();
      lookForHousework();
      if (drain.aborted && engine.underWay === 0) return;
      service.tick((clock.monotonicMs() - startedMs) / 1000);
      await sleep(outcome);
    }
  } finally {
    over.abort();
    takeDown();
    drain.removeEventListener("abort", ring);
    await Promise.all([reader.stopped, listening, housekeeper.rest()]);
  }

  /** When to look again, as the engine sees it. What could not be written is tried again. */
  async function turn(): Promise<StepOutcome> {
    const folder = reader.fresh;
    const told = events;
    let isChanged = false;
    let turnedAt = clock.now();
    try {
      const outcome = await engine.step("all", (query, now, guard) => {
        turnedAt = now;
        isChanged = prepare(query, now, told, folder, guard);
        return isChanged;
      });
      service.stepEnded(null);
      events = events.slice(told.length);
      if (folder !== null) {
        watch.setFolder(folder);
        reader.markTaken(folder);
        service.importErrors(folder.broken.size);
      }
      areRowsStale ||= isChanged;
      if (areRowsStale) {
        // Not the present: a slot may have come due since, and that one was not missed.
        watch.setRows(listDagRows(database), turnedAt);
        areRowsStale = false;
        // What was taken in may have made something due.
        bell.ring();
      }
      return outcome;
    } catch (error) {
      if (isFencedOff(error)) throw error;
      if (drain.aborted) throw error;
      if (error instanceof StateError && error.code === "DATABASE_FULL") service.diskFull();
      service.stepEnded(describeError(error));
      log.error(`Nothing could be written; it is tried again in 5 s. ${describeError(error)}`);
      await clock.sleep(PAUSE_AFTER_FAULT_MS, drain).catch(() => undefined);
      bell.ring();
      return { wakeAt: null, isCareful: false };
    }
  }

  function prepare(
    query: Query,
    now: Date,
    told: readonly Event[],
    folder: DagReader["fresh"],
    guard: StepGuard,
  ): boolean {
    for (const event of told) insertEvent(query, event, now, timezone);
    if (folder !== null) adoptDags(query, folder, now, timezone, guard);
    if (folder !== null) taken = folder;
    const answered = drain.aborted
      ? 0
      : answerRequests(query, { ...maker, dags: taken?.dags ?? new Map() }, own, log, now);
    const skips = drain.aborted ? undefined : makeDueRuns(query, maker, watch.dags, now, guard);
    for (const { dagId, skipped } of skips ?? []) service.slotsSkipped(dagId, skipped.count, skipped.kind);
    const isFollowed =
      !drain.aborted && followSuccesses(query, maker, watch.dags, readNewestSuccess(query), now, guard);
    for (const { backfillId, dagId } of listFinishedBackfills(query)) {
      const end = (): void => endBackfill(query, backfillId, "done", now);
      guard.thing(
        { what: `The backfill of ${dagId} cannot be ended as it should`, dagId, giveUp: end },
        () => {
          end();
          const message = `The backfill of ${dagId} is done.`;
          insertEvent(query, { level: "info", kind: "backfill_done", message, dagId }, now, timezone);
        },
      );
    }
    return folder !== null || answered > 0 || skips !== undefined || isFollowed;
  }

  function lookForHousework(): void {
    try {
      housekeeper.look();
    } catch (error) {
      log.error(`Requests could not be looked through; that is tried again. ${describeError(error)}`);
    }
  }

  function lookAtTime(): void {
    const { jumpSeconds, gapSeconds } = time.look();
    if (jumpSeconds !== null) {
      service.clockJump(jumpSeconds);
      // It waits for a minute of the former time.
      takeDown();
      takeDown = tools.doorbell(ring);
      const direction = jumpSeconds > 0 ? "ahead" : "back";
      tell("clock_jump", `The clock was set ${direction} by ${Math.abs(jumpSeconds).toFixed(1)} s.`);
    }
    if (gapSeconds > AWAY_SECONDS) watch.restart(clock.now());
    if (gapSeconds < 0) watch.setBack(clock.now());
  }

  function tell(kind: string, message: string): void {
    log.warn(message, { event: kind });
    events = [...events, { level: "warn", kind, message }];
  }

  async function sleep({ wakeAt, isCareful }: StepOutcome): Promise<void> {
    const now = clock.now().getTime();
    const wake = wakeAt === null ? Infinity : Date.parse(wakeAt);
    // What was given up may stay due, and must not keep the loop turning.
    const due = isCareful ? Infinity : (watch.nextDueAt?.getTime() ?? Infinity);
    const untilMs = Math.max(now, Math.min(now + LONGEST_WAIT_MS, drain.aborted ? Infinity : due, wake));
    const startedMs = clock.monotonicMs();
    await waitUntil(clock, bell, new Date(untilMs).toISOString());
    const lateSeconds = (clock.monotonicMs() - startedMs - (untilMs - now)) / 1000;
    if (lateSeconds < STALL_SECONDS) return;
    service.loopStall(lateSeconds);
    tell("loop_stall", `The process stood still for ${lateSeconds.toFixed(1)} s.`);
  }
}

/** Another process has no bell: its requests are looked for. */
async function listenForRequests(tools: ServiceTools, bell: Bell, over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    await tools.clock.sleep(LOOK_FOR_REQUESTS_MS, over).catch(() => undefined);
    if (over.aborted) return;
    try {
      if (hasOpenRequests(tools.database)) bell.ring();
    } catch {
      // What keeps the database from being read keeps the next step from being written, which says so.
      bell.ring();
    }
  }
}
