/** `dagmar tasks logs`: what it prints, how it follows an attempt that is under way, and what it says where there is nothing. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { locateAttemptLog } from "../../logs/attempt-log-location.ts";
import { openAttemptLogs } from "../../logs/attempt-logs.ts";
import type { AttemptLog } from "../../model/ports/attempt-logs.ts";
import type { DagRun } from "../../model/run/dag-run.ts";
import type { TaskInstance } from "../../model/run/task-instance.ts";
import { addTasks, createRun, saveDagVersion } from "../../state/runs/dag-runs.ts";
import { openDatabase, type Database } from "../../state/sqlite/database.ts";
import {
  changeTaskState,
  finishAttempt,
  type AttemptEnd,
  listTasksOfRun,
  startAttempt,
} from "../../state/runs/task-instances.ts";
import { openCliWorld, waitUntil, type CliWorld } from "../support/cli.ts";
import { makeDag, makeVersion } from "../support/test-dag.ts";
import { createTestClock, silentLog } from "../support/test-world.ts";

const clock = createTestClock();
const NOW = clock.now();
const TASKS = [
  "chatty",
  "retried",
  "silent",
  "growing",
  "stopped",
  "once",
  "unreadable",
  "idle",
  "broken",
  "mute",
];
const NAME = "csv_ingest/manual__2026-11-23T09:00:00.000Z";

let world: CliWorld;
let database: Database;
let run: DagRun;
let logsFolder: string;

beforeAll(async () => {
  world = openCliWorld();
  logsFolder = join(world.folder, "logs");
  world.environment["DAGMAR_LOGS"] = logsFolder;
  database = await openDatabase(world.databaseFile, { clock, mode: "create" });
  run = await database.write((query) => {
    const version = makeVersion(makeDag([], { dagId: "csv_ingest" }));
    saveDagVersion(query, version, NOW);
    const made = createRun(query, {
      version,
      runType: "manual",
      logicalDate: NOW,
      interval: null,
      params: {},
      onlyTasks: null,
      lakeId: "file:///lake",
      isRefetch: false,
      now: NOW,
    });
    const row = { type: "noop", pool: "default", exclusiveKey: null };
    addTasks(
      query,
      made,
      TASKS.map((taskId) => ({ taskId, ...row })),
    );
    return made;
  });
});
afterAll(async () => {
  await database.close();
  world.remove();
});

function readTask(taskId: string): TaskInstance {
  const found = listTasksOfRun(database, run.dagRunId).find((task) => task.taskId === taskId);
  if (found === undefined) throw new Error(`there is no task ${taskId}`);
  return found;
}

/** As a scheduler does; resolves with what writes the attempt's log. */
async function beginAttempt(taskId: string): Promise<AttemptLog> {
  const number = await database.write((query) => {
    const task = readTask(taskId);
    changeTaskState(query, run, task, "scheduled", NOW);
    const process = { pid: 1, host: "test", leaseEpoch: 1 };
    return startAttempt(query, run, { ...task, state: "scheduled" }, process, NOW);
  });
  const logs = openAttemptLogs({ folder: logsFolder, log: silentLog, clock, secrets: [] });
  return logs.open({ dagId: run.dagId, runId: run.runId, taskId, attempt: number ?? 0 });
}

async function endAttempt(
  taskId: string,
  attempt: AttemptLog,
  to: "success" | "up_for_retry",
  failure: Pick<AttemptEnd, "errorCode" | "error"> = { errorCode: null, error: null },
): Promise<void> {
  await attempt.close();
  await database.write((query) => {
    const task = readTask(taskId);
    const end = { state: to === "success" ? to : "failed", ...failure } as const;
    finishAttempt(query, run, task, task.attemptCount, end, NOW);
    changeTaskState(query, run, task, to, NOW);
  });
}

test("the newest attempt is printed, or the one that is asked for", async () => {
  for (const word of ["first", "second"]) {
    const attempt = await beginAttempt("retried");
    attempt.log.debug(`${word} try`, { ids: 7 });
    await endAttempt("retried", attempt, word === "first" ? "up_for_retry" : "success");
  }
  const newest = await world.run(["tasks", "logs", "csv_ingest", "retried"]);
  expect(newest).toMatchObject({
    exitCode: 0,
    stdout: "2026-11-23T09:00:00.000Z DEBUG second try ids=7\n",
    stderr: "",
  });
  const first = await world.run(["tasks", "logs", NAME, "retried", "--attempt", "1", "--json"]);
  expect(JSON.parse(first.stdout)).toEqual({
    attempt: 1,
    file: join(logsFolder, "csv_ingest", "manual__2026-11-23T09-00-00.000Z", "retried", "1.log"),
    lines: ["2026-11-23T09:00:00.000Z DEBUG first try ids=7"],
    failure: { state: "failed", code: null, error: "no reason was recorded" },
  });
});

test("all parts of a log are printed in their order, its last torn line too, and nothing in it moves the cursor", async () => {
  await endAttempt("chatty", await beginAttempt("chatty"), "success");
  const file = locateAttemptLog(logsFolder, {
    dagId: run.dagId,
    runId: run.runId,
    taskId: "chatty",
    attempt: 1,
  });
  mkdirSync(dirname(file ?? ""), { recursive: true });
  writeFileSync(`${file}.2`, "one\n");
  writeFileSync(`${file}.1`, "two\u001b[2J\nthree\n");
  writeFileSync(file ?? "", "four\u009b\nfi");
  const { stdout, exitCode } = await world.run(["tasks", "logs", "csv_ingest", "chatty"]);
  expect([exitCode, stdout]).toEqual([0, "one\ntwo\\u001b[2J\nthree\nfour\\u009b\nfi\n"]);
});

