/** `dagmar backfill`: which slots of a range become runs, which process runs them, how many at once, and how it resumes. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { CliResult } from "../support/cli.ts";
import {
  eventually,
  openWay,
  useServiceWorld,
  WAYS,
  type ServiceWorld,
  type WayWorld,
} from "../support/service-process.ts";

const DAILY = `schedule: "0 6 * * *"\ntimezone: America/Sao_Paulo\nend: 2025-12-31\n`;
const DAGS = {
  daily: `${DAILY}tasks: { nothing: { type: noop } }\n`,
  follower: `schedule: { after: daily }\ntimezone: America/Sao_Paulo\nend: 2025-12-31\ntasks: { nothing: { type: noop } }\n`,
  moody: `${DAILY}tasks: { judge: { type: shell, with: { script: "test \\"$1\\" != 2025-03-02 || test -e well", args: ["\${ds}"] } } }\n`,
  busy: `${DAILY}max_active_runs: 5\ntasks: { sleep: { type: shell, with: { script: "sleep 0.3" } } }\n`,
  slow: `${DAILY}tasks: { sleep: { type: shell, with: { script: "test -e well || sleep 300" } } }\n`,
  manual: `schedule: manual\ntasks: { nothing: { type: noop } }\n`,
};

interface Slot {
  readonly logicalDate: string;
  readonly verdict: string;
  readonly reason: string;
}

interface Told {
  readonly how: string;
  readonly made: number;
  readonly again: number;
  readonly skipped: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly open: number;
  readonly runs: readonly { readonly logical_date: string; readonly state: string }[];
}

const backfill = (world: ServiceWorld, ...args: readonly string[]): Promise<CliResult> =>
  world.run(["backfill", ...args]);

async function preview(world: ServiceWorld, ...args: readonly string[]): Promise<readonly Slot[]> {
  const { exitCode, stdout, stderr } = await backfill(world, ...args, "--dry-run", "--json");
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  return (JSON.parse(stdout) as { readonly slots: readonly Slot[] }).slots;
}

async function perform(
  world: ServiceWorld,
  ...args: readonly string[]
): Promise<Told & { exitCode: number | null }> {
  const { exitCode, stdout, stderr } = await backfill(world, ...args, "--json");
  if (stdout === "") throw new Error(stderr);
  return { exitCode, ...(JSON.parse(stdout) as Told) };
}

function countAttempts(world: ServiceWorld, dagId: string): Readonly<Record<string, number>> {
  const rows = world.query<{ at: string; n: number }>(
    "SELECT logical_date AS at, count(*) AS n FROM v_attempts WHERE dag_id = ? GROUP BY logical_date",
    dagId,
  );
  return Object.fromEntries(rows.map(({ at, n }) => [at, n]));
}

/** 06:00 in São Paulo. */
const at = (month: string, ...days: readonly number[]): readonly string[] =>
  days.map((day) => `2025-${month}-${String(day).padStart(2, "0")}T09:00:00.000Z`);

