/** A process that is stopped, starved, locked out or ended again and again: nothing is lost, doubled or left open. */
import { setTimeout as delay } from "node:timers/promises";
import BetterSqlite3 from "better-sqlite3";
import { describe, expect, test } from "vitest";
import { waitUntil } from "../support/cli.ts";
import {
  ask,
  eventually,
  useServiceWorld,
  type Scheduler,
  type ServiceWorld,
} from "../support/service-process.ts";
import { DATE, openFolderWorld, type IngestWorld } from "./support/ingest-world.ts";
import { watch } from "./support/watched-run.ts";

const EACH_SECOND = `schedule: "* * * * * *"\ncatchup: all\ntasks: { nothing: { type: noop } }\n`;
/** A lease runs out after half a minute: too long for the short lane. */
const IS_LONG = process.env["DAGMAR_TEST_CHAOS_LONG"] !== undefined;

function countRuns(world: ServiceWorld): number {
  return world.readStates("v_runs", "seconds").filter((state) => state === "success").length;
}

async function runSome(world: ServiceWorld, running: Scheduler, count = 2): Promise<void> {
  const before = countRuns(world);
  await eventually(`${count} more slots have run`, () => countRuns(world) >= before + count, running);
}

/** Every second from the first to the last has one run, and every run one attempt, which succeeded. */
function expectEverySlotOnce(world: ServiceWorld): void {
  const slots = world.query<{ at: number }>(
    "SELECT unixepoch(logical_date) AS at FROM v_runs WHERE dag_id = 'seconds' ORDER BY logical_date",
  );
  const first = slots[0]?.at ?? 0;
  expect(slots.map(({ at }) => at - first)).toEqual(slots.map((_, index) => index));
  expect(new Set(world.readStates("v_runs", "seconds"))).toEqual(new Set(["success"]));
  expect(world.readStates("v_attempts", "seconds")).toEqual(slots.map(() => "success"));
}

async function stop(running: Scheduler): Promise<void> {
  const { exitCode, stderr } = await running.stop();
  expect(exitCode, stderr).toBe(0);
}

/** Another program that writes, for so long. */
async function lockFor(file: string, seconds: number): Promise<void> {
  const other = new BetterSqlite3(file, { timeout: 5000 });
  other.exec("BEGIN IMMEDIATE");
  await delay(seconds * 1000);
  other.exec("ROLLBACK");
  other.close();
}

test("a scheduler that stood still for five seconds reports it and makes every slot, once", async () => {
  const world = useServiceWorld();
  world.writeDag("seconds", EACH_SECOND);
  const running = await world.startScheduler();
  await runSome(world, running);
  await world.freeze(running);
  await delay(5000);
  running.child.kill("SIGCONT");
  await eventually("it is reported", () => world.countEvents("loop_stall") > 0, running);
  await runSome(world, running, 8);
  await stop(running);
  expect(world.countEvents("loop_stall")).toBeGreaterThan(0);
  expectEverySlotOnce(world);
}, 60_000);

describe("a database that another program has locked for three seconds", () => {
  test("delays a scheduler's slots and loses none", async () => {
    const world = useServiceWorld();
    world.writeDag("seconds", EACH_SECOND);
    const running = await world.startScheduler();
    await runSome(world, running);
    await lockFor(world.databaseFile, 3);
    await runSome(world, running, 6);
    await stop(running);
    expect(running.output()).not.toMatch(/ERROR/);
    expectEverySlotOnce(world);
  }, 60_000);

  test("delays a run under way, and fails nothing of it", async () => {
    const opened = await openFolderWorld({ movies: 200, simulator: { latencyMs: 50 } });
    const { world, simulator } = opened;
    await world.prepare(["run", "csv_ingest", "--date", DATE]);
    const running = world.start(["run", "tmdb_ingest", "--date", DATE]);
    const watched = watch(running);
    await waitUntil(running, () => simulator.requests >= 60);
    await lockFor(world.databaseFile, 3);
    const result = await watched;
    expect(result.exitCode, result.stdout + result.stderr).toBe(0);
    expect(result.seconds).toBeGreaterThan(3);
    expect(result.seconds).toBeLessThan(20);
    expect(world.query("SELECT 1 FROM v_attempts WHERE state <> 'success'")).toEqual([]);
    expect(opened.ids.movies.filter((id) => simulator.countOf(id) > 2)).toEqual([]);
    opened.expectEachOnce();
  });
});

