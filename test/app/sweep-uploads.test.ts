/** Sweeping unfinished uploads next to a run: what it may cost the run, against a store whose list of uploads hangs. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { sweepBeside } from "../../app/sweep-uploads.ts";
import { systemClock } from "../../cli/process/system-clock.ts";
import { startS3World, type S3World } from "../lake/s3-world.ts";

/** Far beyond the time of this test, so that only the grace can end the wait. */
const LIMIT_MS = 120_000;
const GRACE_MS = 2_000;

let world: S3World;
beforeEach(async () => {
  world = await startS3World();
});
afterEach(async () => {
  await world.close();
});

function sweep<T>(work: () => Promise<T>, stop = new AbortController().signal): Promise<T> {
  const timeouts = { connectMs: LIMIT_MS, idleMs: LIMIT_MS, requestMs: LIMIT_MS };
  return sweepBeside({ clock: systemClock, lake: world.open({ timeouts }), log: world.log }, stop, work);
}

function hangListing(): void {
  world.server.faults.push({
    when: { operation: "ListMultipartUploads" },
    times: 99,
    fault: { kind: "hang" },
  });
}

async function untilListed(): Promise<void> {
  while (world.count("ListMultipartUploads") === 0) await new Promise(setImmediate);
}

test("a list of uploads that hangs delays a run only by the grace period", async () => {
  hangListing();
  let endedMs = 0;
  const result = await sweep(async () => {
    await untilListed();
    endedMs = performance.now();
    return "the run's";
  });
  const delayMs = performance.now() - endedMs;
  expect(result).toBe("the run's");
  expect(delayMs).toBeGreaterThan(GRACE_MS * 0.9);
  expect(delayMs, "with room for a busy machine").toBeLessThan(GRACE_MS + 8_000);
});

test("a run that fails while the list hangs fails with its own error", async () => {
  hangListing();
  await expect(sweep(() => Promise.reject(new Error("the run's")))).rejects.toThrow("the run's");
});

test("a run that is stopped does not wait for the list", async () => {
  hangListing();
  const stopping = new AbortController();
  let stoppedMs = 0;
  await sweep(async () => {
    await untilListed();
    stoppedMs = performance.now();
    stopping.abort();
  }, stopping.signal);
  expect(performance.now() - stoppedMs).toBeLessThan(GRACE_MS * 0.9);
});

test("a list that comes in time is worked off before the run is over", async () => {
  await sweep(() => Promise.resolve());
  expect(world.count("ListMultipartUploads")).toBe(1);
});