describe.each(WAYS)("%s", (way) => {
  let world: WayWorld;
  beforeAll(async () => {
    world = await openWay(way, DAGS);
    // The first process creates the database.
    await world.prepare(["run", "manual"]);
  });
  afterEach(() => {
    if (world.isThere("well")) world.removeFile("well");
  });
  afterAll(() => world.close());

  test("runs each slot of the days given, both included, in the Dag's zone, as the dry run had said", async () => {
    const range = ["daily", "--from", "2025-01-01", "--to", "2025-01-04"];
    const readCursor = () =>
      world.query("SELECT cursor, success_cursor FROM dags WHERE dag_id = 'daily' AND cursor IS NOT NULL");
    const before = readCursor();
    expect(before).toHaveLength(world.scheduler === undefined ? 0 : 1);
    await world.prepare(["trigger", "daily", "--date", "2025-01-03T06:00"]);
    await eventually(
      "that one has run",
      () => world.scheduler === undefined || world.readStates("v_runs", "daily")[0] === "success",
    );
    const state = world.readStates("v_runs", "daily")[0] ?? "";
    const slots = await preview(world, ...range);
    expect(slots.map((slot) => slot.logicalDate)).toEqual(at("01", 1, 2, 3, 4));
    expect(slots.map((slot) => slot.verdict)).toEqual(["new", "new", "skip", "new"]);
    expect(slots[2]?.reason).toContain(`manual__2025-01-03T09:00:00.000Z is ${state}`);
    expect(world.readStates("v_runs", "daily")).toHaveLength(1);

    const told = await perform(world, ...range);
    expect(told).toMatchObject({
      exitCode: 0,
      how: "new",
      made: 3,
      again: 0,
      skipped: 1,
      succeeded: 3,
      open: 0,
    });
    const wanted = slots.filter((slot) => slot.verdict === "new").map((slot) => slot.logicalDate);
    expect(told.runs.map((run) => run.logical_date)).toEqual(wanted);
    const types = world.query(
      "SELECT logical_date AS at, run_type FROM v_runs WHERE dag_id = 'daily' ORDER BY 1",
    );
    expect(types).toEqual(
      at("01", 1, 2, 3, 4).map((date, index) => ({
        at: date,
        run_type: index === 2 ? "manual" : "backfill",
      })),
    );
    expect(readCursor()).toEqual(before);
    const again = await backfill(world, ...range);
    expect(again.exitCode).toBe(0);
    expect(again.stdout).toContain("Nothing to do: 4 slots skipped.");
  });

  test("--reprocess says which runs that exist are made again: none, those that failed, or all that ended", async () => {
    const range = ["moody", "--from", "2025-03-01", "--to", "2025-03-03"];
    const [first = "", second = "", third = ""] = at("03", 1, 2, 3);
    expect(await perform(world, ...range)).toMatchObject({ exitCode: 1, succeeded: 2, failed: 1 });
    expect(await perform(world, ...range)).toMatchObject({
      exitCode: 0,
      how: "empty",
      skipped: 3,
      failed: 1,
    });
    expect((await backfill(world, ...range)).stdout).toContain(
      "3 slots skipped, 1 of them with a run that failed or was cancelled. --dry-run shows why; --reprocess failed runs it again.",
    );
    const failed = [...range, "--reprocess", "failed"];
    const why = (await preview(world, ...failed)).map(({ verdict, reason }) => `${verdict}: ${reason}`);
    expect(why).toEqual([
      `skip: moody/backfill__${first} is success; --reprocess failed keeps it`,
      `again: moody/backfill__${second} is failed`,
      `skip: moody/backfill__${third} is success; --reprocess failed keeps it`,
    ]);
    await world.prepare(["dags", "list"]);
    world.writeFile("well");
    expect(await perform(world, ...failed)).toMatchObject({
      exitCode: 0,
      made: 0,
      again: 1,
      skipped: 2,
      succeeded: 1,
    });
    expect(countAttempts(world, "moody")).toEqual({ [first]: 1, [second]: 2, [third]: 1 });
    expect(await perform(world, ...range, "--reprocess", "completed")).toMatchObject({
      exitCode: 0,
      again: 3,
      succeeded: 3,
    });
    expect(countAttempts(world, "moody")).toEqual({ [first]: 2, [second]: 3, [third]: 2 });
  });

  test("--max-active is reached and never passed", async () => {
    await perform(world, "busy", "--from", "2025-02-01", "--to", "2025-02-06", "--max-active", "2");
    const attempts = world.query<{ from: string; until: string }>(
      `SELECT started_at AS "from", finished_at AS until FROM v_attempts WHERE dag_id = 'busy'`,
    );
    expect(attempts).toHaveLength(6);
    const atOnce = attempts.map(
      ({ from }) => attempts.filter((other) => other.from <= from && from < other.until).length,
    );
    expect(Math.max(...atOnce)).toBe(2);
  });

  test("a Dag that follows another one has the other one's slots", async () => {
    const told = await perform(world, "follower", "--from", "2025-05-01", "--to", "2025-05-02");
    expect(told).toMatchObject({ exitCode: 0, made: 2, succeeded: 2 });
    expect(told.runs.map((run) => run.logical_date)).toEqual(at("05", 1, 2));
  });

  test("Ctrl-C, another range and the same command again: it is one backfill, which continues", async () => {
    const range = ["slow", "--from", "2025-06-01", "--to", "2025-06-03"];
    const running = world.start(["backfill", ...range]);
    const isAtWork = () => world.readStates("v_tasks", "slow").includes("running");
    await eventually("the first runs", isAtWork, running);
    running.child.kill("SIGINT");
    const stopped = await running.ended;
    expect(stopped.exitCode).toBe(75);
    expect(stopped.stderr).toContain(
      world.scheduler === undefined
        ? "Stopped; the same command continues it."
        : "The scheduler continues it; the same command follows it again, --cancel stops it.",
    );
    expect(isAtWork()).toBe(world.scheduler !== undefined);

    const other = await backfill(world, "slow", "--from", "2025-07-01", "--to", "2025-07-02");
    expect(other.exitCode).toBe(75);
    expect(other.stderr).toMatch(
      /^dagmar: A backfill of slow is already running: 2025-06-01 00:00:00 -03:00 to 2025-06-03 23:59:59 -03:00, --reprocess none\.\n.*--cancel/,
    );
    expect(
      (await backfill(world, "slow", "--from", "2025-07-01", "--to", "2025-07-02", "--dry-run")).exitCode,
    ).toBe(75);
    const rest = await preview(world, ...range);
    expect(rest.map(({ verdict }) => verdict)).toEqual(["open", "open", "open"]);
    expect(rest[2]?.reason).toBe(
      "slow/backfill__2025-06-03T09:00:00.000Z is queued, and the backfill is running",
    );
    world.writeFile("well");
    const following = world.start(["backfill", ...range]);
    if (world.scheduler !== undefined) {
      // The one that sleeps does not look again.
      await eventually("it follows", () => following.output().includes("0 of 3 runs have ended"), following);
      const [run] = world.query<{ name: string }>(
        "SELECT dag_id || '/' || run_id AS name FROM v_tasks WHERE dag_id = 'slow' AND state = 'running'",
      );
      await world.prepare(["runs", "cancel", run?.name ?? ""]);
    }
    const cancelled = world.scheduler === undefined ? 0 : 1;
    const { exitCode, stdout } = await following.ended;
    expect(stdout).toContain(
      `3 runs: ${3 - cancelled} succeeded, 0 failed, ${cancelled} cancelled, 0 open; 0 slots skipped\n`,
    );
    expect(exitCode).toBe(cancelled);
    expect(world.readStates("v_runs", "slow")).toHaveLength(3);
    expect(world.query("SELECT 1 FROM v_backfills WHERE dag_id = 'slow'")).toHaveLength(1);
  });

  test("--cancel stops its runs, those that wait and the one at work", async () => {
    const running = world.start(["backfill", "slow", "--from", "2025-08-01", "--to", "2025-08-03"]);
    const readAugust = (table: string) =>
      world
        .query<{ state: string }>(
          `SELECT state FROM ${table} WHERE dag_id = 'slow' AND logical_date LIKE '2025-08%'`,
        )
        .map((row) => row.state);
    await eventually("the first runs", () => readAugust("v_tasks").includes("running"), running);
    // While another command holds the lease, no scheduler can take the request.
    if (world.scheduler === undefined) {
      running.child.kill("SIGINT");
      await running.ended;
    }
    const { exitCode, stdout } = await backfill(world, "slow", "--cancel");
    expect({ exitCode, stdout }).toEqual({
      exitCode: 0,
      stdout: "The backfill of slow is cancelled: 3 of its runs were open.\n",
    });
    expect((await running.ended).exitCode).toBe(world.scheduler === undefined ? 75 : 1);
    await eventually(
      "all are cancelled",
      () => readAugust("v_runs").join() === "cancelled,cancelled,cancelled",
    );
    expect((await backfill(world, "slow", "--cancel")).stdout).toBe("No backfill of slow is running.\n");
  });

  test.each([
    [
      "a manual Dag",
      ["manual", "--from", "2025-01-01", "--to", "2025-01-02"],
      /manual has no slots: it is only started by hand\.\n.*dagmar run manual/,
    ],
    [
      "a range without a slot",
      ["daily", "--from", "2025-01-01T07:00", "--to", "2025-01-01T08:00"],
      /daily has no slot from/,
    ],
    [
      "a range after the Dag's end",
      ["daily", "--from", "2026-01-01", "--to", "2026-01-02"],
      /daily has no slot from/,
    ],
    [
      "a range that ends before it begins",
      ["daily", "--from", "2025-01-02", "--to", "2025-01-01"],
      /lies before/,
    ],
    ["no range", ["daily"], /--from is missing/],
    ["half a range", ["daily", "--from", "2025-01-02"], /--to is missing/],
    [
      "an unknown way to reprocess",
      ["daily", "--from", "2025-01-01", "--to", "2025-01-01", "--reprocess", "some"],
      /--reprocess is one of none, failed, completed/,
    ],
    [
      "no run at a time",
      ["daily", "--from", "2025-01-01", "--to", "2025-01-01", "--max-active", "0"],
      /--max-active/,
    ],
    ["an unknown Dag", ["dayly", "--from", "2025-01-01", "--to", "2025-01-01"], /did you mean "daily"/],
  ])("%s is refused", async (_name, args, message) => {
    const { exitCode, stderr } = await backfill(world, ...args);
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 2 });
    expect(stderr).toMatch(message);
  });
});

