/** The service as a process: a per-second Dag, each slot once; what it answers; Dag files that change under it; how it ends. */
import { renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import BetterSqlite3 from "better-sqlite3";
import { expect, test } from "vitest";
import { ask, eventually, useServiceWorld, type ServiceWorld } from "../support/service-process.ts";

const EACH_SECOND = `schedule: "* * * * * *"\ntasks: { nothing: { type: noop } }\n`;

function readSlots(world: ServiceWorld, dagId: string): readonly string[] {
  return world
    .query<{ logical_date: string }>(
      "SELECT logical_date FROM v_runs WHERE dag_id = ? ORDER BY logical_date",
      dagId,
    )
    .map((row) => row.logical_date);
}

/** Every second from the first to the last, each once. */
function listSeconds(slots: readonly string[]): readonly string[] {
  const [first = "", last = ""] = [slots[0], slots.at(-1)];
  const seconds: string[] = [];
  for (let at = Date.parse(first); at <= Date.parse(last); at += 1000)
    seconds.push(new Date(at).toISOString());
  return seconds;
}

test("each slot becomes one run; SIGTERM ends with 0, the lease is released; the next start continues", async () => {
  const world = useServiceWorld();
  world.writeDag("seconds", `${EACH_SECOND}catchup: all\n`);
  const first = await world.startScheduler();
  await eventually("three slots have run", () => readSlots(world, "seconds").length >= 3, first);
  const stopped = await first.stop();
  expect(stopped).toMatchObject({ exitCode: 0, signal: null });
  expect(stopped.stderr).toContain("Stopped: no task is running any more.");
  expect(world.query("SELECT expires_at FROM lease")).toEqual([{ expires_at: null }]);

  const second = await world.startScheduler();
  const before = readSlots(world, "seconds").length;
  await eventually("it continues", () => readSlots(world, "seconds").length >= before + 2, second);
  expect((await second.stop()).exitCode).toBe(0);
  const slots = readSlots(world, "seconds");
  expect(slots).toEqual(listSeconds(slots));
  // The newest may have been made a moment before the end.
  expect(new Set(world.readStates("v_runs", "seconds").slice(0, -1))).toEqual(new Set(["success"]));
});

test("SIGTERM waits for a task to stop, which resumes after the next start; a second one ends at once", async () => {
  const world = useServiceWorld();
  // It needs a while after SIGTERM: longer than the test waits, shorter than the grace.
  world.writeDag(
    "slow",
    `schedule: manual\ntasks: { sleep: { type: shell, with: { script: "trap 'sleep 3; exit 1' TERM; sleep 60 & wait" } } }\n`,
  );
  let running = await world.startScheduler();
  await world.prepare(["trigger", "slow"]);
  await eventually("the task runs", () => world.readStates("v_tasks", "slow")[0] === "running", running);
  running.child.kill("SIGTERM");
  await eventually("it is reported", () => running.output().includes("SIGTERM: stopping"), running);
  expect(await ask(`${running.url}/healthz`)).toMatchObject({ status: 200 });
  const ready = await ask(`${running.url}/readyz`);
  expect(ready.status).toBe(503);
  expect(ready.text).toContain("stopping");
  running.child.kill("SIGTERM");
  expect(await running.ended).toMatchObject({ exitCode: 143 });
  expect(world.readStates("v_attempts", "slow")).toEqual(["running"]);

  running = await world.startScheduler();
  await eventually("it runs again", () => world.readStates("v_attempts", "slow").length === 2, running);
  const drained = await running.stop();
  expect(drained.exitCode).toBe(0);
  expect(world.readStates("v_attempts", "slow")).toEqual(["lost", "cancelled"]);
  expect(world.readStates("v_runs", "slow")).toEqual(["running"]);
  expect(world.readStates("v_tasks", "slow")).toEqual(["up_for_retry"]);
});

test("health, readiness and metrics tell of a service that works", async () => {
  const world = useServiceWorld();
  world.writeDag("seconds", EACH_SECOND);
  const running = await world.startScheduler();
  await eventually(
    "a slot has run",
    () => world.readStates("v_runs", "seconds").includes("success"),
    running,
  );
  expect(await ask(`${running.url}/healthz`)).toMatchObject({ status: 200 });
  expect(await ask(`${running.url}/readyz`)).toMatchObject({ status: 200 });
  const { status, text } = await ask(`${running.url}/metrics`);
  expect(status).toBe(200);
  const read = (series: string): number =>
    Number(
      text
        .split("\n")
        .find((line) => line.startsWith(`${series} `))
        ?.split(" ")[1],
    );
  expect(read('dagmar_dag_runs_total{dag_id="seconds",state="success"}')).toBeGreaterThan(0);
  expect(read('dagmar_dag_run_duration_seconds_count{dag_id="seconds",state="success"}')).toBeGreaterThan(0);
  expect(read('dagmar_task_attempts_total{dag_id="seconds",type="noop",state="success"}')).toBeGreaterThan(0);
  expect(read('dagmar_schedule_delay_seconds_count{dag_id="seconds"}')).toBeGreaterThan(0);
  expect(read('dagmar_schedule_delay_seconds_sum{dag_id="seconds"}')).toBeLessThan(60);
  expect(read("dagmar_scheduler_heartbeat_timestamp_seconds")).toBeGreaterThan(1_700_000_000);
  expect(read("dagmar_lease_held")).toBe(1);
  expect(read("dagmar_lease_epoch")).toBe(1);
  expect(read("dagmar_dag_import_errors")).toBe(0);
  expect((await running.stop()).exitCode).toBe(0);
});

test("a broken Dag file is reported and stops no other; mended, added and removed ones take effect", async () => {
  const world = useServiceWorld();
  world.writeDag("seconds", EACH_SECOND);
  world.writeDag("others", EACH_SECOND);
  const running = await world.startScheduler();
  const hasRun = (dagId: string, more = 0) => {
    const before = world.readStates("v_runs", dagId).length;
    return () => world.readStates("v_runs", dagId).length > before + more;
  };
  await eventually("both run", () => hasRun("seconds", -1)() && hasRun("others", -1)(), running);

  world.writeDag("others", EACH_SECOND.replace("* * * * * *", "61 * * * *"));
  await eventually("the fault is reported", () => world.countEvents("dag_broken") === 1, running);
  const tellsBroken = async (count: number) =>
    (await ask(`${running.url}/metrics`)).text.includes(`\ndagmar_dag_import_errors ${count}\n`);
  await eventually("it is measured", () => tellsBroken(1), running);
  const [event] = world.query<{ message: string }>("SELECT message FROM v_events WHERE kind = 'dag_broken'");
  expect(event?.message).toMatch(/others is broken and gets no new runs: .*others\.yaml:2/);
  const still = world.readStates("v_runs", "others").length;
  await eventually("the other runs on", hasRun("seconds", 1), running);
  expect(world.readStates("v_runs", "others")).toHaveLength(still);

  world.writeDag("others", EACH_SECOND);
  world.writeDag("third", EACH_SECOND);
  await eventually("it is mended", () => world.countEvents("dag_mended") === 1, running);
  await eventually("both run", hasRun("others"), running);
  await eventually("a new one runs", hasRun("third"), running);
  await eventually("nothing is broken", () => tellsBroken(0), running);
  rmSync(join(world.dagsFolder, "third.yaml"));
  await eventually("it is gone", () => world.countEvents("dag_removed") === 1, running);
  expect((await running.stop()).exitCode).toBe(0);
}, 60_000);

test("a folder of Dags that goes away leaves its Dags as they are, is reported once, and is read again when it is back", async () => {
  const world = useServiceWorld();
  world.writeDag("seconds", EACH_SECOND);
  const running = await world.startScheduler();
  await eventually("it runs", () => world.readStates("v_runs", "seconds").length > 0, running);
  const away = `${world.dagsFolder}-away`;
  renameSync(world.dagsFolder, away);
  const isTold = () =>
    running.output().includes("The Dag folder could not be read; the Dags stay as they are.");
  await eventually("it is reported", isTold, running);
  const before = world.readStates("v_runs", "seconds").length;
  await eventually("it runs on", () => world.readStates("v_runs", "seconds").length > before, running);
  renameSync(away, world.dagsFolder);
  world.writeDag("others", EACH_SECOND);
  await eventually("it is read again", () => world.readStates("v_runs", "others").length > 0, running);
  expect(world.countEvents("dag_removed")).toBe(0);
  expect((await running.stop()).exitCode).toBe(0);
}, 60_000);

test("what a scheduler has checked, the next one takes over; a damaged row and an edited file are checked again", async () => {
  const world = useServiceWorld();
  const sum = "SELECT check_key, result FROM dag_file_checks ORDER BY check_key";
  world.writeDag("one", `schedule: manual\ntasks: { t: { type: noop } }\n`);
  world.writeDag("two", `schedule: manual\ntasks: { t: { type: noop } }\n`);
  const first = await world.startScheduler();
  await eventually("two checks are kept", () => world.query(sum).length === 2, first);
  await first.stop();
  const kept = world.query(sum);

  const database = new BetterSqlite3(world.databaseFile);
  database.exec("UPDATE dag_file_checks SET result = replace(result, 'manual', 'nonsense')");
  database.close();
  const second = await world.startScheduler();
  await eventually("the damaged rows are replaced", () => isDeepStrictEqual(world.query(sum), kept), second);
  world.writeDag("two", `description: edited\nschedule: manual\ntasks: { t: { type: noop } }\n`);
  await eventually(
    "the edited file is seen",
    () => JSON.stringify(world.query(sum)).includes("edited"),
    second,
  );
  expect(world.query(sum)).toHaveLength(2);
  expect((await second.stop()).stderr).not.toMatch(/ERROR|WARN/);
});
