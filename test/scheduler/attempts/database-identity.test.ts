/** Which programs a new holder of the lease stops: those of its own database's attempts, under any path. */
import { spawn } from "node:child_process";
import { copyFileSync, mkdirSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { COOKIE_VARIABLE, makeAttemptCookie } from "../../../model/run/attempt-cookie.ts";
import type { Logger } from "../../../model/ports/logger.ts";
import { silentObserver } from "../../../model/ports/service-observer.ts";
import { takeOver } from "../../../scheduler/attempts/take-over.ts";
import { readDatabaseId } from "../../../state/control/database-identity.ts";
import { startAttempt } from "../../../state/runs/task-instances.ts";
import { openDatabase, type Database } from "../../../state/sqlite/database.ts";
import { sql } from "../../../state/sqlite/statement.ts";
import { makeKeptLogger } from "../../lake/lake-tools.ts";
import { createTestClock, silentLog } from "../../support/test-world.ts";
import { endAfterTest, isRunning, untilGone } from "../../tasks/shell-world.ts";
import { makeChain, openEngineWorld } from "../engine-world.ts";

const clock = createTestClock();

async function takeOverHere(database: Database, log: Logger = silentLog): Promise<void> {
  await takeOver(database, {
    clock,
    log,
    lakeId: "lake",
    pools: new Map(),
    timezone: "UTC",
    service: silentObserver,
  });
}

/** What a killed scheduler leaves: an attempt that the database has as running, and its program. */
async function killScheduler(markedBy: "id" | "path" = "id") {
  const world = await openEngineWorld({ a: () => ({}) });
  const { database } = world;
  await takeOverHere(database);
  const run = await world.makeRun(makeChain({ taskId: "a" }));
  await database.write((query) =>
    startAttempt(query, run, world.task(run, "a"), { pid: 99, host: "gone", leaseEpoch: 1 }, clock.now()),
  );
  const { path } = database;
  const id = readDatabaseId(database);
  const attempt = { dagId: run.dagId, runId: run.runId, taskId: "a", attempt: 1 };
  const cookie = makeAttemptCookie(attempt, markedBy === "id" ? id : path);
  const { pid = 0 } = spawn("sleep", ["1000"], {
    env: { PATH: process.env["PATH"], [COOKIE_VARIABLE]: cookie },
    stdio: "ignore",
    detached: true,
  });
  endAfterTest(pid);
  await vi.waitUntil(() => isRunning(pid));
  await database.close();
  return { id, pid, path };
}

async function startAgain(path: string) {
  const database = await openDatabase(path, { clock, mode: "existing" });
  const log = makeKeptLogger();
  await takeOverHere(database, log);
  const events = database.all<{ level: string; message: string }>(
    sql`SELECT level, message FROM events WHERE kind = 'database_copied'`,
  );
  const id = readDatabaseId(database);
  await database.close();
  return { id, isCopy: events.length > 0, events, lines: log.lines };
}

/** Returns the path under which the next process opens the database. */
const WAYS: Readonly<Record<string, (path: string) => string>> = {
  "by the same path": (path) => path,
  "by a folder that is mounted or linked elsewhere too": (path) => {
    const other = `${dirname(path)}-linked`;
    symlinkSync(dirname(path), other);
    return join(other, "dagmar.db");
  },
  "after it was moved": (path) => {
    const other = join(dirname(path), "moved", "dagmar.db");
    mkdirSync(dirname(other));
    renameSync(path, other);
    return other;
  },
  "after it was moved to another file system": (path) => {
    const other = join(dirname(path), "elsewhere.db");
    copyFileSync(path, other);
    rmSync(path);
    return other;
  },
  "after a backup was put in its place": (path) => {
    copyFileSync(path, `${path}.backup`);
    rmSync(path);
    renameSync(`${path}.backup`, path);
    return path;
  },
};

describe.runIf(process.platform === "linux")("a program that a killed scheduler left running", () => {
  test.each(Object.entries(WAYS))("is ended when the database is opened %s", async (_, prepare) => {
    const { id, pid, path } = await killScheduler();
    const other = prepare(path);
    try {
      const { lines, ...again } = await startAgain(other);
      expect(again).toEqual({ id, isCopy: false, events: [] });
      const message = "Stopped a process that a dead scheduler had left running.";
      expect(lines).toEqual([{ level: "warn", message }]);
    } finally {
      if (dirname(other).endsWith("-linked")) rmSync(dirname(other));
    }
    await untilGone(pid);
  });

  test("is stopped if a version that marked programs with the database's path started it", async () => {
    const { pid, path } = await killScheduler("path");
    expect((await startAgain(path)).isCopy).toBe(false);
    await untilGone(pid);
  });

  test("is not stopped by a copy of the database while the original exists, but by the original", async () => {
    const { id, pid, path } = await killScheduler();
    const copy = join(dirname(path), "copy.db");
    copyFileSync(path, copy);
    const first = await startAgain(copy);
    expect(first.isCopy).toBe(true);
    expect(first.id).not.toBe(id);
    const message = `${copy} is a copy of ${path}, which still exists. The copy gets its own id; programs that ${path} started are not stopped.`;
    expect(first.lines).toEqual([{ level: "warn", message }]);
    expect(first.events).toEqual([{ level: "warn", message }]);
    const second = await startAgain(copy);
    expect(second).toMatchObject({ id: first.id, lines: [] });
    expect(isRunning(pid)).toBe(true);
    expect(await startAgain(path)).toMatchObject({ id, isCopy: false });
    await untilGone(pid);
  });
});

test("an id whose row is gone is created again", async () => {
  const { path, id } = await killScheduler();
  const database = await openDatabase(path, { clock, mode: "existing" });
  await database.write((query) => query.run(sql`DELETE FROM database_identity`));
  await database.close();
  const again = await startAgain(path);
  expect(again.id).not.toBe("");
  expect(again.id).not.toBe(id);
});