test("a Dag that follows several has a slot on each day on which all of them have one, at the latest of theirs", async () => {
  const world = useServiceWorld();
  world.writeDag("daily", DAGS.daily);
  world.writeDag("mondays", DAGS.daily.replace("0 6 * * *", "0 8 * * 1"));
  world.writeDag("both", DAGS.follower.replace("after: daily", "after: [daily, mondays]"));
  world.writeDag("manual", DAGS.manual);
  world.writeDag("mixed", DAGS.follower.replace("after: daily", "after: [daily, manual]"));
  const range = ["--from", "2025-05-01", "--to", "2025-05-14"];
  const slots = await preview(world, "both", ...range);
  expect(slots.map((slot) => slot.logicalDate)).toEqual([
    "2025-05-05T11:00:00.000Z",
    "2025-05-12T11:00:00.000Z",
  ]);
  const mixed = await backfill(world, "mixed", ...range);
  expect(mixed.exitCode).toBe(2);
  expect(mixed.stderr).toContain("mixed has no slots: it is only started by hand.");
});

test("a dry run creates no database, and lists the slots that are not due yet", async () => {
  const world = useServiceWorld();
  world.writeDag("yearly", `schedule: "@yearly"\ntasks: { nothing: { type: noop } }\n`);
  const { exitCode, stdout } = await backfill(
    world,
    "yearly",
    "--from",
    "2024-01-01",
    "--to",
    "2098-12-31",
    "--dry-run",
  );
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^2024-01-01 00:00:00 \S+ +new +there is no run *$/m);
  expect(stdout).toMatch(/^2098-01-01 00:00:00 \S+ +skip +it is not due yet *$/m);
  expect(stdout).toMatch(/^\d+ of 75 slots would run; nothing was changed\.$/m);
  expect(world.isThere("dagmar.db")).toBe(false);
});

