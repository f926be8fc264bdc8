/** The scheduler's loop with a clock that the test moves: slots, Dag files, pauses, followers and drains. */
import { describe, expect, test } from "vitest";
import { nameDag } from "../../scheduler/commands/named-dag.ts";
import type { DagDefinition } from "../../model/dag/dag.ts";
import { sql } from "../../state/sqlite/statement.ts";
import { makeDag, makeTask, makeVersion } from "../support/test-dag.ts";
import { makeGate } from "./engine-world.ts";
import { HOUR, MINUTE, openServiceWorld } from "./service-world.ts";

/** The clock begins at 09:00. */
const hourly = (changes: Partial<DagDefinition> = {}): DagDefinition =>
  makeDag([makeTask("a")], {
    dagId: "hourly",
    schedule: { kind: "cron", expression: "0 * * * *" },
    timezone: "UTC",
    ...changes,
  });

describe("slots", () => {
  test("that come due become runs, each once, at their instant", async () => {
    const world = await openServiceWorld();
    world.setDags([hourly()]);
    const service = world.start();
    await service.advance(HOUR - 1);
    expect(world.runs()).toEqual([]);
    await service.advance(1);
    expect(world.runs()).toEqual(["hourly@10:00 success"]);
    await service.advance(2 * HOUR);
    expect(world.runs()).toEqual(["hourly@10:00 success", "hourly@11:00 success", "hourly@12:00 success"]);
  });

  test("are the same with a minuteTimer that is lost, late or doubled", async () => {
    const world = await openServiceWorld();
    world.setDags([hourly()]);
    const service = world.start();
    for (let minute = 0; minute < 125; minute += 1) {
      await service.advance(MINUTE);
      for (let wake = minute % 3; wake > 0; wake -= 1) service.wake();
    }
    await service.rest();
    expect(world.runs()).toEqual(["hourly@10:00 success", "hourly@11:00 success"]);
  });

  test("of a new Dag count from its first read, with catchup: all from its start", async () => {
    const world = await openServiceWorld();
    world.setDags([
      hourly(),
      hourly({ dagId: "all", catchup: "all", startAt: "2026-11-23T07:00:00.000Z" }),
      hourly({ dagId: "latest", catchup: "latest", startAt: "2026-11-23T07:00:00.000Z" }),
    ]);
    await world.start().rest();
    expect(world.runs()).toEqual(["all@07:00 success", "all@08:00 success", "all@09:00 success"]);
  });

  test("do not exist before start and after end", async () => {
    const world = await openServiceWorld();
    world.setDags([
      hourly({ startAt: "2026-11-23T11:00:00.000Z", endAt: "2026-11-23T12:00:00.000Z", maxActiveRuns: 9 }),
    ]);
    await world.start().advance(5 * HOUR);
    expect(world.runs()).toEqual(["hourly@11:00 success", "hourly@12:00 success"]);
  });

  test.each([
    [
      "none",
      [],
      "skipped hourly 3 catchup_none",
      "slots_skipped: hourly: 3 slots skipped, 2026-11-23 11:00:00 +00:00 to 2026-11-23 13:00:00 +00:00: catchup is none, and no scheduler was running when they were due. Use `dagmar backfill` to run them.",
    ],
    [
      "latest",
      ["hourly@13:00 success"],
      "skipped hourly 2 catchup_latest",
      "slots_skipped: hourly: 2 slots skipped, 2026-11-23 11:00:00 +00:00 to 2026-11-23 12:00:00 +00:00: catchup is latest, and only the latest slot runs. Use `dagmar backfill` to run them.",
    ],
    ["all", ["hourly@11:00 success", "hourly@12:00 success", "hourly@13:00 success"], undefined, undefined],
  ] as const)(
    "missed while no scheduler was running follow catchup: %s",
    async (catchup, made, skipped, message) => {
      const world = await openServiceWorld();
      world.setDags([hourly({ catchup })]);
      const first = world.start();
      await first.advance(HOUR);
      first.drain();
      await first.ended;
      await world.clock.advance(3 * HOUR + MINUTE);
      const second = world.start();
      await second.rest();
      expect(world.runs()).toEqual(["hourly@10:00 success", ...made]);
      expect(world.told.filter((line) => line.startsWith("skipped"))).toEqual(
        skipped === undefined ? [] : [skipped],
      );
      expect(world.events("slots_skipped")).toEqual(message === undefined ? [] : [message]);
      await second.advance(HOUR);
      expect(world.runs().at(-1)).toBe("hourly@14:00 success");
    },
  );

  test("are named by one instant if only one was missed", async () => {
    const world = await openServiceWorld();
    world.setDags([hourly({ catchup: "none" })]);
    const first = world.start();
    await first.advance(HOUR);
    first.drain();
    await first.ended;
    await world.clock.advance(HOUR + MINUTE);
    await world.start().rest();
    expect(world.events("slots_skipped")).toEqual([
      "slots_skipped: hourly: 1 slot skipped, 2026-11-23 11:00:00 +00:00: catchup is none, and no scheduler was running when they were due. Use `dagmar backfill` to run them.",
    ]);
  });

  test("that already have a run get no second one", async () => {
    const world = await openServiceWorld();
    world.setDags([hourly()]);
    await world.apply({
      kind: "run",
      request: {
        dag: nameDag(makeVersion(hourly())),
        logicalDate: "2026-11-23T10:00:00.000Z",
        isNew: false,
        params: {},
        onlyTasks: null,
        namedTasks: [],
        isRerun: false,
        isRefetch: false,
      },
    });
    await world.start().advance(HOUR);
    expect(world.runs()).toEqual(["hourly@10:00 success"]);
  });
});