test("--follow prints until the attempt has ended, and prints all of it", async () => {
  const attempt = await beginAttempt("growing");
  const following = world.start(["tasks", "logs", "csv_ingest", "growing", "--follow"]);
  attempt.log.info("one");
  await waitUntil(following, () => following.output().includes("one"));
  attempt.log.info("two");
  await waitUntil(following, () => following.output().includes("two"));
  attempt.log.info("three");
  await endAttempt("growing", attempt, "success");
  const { exitCode, stdout } = await following.ended;
  expect([exitCode, stdout.split("\n").map((line) => line.slice(31))]).toEqual([
    0,
    ["one", "two", "three", ""],
  ]);
});

test("--follow ends with 0 when it is interrupted", async () => {
  const attempt = await beginAttempt("stopped");
  attempt.log.info("one");
  const following = world.start(["tasks", "logs", "csv_ingest", "stopped", "--follow"]);
  await waitUntil(following, () => following.output().includes("one"));
  following.child.kill("SIGINT");
  expect((await following.ended).exitCode).toBe(0);
  await endAttempt("stopped", attempt, "success");
});

test("a failed attempt ends with its error, also where it logged nothing", async () => {
  const failure = { errorCode: "INPUT_MISSING", error: "movies.csv is missing." } as const;
  const attempt = await beginAttempt("broken");
  attempt.log.info("looking");
  await endAttempt("broken", attempt, "up_for_retry", failure);
  await endAttempt("mute", await beginAttempt("mute"), "up_for_retry", failure);
  const last = "Attempt 1 failed: movies.csv is missing. [INPUT_MISSING]\n";
  const broken = await world.run(["tasks", "logs", "csv_ingest", "broken"]);
  expect(broken.stdout).toMatch(/ looking\n/);
  expect(broken.stdout.endsWith(last)).toBe(true);
  const mute = await world.run(["tasks", "logs", "csv_ingest", "mute"]);
  expect(mute.stdout).toMatch(/^Attempt 1 of mute has no log/);
  expect(mute.stdout.endsWith(last)).toBe(true);
});

test("without a task it lists the run's tasks, with the name that the next command takes", async () => {
  const { exitCode, stdout } = await world.run(["tasks", "logs", NAME]);
  expect(exitCode).toBe(0);
  for (const taskId of TASKS) expect(stdout).toMatch(new RegExp(`^${taskId} `, "m"));
  expect(stdout).toContain(`dagmar tasks logs ${NAME} TASK`);
  const json = await world.run(["tasks", "logs", NAME, "--json"]);
  expect(JSON.parse(json.stdout)).toMatchObject({ run: NAME });
  const named = await world.run(["tasks", "logs", NAME, "broken"]);
  expect(named.stdout).toContain("Attempt 1 failed: ");
});

test("what is not there is said plainly", async () => {
  await endAttempt("silent", await beginAttempt("silent"), "success");
  const [silent, json, idle] = await Promise.all([
    world.run(["tasks", "logs", "csv_ingest", "silent"]),
    world.run(["tasks", "logs", "csv_ingest", "silent", "--json"]),
    world.run(["tasks", "logs", "csv_ingest", "idle"]),
  ]);
  const file = join(logsFolder, "csv_ingest", "manual__2026-11-23T09-00-00.000Z", "silent", "1.log");
  expect(silent).toMatchObject({
    exitCode: 0,
    stdout: `Attempt 1 of silent has no log: it wrote nothing, or ${file} was removed.\n`,
  });
  expect(JSON.parse(json.stdout)).toEqual({ attempt: 1, file: null, lines: [], failure: null });
  expect(idle).toMatchObject({
    exitCode: 0,
    stdout: `idle of ${NAME} has had no attempt so far; its state is none.\n`,
  });
});

test.each([
  [
    ["nothing", "idle"],
    "There is no run nothing.\n  `dagmar runs list` shows the runs, `dagmar dags list` the Dags.",
  ],
  [["csv_ingest", "moves"], `${NAME} has no task moves.\n  It has ${TASKS.join(", ")}.`],
  [
    ["csv_ingest", "--follow"],
    "--follow and --attempt need a task.\n  `dagmar tasks logs csv_ingest` lists the tasks.",
  ],
  [["csv_ingest", "idle", "--attempt", "x"], '--attempt takes a whole number from 1, not "x".'],
  [
    ["csv_ingest", "idle", "--follow", "--json"],
    "--follow cannot be used with --json, which is printed at the end.",
  ],
])("%j is refused", async (args, sentence) => {
  const result = await world.run(["tasks", "logs", ...args]);
  expect(result).toMatchObject({ exitCode: 2, stdout: "", stderr: `dagmar: ${sentence}\n` });
});

test("an attempt that has not been is refused with how many there were", async () => {
  await endAttempt("once", await beginAttempt("once"), "success");
  const result = await world.run(["tasks", "logs", "csv_ingest", "once", "--attempt", "2"]);
  expect(result).toMatchObject({
    exitCode: 2,
    stderr: `dagmar: once of ${NAME} has had 1 attempt: there is no attempt 2.\n`,
  });
});

test("a log that cannot be read ends in one line", async () => {
  const attempt = await beginAttempt("unreadable");
  await endAttempt("unreadable", attempt, "success");
  const file = locateAttemptLog(logsFolder, {
    dagId: run.dagId,
    runId: run.runId,
    taskId: "unreadable",
    attempt: 1,
  });
  // A folder in its place: tests in containers run as root, which may read every file.
  mkdirSync(file ?? "", { recursive: true });
  const { exitCode, stderr } = await world.run(["tasks", "logs", "csv_ingest", "unreadable"]);
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/^dagmar: 1\.log in the folder of logs is not read: .*\n$/);
});