test("a backfill of which nothing is open any more does not stand in the way of another one", async () => {
  const world = useServiceWorld();
  world.writeDag("slow", DAGS.slow);
  const running = world.start(["backfill", "slow", "--from", "2025-06-01", "--to", "2025-06-01"]);
  await eventually("it has begun", () => running.output().includes("0 of 1 runs have ended"), running);
  running.child.kill("SIGKILL");
  await running.ended;
  await world.prepare(["runs", "cancel", "slow"]);
  world.writeFile("well");
  const next = ["slow", "--from", "2025-07-01", "--to", "2025-07-02"];
  expect((await preview(world, ...next)).map(({ verdict }) => verdict)).toEqual(["new", "new"]);
  expect(await perform(world, ...next)).toMatchObject({ exitCode: 0, how: "new", succeeded: 2 });
});

test("runs of the schedule go before those of a backfill", async () => {
  const world = useServiceWorld();
  world.writeDag(
    "seconds",
    `schedule: "* * * * * *"\ncatchup: all\nmax_active_runs: 1\ntasks: { sleep: { type: shell, with: { script: "sleep 0.6" } } }\n`,
  );
  const scheduler = await world.startScheduler();
  await eventually("it runs", () => world.readStates("v_runs", "seconds").length > 0, scheduler);
  const running = world.start([
    "backfill",
    "seconds",
    "--from",
    "2025-01-01T00:00:00Z",
    "--to",
    "2025-01-01T00:00:05Z",
  ]);
  const read = (type: string) =>
    world.query<{ created_at: string; started_at: string | null; state: string }>(
      "SELECT created_at, started_at, state FROM v_runs WHERE run_type = ?",
      type,
    );
  await eventually(
    "some of each have run",
    () => read("backfill").filter((run) => run.state === "success").length > 1,
    scheduler,
    25_000,
  );
  running.child.kill("SIGINT");
  await running.ended;
  await scheduler.stop();
  const scheduled = read("scheduled");
  expect(scheduled.length).toBeGreaterThan(2);
  for (const { started_at: started } of read("backfill")) {
    const overtaken = scheduled.filter(
      (run) => started !== null && run.created_at < started && (run.started_at ?? "9") > started,
    );
    expect(overtaken).toEqual([]);
  }
}, 60_000);