describe("SIGTERM", () => {
  test("in a storm at six moments of a run ends it at once; what was durable is not asked again", async () => {
    const opened = await openFolderWorld({ movies: 200, simulator: { latencyMs: 40 } });
    const { world, simulator } = opened;
    await world.prepare(["run", "csv_ingest", "--date", DATE]);
    let durable: ReadonlyMap<string, number> = new Map();
    for (const more of [1, 20, 30, 40, 30, 20]) {
      const aim = simulator.requests + more;
      const running = world.start(["run", "tmdb_ingest", "--date", DATE]);
      await waitUntil(running, () => simulator.requests >= aim);
      const startedMs = performance.now();
      for (let time = 0; time < 20; time += 1) running.child.kill("SIGTERM");
      const { exitCode, stderr } = await running.ended;
      expect([75, 143], stderr).toContain(exitCode);
      expect(performance.now() - startedMs).toBeLessThan(5000);
      expectNotAskedAgain(opened, durable);
      durable = listDurable(opened);
    }
    const last = await opened.run("tmdb_ingest", DATE);
    expect(last.exitCode, last.stdout + last.stderr).toBe(0);
    expectNotAskedAgain(opened, durable);
    opened.expectEachOnce();
  }, 60_000);

  test("in a storm at a scheduler leaves nothing that the next one does not finish", async () => {
    const world = useServiceWorld();
    world.writeDag("seconds", EACH_SECOND);
    for (let round = 0; round < 4; round += 1) {
      const running = await world.startScheduler();
      await runSome(world, running, 1);
      for (let time = 0; time < 10; time += 1) running.child.kill("SIGTERM");
      const { exitCode, stderr } = await running.ended;
      expect([0, 143], stderr).toContain(exitCode);
    }
    const running = await world.startScheduler();
    await runSome(world, running, 3);
    await stop(running);
    const slots = world.query<{ at: number }>(
      "SELECT unixepoch(logical_date) AS at FROM v_runs ORDER BY logical_date",
    );
    const first = slots[0]?.at ?? 0;
    expect(slots.map(({ at }) => at - first)).toEqual(slots.map((_, index) => index));
    expect(world.query("SELECT 1 FROM v_attempts WHERE state = 'running'")).toEqual([]);
  }, 60_000);
});

function listDurable({ world, simulator }: IngestWorld): ReadonlyMap<string, number> {
  const rows = world.query<{ asked_id: string }>(
    "SELECT asked_id FROM spool UNION SELECT asked_id FROM processed_ids",
  );
  return new Map(rows.map(({ asked_id: id }) => [id, simulator.countOf(id)]));
}

function expectNotAskedAgain({ simulator }: IngestWorld, durable: ReadonlyMap<string, number>): void {
  for (const [id, count] of durable) expect(simulator.countOf(id), `${id} was durable`).toBe(count);
}

describe("memory that runs out", () => {
  test("in the whole process loses only the attempt; the same command, with memory, resumes", async () => {
    const opened = await openFolderWorld({
      movies: 24,
      series: 4,
      simulator: { bodySizeBytes: 1_500_000, instant: true },
    });
    const { world } = opened;
    await world.prepare(["run", "csv_ingest", "--date", DATE]);
    const starved = await opened.run("tmdb_ingest", DATE, {
      NODE_OPTIONS: "--max-old-space-size=28 --max-semi-space-size=1",
    });
    expect(starved.exitCode === 134 || starved.signal === "SIGABRT", starved.stdout + starved.stderr).toBe(
      true,
    );
    expect(world.query("SELECT 1 FROM v_attempts WHERE state = 'running'").length).toBeGreaterThan(0);
    const again = await opened.run("tmdb_ingest", DATE);
    expect(again.exitCode, again.stdout + again.stderr).toBe(0);
    expect(world.query("SELECT 1 FROM v_attempts WHERE state = 'lost'").length).toBeGreaterThan(0);
    expect(world.query("SELECT 1 FROM v_attempts WHERE state = 'failed'")).toEqual([]);
    opened.expectEachOnce();
  }, 60_000);
});

describe.skipIf(!IS_LONG)("two schedulers", () => {
  test("and the first is stopped for longer than its lease while it stores records: no record is lost or doubled", async () => {
    const opened = await openFolderWorld({
      movies: 300,
      simulator: { latencyMs: 300 },
      environment: { DAGMAR_HTTP: "127.0.0.1:0" },
    });
    const { world, simulator } = opened;
    await world.prepare(["run", "csv_ingest", "--date", DATE]);
    const start = async () => {
      const running = world.start(["scheduler"]);
      await eventually(
        "it answers",
        () => /Health and metrics: \S+\/healthz/.test(running.output()),
        running,
      );
      const url = /Health and metrics: (http:\S+?)\/healthz/.exec(running.output())?.[1] ?? "";
      return { running, url };
    };
    const first = await start();
    const second = await start();
    await world.prepare(["trigger", "tmdb_ingest", "--date", DATE]);
    await waitUntil(first.running, () => simulator.requests >= 100);
    await world.freeze(first.running);
    const isActive = async () => (await ask(`${second.url}/readyz`)).status === 200;
    await eventually("the second works", isActive, second.running, 45_000);
    await eventually("it asks", () => simulator.requests >= 180, second.running);
    first.running.child.kill("SIGCONT");
    expect((await first.running.ended).exitCode).toBe(75);
    const isDone = () =>
      world.query("SELECT 1 FROM v_runs WHERE dag_id = 'tmdb_ingest' AND state = 'success'").length > 0;
    await eventually("the run ends", isDone, second.running, 45_000);
    second.running.child.kill("SIGTERM");
    expect((await second.running.ended).exitCode).toBe(0);
    opened.expectEachOnce();
  }, 150_000);
});
