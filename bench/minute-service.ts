/** The service's loop on a ground with a clock that is moved by hand, one minute after the other; what is due runs at once. */
import { setImmediate as yieldToEvents } from "node:timers/promises";
import { createMetrics } from "../web/ops/metrics.ts";
import { readSnapshot } from "../web/ops/read-snapshot.ts";
import type { DagDefinition } from "../model/dag/dag.ts";
import { DrainRequested } from "../scheduler/attempts/stop-reasons.ts";
import { observeEngine } from "../scheduler/engine/observe-engine.ts";
import { runService } from "../scheduler/service.ts";
import { createWakeSignal } from "../scheduler/waking/wake-signal.ts";
import { makeVersion } from "../test/support/test-dag.ts";
import type { HandClock } from "../test/support/hand-clock.ts";
import type { Ground } from "./ground.ts";

const MINUTE_MS = 60_000;
/** After the last run has ended the loop still looks once for what follows from it. */
const ROUNDS_TO_REST = 20;

export interface MinuteService {
  /** To just before the next minute; nothing is due meanwhile. */
  approach(): Promise<void>;
  /** Makes it the minute, and waits until what came due has run and the loop rests; milliseconds until its last turn ended. */
  strike(): Promise<number>;
  stop(): Promise<void>;
}

/** Each of the Dags is due every minute; the clock stands at one. */
export async function startMinuteService(
  { tools, registry, lakeId }: Ground,
  clock: HandClock,
  dags: readonly DagDefinition[],
): Promise<MinuteService> {
  const { database, log } = tools;
  const { observer } = createMetrics({ read: () => readSnapshot(database), clock, version: "bench" });
  const engine = observeEngine(observer, clock);
  const draining = new AbortController();
  let ended = 0;
  let turnedMs = 0;
  let wake = (): void => undefined;
  const found = dags.map((dag) => {
    const dagFile = { ...makeVersion(dag), enabled: true, file: `dags/${dag.dagId}.yaml` };
    return [dag.dagId, dagFile] as const;
  });
  const folder = { dags: new Map(found), broken: new Map() };
  const service = runService(
    {
      ...tools,
      registry,
      log,
      clock,
      lakeId,
      settings: { lake: lakeId, input: "", dags: "" },
      timezone: "UTC",
      minuteTimer: () => () => undefined,
      wakeSignal: createWakeSignal(),
      source: { stamp: () => Promise.resolve("one"), load: () => Promise.resolve(folder) },
      pruneLogs: () => Promise.resolve(0),
      service: {
        ...observer,
        tick(seconds) {
          observer.tick(seconds);
          turnedMs = performance.now();
        },
      },
      observer: {
        ...engine,
        runEnded(run) {
          engine.runEnded?.(run);
          ended += 1;
          wake();
        },
      },
    },
    draining.signal,
  );
  await rest();

  async function untilEnded(runs: number): Promise<void> {
    while (ended < runs) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    await rest();
  }

  return {
    approach: () => clock.advance(MINUTE_MS - 1),
    async strike() {
      const runs = ended + dags.length;
      const startedMs = performance.now();
      await clock.advance(1);
      await Promise.race([untilEnded(runs), service]);
      return turnedMs - startedMs;
    },
    async stop() {
      draining.abort(new DrainRequested("the benchmark is over"));
      await service;
    },
  };
}

async function rest(): Promise<void> {
  for (let round = 0; round < ROUNDS_TO_REST; round += 1) await yieldToEvents();
}