describe("an odd clock", () => {
  test("that is set ten days ahead is reported, and catchup decides", async () => {
    const world = await openServiceWorld();
    world.setDags([hourly({ catchup: "latest" })]);
    const service = world.start();
    await service.rest();
    world.clock.setAhead(240 * HOUR);
    await service.advance(MINUTE);
    expect(world.runs()).toEqual(["hourly@09:00 success"]);
    expect(world.events("clock_jump")).toEqual(["clock_jump: The clock was set ahead by 864000.0 s."]);
    expect(world.told).toContain("jump 864000");
  });

  test("that is set ahead and back again runs slots that come due, though they count as missed meanwhile", async () => {
    const world = await openServiceWorld();
    world.setDags([hourly({ catchup: "none" })]);
    const service = world.start();
    await service.rest();
    world.clock.setAhead(240 * HOUR);
    await service.advance(MINUTE);
    world.clock.setAhead(-240 * HOUR);
    await service.advance(MINUTE);
    expect(world.events("cursor_reset")).toHaveLength(1);
    await service.advance(HOUR);
    expect(world.runs()).toEqual(["hourly@10:00 success"]);
  });

  test("that was ahead leaves a cursor in the future, which is set back to now", async () => {
    const world = await openServiceWorld();
    world.setDags([hourly()]);
    const first = world.start();
    await first.rest();
    first.drain();
    await first.ended;
    await world.database.write((query) =>
      query.run(sql`UPDATE dags SET cursor = '2036-01-01T00:00:00.000Z'`),
    );
    await world.start().advance(HOUR);
    expect(world.events("cursor_reset")).toHaveLength(1);
    expect(world.runs()).toEqual(["hourly@10:00 success"]);
  });
});

describe("max_active_runs", () => {
  test("keeps slots waiting as queued, and they start oldest first", async () => {
    const gate = makeGate();
    const world = await openServiceWorld({ noop: async () => gate.opened.then(() => ({})) });
    world.setDags([hourly()]);
    const service = world.start();
    await service.advance(3 * HOUR);
    expect(world.runs()).toEqual(["hourly@10:00 running", "hourly@11:00 queued", "hourly@12:00 queued"]);
    gate.open();
    await service.rest();
    expect(world.runs()).toEqual(["hourly@10:00 success", "hourly@11:00 success", "hourly@12:00 success"]);
    const starts = world.database.all<{ run: string }>(
      sql`SELECT substr(r.logical_date, 12, 5) AS run FROM attempts a JOIN task_instances t USING (task_instance_id)
          JOIN dag_runs r USING (dag_run_id) ORDER BY a.started_at`,
    );
    expect(starts.map(({ run }) => run)).toEqual(["10:00", "11:00", "12:00"]);
  });
});

