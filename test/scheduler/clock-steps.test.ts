/** How long the loop stalls when the clock is set far ahead or back: per-minute Dags, with each kind of catch-up. */
import { readFileSync } from "node:fs";
import { setImmediate as yieldToEvents } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { makeDag, makeTask } from "../support/test-dag.ts";
import { MINUTE, openServiceWorld, type ServiceWorld } from "./service-world.ts";

const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const MOST_STALL_MS = 200;
/** The disk may be slow for a while: the best of these rounds counts. */
const REPEATS = 3;

const DAGS = Array.from({ length: 30 }, (_, index) =>
  makeDag([makeTask("a")], {
    dagId: `dag_${index}`,
    schedule: { kind: "cron", expression: "* * * * *" },
    timezone: "America/Sao_Paulo",
    catchup: (["none", "latest", "all"] as const)[index % 3] ?? "none",
    catchupLimit: 10,
  }),
);

/**
 * Wall time without that in which this thread was ready to run and other processes had the processors (Linux counts
 * it: the second field of schedstat, in nanoseconds). It includes the loop's own waits, such as the disk.
 */
function readOwnMs(): number {
  return performance.now() - readWaitedMs();
}

function readWaitedMs(): number {
  try {
    return Number(readFileSync("/proc/thread-self/schedstat", "utf8").split(" ")[1]) / 1e6;
  } catch {
    return 0;
  }
}

/** The longest time in which nothing else could run while the loop works. */
async function measureStall(world: ServiceWorld, work: () => void): Promise<number> {
  work();
  let longestMs = 0;
  for (let quiet = 0; quiet < 100; quiet += 1) {
    const turns = world.turns();
    const beforeMs = readOwnMs();
    await yieldToEvents();
    longestMs = Math.max(longestMs, readOwnMs() - beforeMs);
    if (world.turns() !== turns) quiet = 0;
  }
  return longestMs;
}

describe("the loop stalls for at most 200 ms when the clock is set", () => {
  test.each([
    ["an hour ahead", HOUR],
    ["an hour back", -HOUR],
    ["a day ahead", DAY],
    ["a day back", -DAY],
    ["three months ahead", 91 * DAY],
    ["15 months ahead", 456 * DAY],
    ["26 years ahead", 9497 * DAY],
  ])("%s", { timeout: 60_000 }, async (_, stepMs) => {
    const stalls: number[] = [];
    for (let repeat = 0; repeat < REPEATS; repeat += 1) {
      const world = await openServiceWorld();
      world.setDags(DAGS);
      const service = world.start();
      await service.advance(MINUTE);
      stalls.push(
        await measureStall(world, () => {
          world.clock.setAhead(stepMs);
          service.wake();
        }),
      );
      expect(world.told).toContain(`jump ${stepMs / 1000}`);
      service.drain();
      await service.ended;
    }
    expect(Math.min(...stalls)).toBeLessThan(MOST_STALL_MS);
  });
});
