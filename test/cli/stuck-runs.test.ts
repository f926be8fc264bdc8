/** Runs behind a failed past: the commands that wait for them say what they wait for, end with 1, and name a remedy that helps. */
import BetterSqlite3 from "better-sqlite3";
import { describe, expect, onTestFinished, test } from "vitest";
import { eventually, openWay, useServiceWorld, WAYS } from "../support/service-process.ts";

const DAILY = `
schedule: "0 6 * * *"
tasks:
  load:
    type: shell
    depends_on_past: true
    with: { script: 'test "$1" != 2025-03-01 || test -e well', args: ["\${ds}"] }
  after: { type: noop, needs: [load] }
`;
const HELD = "load: depends_on_past: it is failed in daily/";
const STUCK = "It is stuck: no task is running, and none will become due.";

async function open(way: (typeof WAYS)[number], maxActiveRuns: number) {
  const world = await openWay(way, { daily: `max_active_runs: ${maxActiveRuns}\n${DAILY}` });
  onTestFinished(() => world.close());
  const run = (...args: readonly string[]) => world.run(["run", "daily", ...args]);
  return { ...world, runDaily: run };
}

/** The command that the message recommends, as its words. */
function readRemedy(stderr: string): readonly string[] {
  const [, command = ""] = /`dagmar (run [^`]+)`/.exec(stderr) ?? [];
  return command.split(" ");
}

const CASES = WAYS.flatMap((way) => [1, 3].map((maxActiveRuns) => [way, maxActiveRuns] as const));

describe.each(CASES)("%s, max_active_runs: %i", (way, maxActiveRuns) => {
  test("run says what it waits for and ends with 1; what it recommends lets it continue", async () => {
    const world = await open(way, maxActiveRuns);
    expect((await world.runDaily("--date", "2025-03-01")).exitCode).toBe(1);
    const held = await world.runDaily("--date", "2025-03-02");
    expect(held.exitCode).toBe(1);
    expect(held.stderr).toContain("daily/manual__2025-03-02T06:00:00.000Z waits. ");
    expect(held.stderr).toContain(`${HELD}manual__2025-03-01T06:00:00.000Z`);
    expect(held.stderr).toContain(STUCK);
    expect(held.stdout).toContain("running (it waits for another run; see above)");
    // Behind a run that only waits, the remedy is still to resume the failed run.
    const third = await world.runDaily("--date", "2025-03-03");
    expect(third.exitCode).toBe(1);
    expect(readRemedy(third.stderr)).toEqual(["run", "daily", "--date", "2025-03-01T06:00:00.000Z"]);
    const json = await world.runDaily("--date", "2025-03-02", "--json");
    expect(json.exitCode).toBe(1);
    expect(JSON.parse(json.stdout)).toMatchObject({ run_id: "manual__2025-03-02T06:00:00.000Z" });
    world.writeFile("well");
    const remedy = await world.run(readRemedy(held.stderr));
    expect({ exitCode: remedy.exitCode, stderr: remedy.stderr }).toMatchObject({ exitCode: 0 });
    expect((await world.runDaily("--date", "2025-03-02")).exitCode).toBe(0);
  }, 90_000);

  test("backfill says so of its runs, ends with 1, and the same command continues", async () => {
    const world = await open(way, maxActiveRuns);
    const range = ["backfill", "daily", "--from", "2025-03-01", "--to", "2025-03-03"];
    const held = await world.run(range);
    expect(held.exitCode).toBe(1);
    expect(held.stderr).toContain(`${HELD}backfill__2025-03-01T06:00:00.000Z`);
    expect(held.stderr).toContain(STUCK);
    expect(held.stdout).toContain("3 runs: 0 succeeded, 1 failed, 0 cancelled, 2 open");
    world.writeFile("well");
    await world.prepare(readRemedy(held.stderr));
    // With a scheduler they may have ended by now.
    await world.prepare(range);
    expect(world.readStates("v_runs", "daily")).toEqual(["success", "success", "success"]);
  }, 90_000);
});

test("a run that waits for its turn says whose turn it is", async () => {
  const world = await openWay("with a scheduler", {
    slow: `schedule: manual\ntasks: { sleep: { type: shell, with: { script: "test -e well || sleep 300" } } }\n`,
  });
  onTestFinished(() => world.close());
  await world.prepare(["trigger", "slow", "--date", "2025-03-01"]);
  const second = world.start(["run", "slow", "--date", "2025-03-02"]);
  const words = "it is queued; running: slow/manual__2025-03-01T00:00:00.000Z";
  await eventually("it says so", () => second.output().includes(words), second);
  expect((await world.run(["runs", "show", "slow@2025-03-02"])).stdout).toContain(words);
  second.child.kill("SIGINT");
  expect((await second.ended).exitCode).toBe(75);
});

test.each([
  ["date is no instant", "UPDATE dag_runs SET logical_date = 'soon' WHERE dag_id = 'bad'"],
  ["params are no JSON", "UPDATE dag_runs SET params = '{' WHERE dag_id = 'bad'"],
  ["definition is empty", "UPDATE dag_versions SET definition = '{}' WHERE dag_id = 'bad'"],
  [
    "task is in a state that there is not",
    "UPDATE task_instances SET state = 'asleep' WHERE dag_run_id IN (SELECT dag_run_id FROM dag_runs WHERE dag_id = 'bad')",
  ],
])("a run whose %s is listed with the others", async (_, poison) => {
  const world = useServiceWorld();
  for (const dagId of ["bad", "good"]) {
    world.writeDag(dagId, "schedule: manual\ntasks: { load: { type: noop } }\n");
    await world.prepare(["trigger", dagId]);
  }
  const database = new BetterSqlite3(world.databaseFile);
  database.exec(poison);
  database.close();
  const list = await world.run(["runs", "list", "--json"]);
  expect(list.stderr).toBe("");
  const { runs } = JSON.parse(list.stdout) as { runs: readonly { dag_id: string }[] };
  expect(runs.map((run) => run.dag_id).toSorted()).toEqual(["bad", "good"]);
});