describe("Dag files", () => {
  test("that are added, edited, broken, fixed and removed take effect while it runs, with events", async () => {
    const world = await openServiceWorld();
    world.setDags([]);
    const service = world.start();
    await service.rest();
    world.setDags([hourly(), hourly({ dagId: "other" })]);
    await service.advance(HOUR);
    expect(world.runs()).toEqual(["hourly@10:00 success", "other@10:00 success"]);

    const issue = { file: "dags/hourly.yaml", line: 3, column: 1, path: "tasks", message: "must be a map" };
    world.setDags([hourly({ dagId: "other" })], { hourly: issue });
    await service.advance(HOUR);
    expect(world.runs().slice(2)).toEqual(["other@11:00 success"]);
    expect(world.told).toContain("import errors 1");

    world.setDags([hourly({ schedule: { kind: "cron", expression: "30 * * * *" } })]);
    await service.advance(HOUR);
    expect(world.runs().slice(3)).toEqual(["hourly@11:30 success"]);
    expect(world.events("dag_added", "dag_broken", "dag_mended", "dag_removed", "schedule_changed")).toEqual([
      "dag_added: hourly is new: 0 * * * * UTC.",
      "dag_added: other is new: 0 * * * * UTC.",
      expect.stringMatching(/^dag_broken: hourly is broken and gets no new runs: .*must be a map/),
      "schedule_changed: hourly has a new schedule: 30 * * * * UTC instead of 0 * * * * UTC. Its slots count from now.",
      "dag_removed: The file of other is gone: it gets no new runs; open runs continue.",
      "dag_mended: The file of hourly is valid again.",
    ]);
  });

  test("that are edited do not change a running run", async () => {
    const gate = makeGate();
    const world = await openServiceWorld({ noop: async () => gate.opened.then(() => ({})) });
    world.setDags([hourly()]);
    const service = world.start();
    await service.advance(HOUR);
    world.setDags([hourly({ tasks: [makeTask("a"), makeTask("b", { needs: ["a"] })] })]);
    await service.advance(6_000);
    gate.open();
    await service.rest();
    const tasks = world.database.all<{ task_id: string }>(sql`SELECT task_id FROM task_instances`);
    expect(tasks).toEqual([{ task_id: "a" }]);
    await service.advance(HOUR);
    expect(world.database.all(sql`SELECT 1 FROM task_instances`)).toHaveLength(3);
  });
});

describe("pausing", () => {
  const pause = (isPaused: boolean) =>
    ({
      kind: "pause",
      request: { dag: nameDag(makeVersion(hourly({ catchup: "latest" }))), isPaused },
    }) as const;

  test("makes no runs; unpausing applies catchup", async () => {
    const world = await openServiceWorld();
    world.setDags([hourly({ catchup: "latest" })]);
    const service = world.start();
    await service.rest();
    expect(await world.ask(pause(true))).toEqual({ state: "done", answer: { changed: true } });
    await service.advance(3 * HOUR);
    expect(world.runs()).toEqual([]);
    expect(await world.ask(pause(false))).toEqual({ state: "done", answer: { changed: true } });
    await service.rest();
    expect(world.runs()).toEqual(["hourly@12:00 success"]);
    expect(await world.ask(pause(false))).toEqual({ state: "done", answer: { changed: false } });
  });
});

