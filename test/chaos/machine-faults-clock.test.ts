/** A clock that is wrong: at the start, and set while the program runs. Keys and slots come from rows, not from the time of day. */
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  eventually,
  useServiceWorld,
  type Scheduler,
  type ServiceWorld,
} from "../support/service-process.ts";
import { HAS_FAKE_TIME, setBy, setClock, startAt } from "./support/fake-time.ts";
import { DATE, openFolderWorld, openStoreWorld } from "./support/ingest-world.ts";

const CLOCKS = ["-1h", "+10d", "+10y", "@1970-01-01 00:00:10"] as const;
const IS_LONG = process.env["DAGMAR_TEST_CHAOS_LONG"] !== undefined;
const EACH_SECOND = `schedule: "* * * * * *"\ntasks: { nothing: { type: noop } }\n`;

function countRuns(world: ServiceWorld, state = "success"): number {
  return world.readStates("v_runs", "seconds").filter((found) => found === state).length;
}

/** Every slot that has a run, in seconds since 1970, in the order in which the runs were made. */
function readSlots(world: ServiceWorld): readonly number[] {
  return world
    .query<{ at: number }>("SELECT unixepoch(logical_date) AS at FROM dag_runs ORDER BY dag_run_id")
    .map(({ at }) => at);
}

async function runSome(world: ServiceWorld, running: Scheduler, count = 3): Promise<void> {
  const before = countRuns(world);
  await eventually(`${count} more slots have run`, () => countRuns(world) >= before + count, running);
}

async function runOne(world: ServiceWorld, clock: Readonly<Record<string, string>>): Promise<void> {
  const running = await world.startScheduler(clock);
  await runSome(world, running);
  const stopped = await running.stop();
  expect(stopped.exitCode, stopped.stderr).toBe(0);
}

describe.skipIf(!HAS_FAKE_TIME)("a scheduler that was started when the clock was at", () => {
  test.each(CLOCKS)(
    "%s continues when it is right again: no slot twice, none left open, no wait for a dead process",
    async (offset) => {
      const world = useServiceWorld();
      world.writeDag("seconds", EACH_SECOND);
      const startedMs = performance.now();
      await runOne(world, startAt(offset));
      const odd = readSlots(world);
      await runOne(world, {});
      const slots = readSlots(world);
      expect(new Set(slots).size).toBe(slots.length);
      // Within seconds of the right time: the fifty missed years become one run, not a billion.
      expect(slots.length).toBeLessThan(odd.length + 30);
      const now = Date.now() / 1000;
      expect(slots.slice(-3).every((at) => Math.abs(now - at) < 30)).toBe(true);
      expect(new Set(world.readStates("v_runs", "seconds"))).toEqual(new Set(["success"]));
      expect(world.query("SELECT expires_at FROM lease")).toEqual([{ expires_at: null }]);
      const told = offset.startsWith("+") ? "cursor_reset" : "slots_skipped";
      expect(offset === "-1h" || world.countEvents(told) > 0).toBe(true);
      expect((performance.now() - startedMs) / 1000).toBeLessThan(45);
    },
    60_000,
  );

  test("+10y and was killed is not waited for, though its lease expires in ten years", async () => {
    const world = useServiceWorld();
    world.writeDag("seconds", EACH_SECOND);
    const first = await world.startScheduler(startAt("+10y"));
    await runSome(world, first, 1);
    first.child.kill("SIGKILL");
    await first.ended;
    await runOne(world, {});
    expect(world.query("SELECT 1 FROM v_attempts WHERE state = 'running'")).toEqual([]);
  });
});

describe.skipIf(!HAS_FAKE_TIME)("a clock that is set while the scheduler runs", () => {
  test("ahead by ten days, back by eleven, ahead by ten years and right again: reported, and no slot twice", async () => {
    const world = useServiceWorld();
    const file = join(world.folder, "clock");
    setClock(file, "+0");
    world.writeDag("seconds", EACH_SECOND);
    const running = await world.startScheduler(setBy(file));
    await runSome(world, running);
    for (const [index, offset] of ["+10d", "-1d", "+10y", "+0"].entries()) {
      setClock(file, offset);
      await eventually("it is reported", () => world.countEvents("clock_jump") > index, running, 35_000);
      await runSome(world, running);
    }
    const stopped = await running.stop();
    expect(stopped.exitCode, stopped.stderr).toBe(0);
    const slots = readSlots(world);
    expect(new Set(slots).size).toBe(slots.length);
    expect(slots.length).toBeLessThan(300);
    expect(new Set(world.readStates("v_runs", "seconds"))).toEqual(new Set(["success"]));
  }, 120_000);
});

describe.skipIf(!HAS_FAKE_TIME)("a run of a date while the clock is at", () => {
  test.each(IS_LONG ? CLOCKS : CLOCKS.slice(2))(
    "%s writes to the partition of its date, once, and a run at the right time finds all of it",
    async (offset) => {
      const opened = await openFolderWorld();
      for (const dagId of ["csv_ingest", "tmdb_ingest"]) {
        // To a clock that is behind, the date lies in the future.
        const result = await opened.run(dagId, DATE, startAt(offset), "--force");
        expect(result.exitCode, result.stdout + result.stderr).toBe(0);
      }
      opened.expectEachOnce();
      const before = opened.world.listLake();
      expect(before.every((line) => line.includes("/2026/11/23/"))).toBe(true);
      opened.simulator.reset();
      for (const dagId of ["csv_ingest", "tmdb_ingest"]) {
        const result = await opened.run(dagId, "2026-11-24");
        expect(result.exitCode, result.stdout + result.stderr).toBe(0);
      }
      expect(opened.world.listLake()).toEqual(before);
      expect(opened.simulator.requests).toBe(0);
    },
  );

  test.each(IS_LONG ? CLOCKS : CLOCKS.slice(3))(
    "%s gets along with an S3 store, whose clock is right",
    async (offset) => {
      const opened = await openStoreWorld();
      for (const dagId of ["csv_ingest", "tmdb_ingest"]) {
        // To a clock that is behind, the date lies in the future.
        const result = await opened.run(dagId, DATE, startAt(offset), "--force");
        expect(result.exitCode, result.stdout + result.stderr).toBe(0);
      }
      opened.expectEachOnce();
      opened.expectWrittenOnce();
    },
  );
});