describe("a Dag after others", () => {
  const follower = (dagIds: readonly string[], changes: Partial<DagDefinition> = {}) =>
    hourly({ dagId: "follower", schedule: { kind: "after", dagIds }, ...changes });

  test("runs at the logical date of each success of a single Dag", async () => {
    const world = await openServiceWorld();
    world.setDags([hourly(), follower(["hourly"])]);
    await world.start().advance(2 * HOUR);
    expect(world.runs()).toEqual([
      "follower@10:00 success",
      "hourly@10:00 success",
      "follower@11:00 success",
      "hourly@11:00 success",
    ]);
  });

  test("does not run after a failure", async () => {
    const world = await openServiceWorld({
      noop: () => ({}),
      bad: () => {
        throw new Error("no");
      },
    });
    world.setDags([hourly({ tasks: [makeTask("a", { type: "bad" })] }), follower(["hourly"])]);
    await world.start().advance(HOUR);
    expect(world.runs()).toEqual(["hourly@10:00 failed"]);
  });

  test("reports an upstream that is cleared and succeeds again, and creates no second run", async () => {
    const world = await openServiceWorld();
    world.setDags([hourly(), follower(["hourly"])]);
    const service = world.start();
    await service.advance(HOUR);
    const [from, to] = ["2026-11-23T10:00:00.000Z", "2026-11-23T10:00:00.000Z"];
    await world.ask({
      kind: "clear",
      request: { dagId: "hourly", from, to, taskIds: null, isDownstream: false },
    });
    await service.rest();
    expect(world.runs()).toEqual(["follower@10:00 success", "hourly@10:00 success"]);
    expect(world.events("upstream_again")).toHaveLength(1);
  });

  test("of several runs once a day in its zone, when all have succeeded, at their latest date", async () => {
    const world = await openServiceWorld();
    const daily = (dagId: string, expression: string) =>
      hourly({ dagId, schedule: { kind: "cron", expression }, maxActiveRuns: 5 });
    world.setDags([
      daily("early", "0 10 * * *"),
      daily("late", "30 11,13 * * *"),
      follower(["early", "late"]),
    ]);
    const service = world.start();
    await service.advance(2 * HOUR);
    expect(world.runs()).toEqual(["early@10:00 success"]);
    await service.advance(3 * HOUR);
    expect(world.runs()).toEqual([
      "early@10:00 success",
      "follower@11:30 success",
      "late@11:30 success",
      "late@13:30 success",
    ]);
    await service.advance(24 * HOUR);
    expect(world.runs().filter((run) => run.startsWith("follower"))).toEqual([
      "follower@11:30 success",
      "follower@11:30 success",
    ]);
  });

  test("follows successes from a time without a scheduler", async () => {
    const world = await openServiceWorld();
    world.setDags([hourly(), follower(["hourly"])]);
    const first = world.start();
    await first.rest();
    first.drain();
    await first.ended;
    world.setDags([hourly()]);
    const second = world.start();
    await second.advance(HOUR);
    second.drain();
    await second.ended;
    expect(world.runs()).toEqual(["hourly@10:00 success"]);
    world.setDags([hourly(), follower(["hourly"])]);
    await world.start().rest();
    expect(world.runs()).toEqual(["follower@10:00 success", "hourly@10:00 success"]);
  });
});

describe("a drain", () => {
  test("starts nothing new and ends when every attempt has stopped", async () => {
    const world = await openServiceWorld({
      noop: ({ signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
        }),
    });
    world.setDags([hourly({ tasks: [makeTask("a"), makeTask("b", { needs: ["a"] })] })]);
    const service = world.start();
    await service.advance(HOUR);
    service.drain();
    await service.ended;
    expect(world.runs()).toEqual(["hourly@10:00 running"]);
    const tasks = world.database.all(sql`SELECT task_id, state FROM task_instances ORDER BY task_id`);
    expect(tasks).toEqual([
      { task_id: "a", state: "up_for_retry" },
      { task_id: "b", state: "none" },
    ]);
  });
});

describe("a scheduler that has lost its lease", () => {
  test("stops writing and says so", async () => {
    const world = await openServiceWorld();
    world.setDags([hourly()]);
    await world.database.write((query) => query.run(sql`UPDATE lease SET epoch = 1`));
    world.database.fenceBy(1);
    const service = world.start();
    await service.rest();
    world.database.fenceBy(null);
    await world.database.write((query) => query.run(sql`UPDATE lease SET epoch = 2`));
    world.database.fenceBy(1);
    await service.advance(HOUR);
    await expect(service.ended).rejects.toMatchObject({ code: "LEASE_LOST" });
    expect(world.runs()).toEqual([]);
    world.database.fenceBy(null);
  });
});

test("a loop that wakes late says by how much, and one that wakes in time says nothing", async () => {
  const world = await openServiceWorld();
  world.setDags([hourly()]);
  const service = world.start();
  await service.advance(2 * MINUTE, () => 900);
  expect(world.told.filter((told) => told.startsWith("stall"))).toEqual([]);
  await service.advance(MINUTE, () => 4_000);
  expect(world.told).toContain("stall 4");
  await service.advance(MINUTE);
  expect(world.events("loop_stall")[0]).toBe("loop_stall: The process stalled for 4.0 s.");
});
