/** The lease: refusal, takeover, renewal, release and standby. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import BetterSqlite3 from "better-sqlite3";
import { describe, expect, onTestFinished, test } from "vitest";
import { awaitLease, holdLease } from "../../../scheduler/lease/lease-keeper.ts";
import { identifyProcess, type ProcessIdentity } from "../../../scheduler/lease/process-identity.ts";
import { StateError } from "../../../model/errors.ts";
import { openDatabase, type Database } from "../../../state/sqlite/database.ts";
import { readLease, takeLease } from "../../../state/control/lease.ts";
import { savePools } from "../../../state/runs/pools.ts";
import { makeTempFolder, silentLog } from "../../support/test-world.ts";
import { createHandClock } from "../../support/hand-clock.ts";
import { sql } from "../../../state/sqlite/statement.ts";

const US = identifyProcess();
const ELSEWHERE: ProcessIdentity = { ...US, host: "another-host" };

/** An earlier process with our pid. */
const EARLIER: ProcessIdentity = { ...US, processStarted: `${US.processStarted}0` };
/** A process on another host or in another pid namespace: it is not visible from here. */
const IN_ANOTHER_NAMESPACE: ProcessIdentity = {
  ...US,
  processStarted: US.processStarted.replace(/pid:\[\d+\]/, "pid:[1]"),
};

/** A process that has just ended. */
function identifyTheDead(identity = US): ProcessIdentity {
  const { pid } = spawnSync(process.execPath, ["--version"]);
  return { ...identity, pid };
}

async function openLeaseWorld() {
  const path = join(makeTempFolder(), "dagmar.db");
  const clock = createHandClock();
  const open = async (): Promise<Database> => {
    const database = await openDatabase(path, { clock, mode: "create" });
    onTestFinished(() => database.close());
    return database;
  };
  const hold = async (database: Database, identity: ProcessIdentity, purpose = "run csv_ingest") => {
    const lease = await holdLease(database, identity, purpose, { clock, log: silentLog, timezone: "UTC" });
    onTestFinished(() => lease.release());
    return lease;
  };
  return { clock, open, hold, first: await open(), second: await open() };
}

async function refusal(promise: Promise<unknown>): Promise<StateError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof StateError)) throw new Error("it was not refused", { cause: error });
  return error;
}

const secondsLeft = (database: Database, now: Date) =>
  (Date.parse(readLease(database)?.expiresAt ?? "") - now.getTime()) / 1000;

const write = (database: Database) =>
  database.write((query) => {
    savePools(query, new Map([["p", 1]]));
  });

describe("a lease that is held", () => {
  test("by a living process is refused with its purpose, pid, host and start", async () => {
    const { first, second, hold } = await openLeaseWorld();
    await hold(first, US, "run tmdb_ingest");
    const error = await refusal(hold(second, ELSEWHERE));
    expect(error.code).toBe("DATABASE_BUSY");
    expect(error.exitCode).toBe(75);
    expect(error.message).toContain("run tmdb_ingest");
    expect(error.message).toContain(`pid ${process.pid}`);
    expect(error.message).toContain("2026-11-23 09:00:00 +00:00");
    await write(first);
  });

  test("by a living process that did not renew it in time is taken over, and the old holder is fenced off", async () => {
    const { first, second, hold } = await openLeaseWorld();
    await hold(first, US);
    await first.write((query) => query.run(sql`UPDATE lease SET expires_at = '2020-01-01T00:00:00.000Z'`));
    expect((await hold(second, US)).epoch).toBe(2);
    await expect(write(first)).rejects.toMatchObject({ code: "LEASE_LOST" });
    await write(second);
  });

  test("by a process that is gone is taken over at once", async () => {
    const { first, second, hold } = await openLeaseWorld();
    await hold(first, identifyTheDead());
    expect((await hold(second, US)).epoch).toBe(2);
  });

  test("by a process whose pid another process has now is taken over at once", async () => {
    const { first, second, hold } = await openLeaseWorld();
    await hold(first, EARLIER);
    expect((await hold(second, US)).epoch).toBe(2);
  });

  test.each([
    ["on another host", ELSEWHERE],
    ["in another pid namespace of a host with this name", identifyTheDead(IN_ANOTHER_NAMESPACE)],
  ])("%s is taken over only after it expires", async (_, holder) => {
    const { clock, first, second, hold } = await openLeaseWorld();
    // Its process is gone and does not renew.
    await first.write((query) => {
      const times = { now: "2026-11-23T09:00:00.000Z", expiresAt: "2026-11-23T09:00:30.000Z" };
      takeLease(query, { ...holder, purpose: "run csv_ingest" }, times, () => true);
    });
    expect((await refusal(hold(second, US))).code).toBe("DATABASE_BUSY");
    await clock.advance(29_999);
    expect((await refusal(hold(second, US))).code).toBe("DATABASE_BUSY");
    await clock.advance(1);
    expect((await hold(second, US)).epoch).toBe(2);
  });

  test("on another host with an expiry far ahead is taken over: the clock was set back", async () => {
    const { first, second, hold } = await openLeaseWorld();
    await hold(first, ELSEWHERE);
    await first.write((query) => query.run(sql`UPDATE lease SET expires_at = '2027-01-01T00:00:00.000Z'`));
    expect((await hold(second, US)).epoch).toBe(2);
  });
});

test.each([
  ["on another host", ELSEWHERE],
  ["here, alive", US],
])("a lease with an invalid expiry has expired, wherever its holder is: %s", async (_, holder) => {
  const { first, second, hold } = await openLeaseWorld();
  await hold(first, holder);
  await first.write((query) => query.run(sql`UPDATE lease SET expires_at = 'soon'`));
  expect((await hold(second, US)).epoch).toBe(2);
});

describe("holding", () => {
  test("renews every ten seconds, so that twenty remain at any time", async () => {
    const { clock, first, hold } = await openLeaseWorld();
    await hold(first, US);
    expect(secondsLeft(first, clock.now())).toBe(30);
    for (let round = 0; round < 3; round += 1) {
      await clock.untilSleeping(10_000, 10_000);
      await clock.advance(9999);
      expect(secondsLeft(first, clock.now())).toBeCloseTo(20, 1);
      await clock.advance(1);
      await clock.untilSleeping(10_000, 10_000);
      expect(secondsLeft(first, clock.now())).toBe(30);
    }
  });

  test("ends when another process takes over: its signal is aborted, and it can no longer write", async () => {
    const { clock, first, second, hold } = await openLeaseWorld();
    const old = await hold(first, EARLIER);
    const young = await hold(second, US);
    const told = new Promise<void>((resolve) => {
      old.lost.addEventListener("abort", () => resolve());
    });
    expect((await refusal(write(first))).code).toBe("LEASE_LOST");
    await clock.advance(10_000);
    await told;
    expect(old.lost.reason).toMatchObject({ code: "LEASE_LOST" });
    expect(young.lost.aborted).toBe(false);
    await old.release();
    expect(readLease(second)?.epoch).toBe(young.epoch);
    await write(second);
  });

  test("can be released without an error after a takeover, and the successor keeps it", async () => {
    const { first, second, hold } = await openLeaseWorld();
    const old = await hold(first, EARLIER);
    const young = await hold(second, US);
    await old.release();
    expect(readLease(second)?.epoch).toBe(young.epoch);
    // A task that has not stopped yet may still give an answer.
    expect((await refusal(write(first))).code).toBe("LEASE_LOST");
  });
});

describe("releasing", () => {
  test("lets the next process take it, and leaves no timer behind", async () => {
    const { clock, first, second, hold } = await openLeaseWorld();
    const lease = await hold(first, US);
    await lease.release();
    expect(readLease(second)).toBeUndefined();
    expect(clock.sleepers).toBe(0);
    expect((await hold(second, ELSEWHERE)).epoch).toBe(lease.epoch + 1);
  });

  test("removes the connection's fence", async () => {
    const { first, second, hold } = await openLeaseWorld();
    await (await hold(first, US)).release();
    await hold(second, US);
    await write(first);
    expect(first.all(sql`SELECT pool FROM pools`)).toEqual([{ pool: "p" }]);
  });
});

const SILENT = { standsBy: () => undefined, looked: () => undefined };

describe("a standby", () => {
  test("gets the holder's name, and takes the lease when it is released", async () => {
    const { clock, first, second, hold } = await openLeaseWorld();
    const held = await hold(first, US, "scheduler");
    const stopping = new AbortController();
    const told: string[] = [];
    const waiting = awaitLease(
      second,
      US,
      "scheduler",
      { clock, log: silentLog, timezone: "UTC" },
      stopping.signal,
      {
        ...SILENT,
        standsBy: (message) => told.push(message),
      },
    );
    await clock.untilSleeping(1_000, 1_000);
    await clock.advance(1_000);
    await clock.untilSleeping(1_000, 1_000);
    await held.release();
    await clock.advance(1_000);
    const taken = await waiting;
    expect(taken?.epoch).toBe(2);
    expect(told).toEqual([expect.stringContaining("scheduler (pid")]);
    await taken?.release();
  });

  test("gets the new reason when another program locks the database", async () => {
    const { clock, first, second, hold } = await openLeaseWorld();
    await hold(first, US, "scheduler");
    const stopping = new AbortController();
    const told: string[] = [];
    const foreign = new BetterSqlite3(first.path, { timeout: 0 });
    onTestFinished(() => {
      foreign.close();
    });
    const waiting = awaitLease(
      second,
      US,
      "scheduler",
      { clock, log: silentLog, timezone: "UTC" },
      stopping.signal,
      {
        ...SILENT,
        standsBy: (message) => {
          told.push(message);
          foreign.exec(told.length === 1 ? "BEGIN IMMEDIATE" : told.length === 2 ? "ROLLBACK" : "");
          if (told.length === 3) stopping.abort();
        },
      },
    );
    while (!stopping.signal.aborted) {
      await Promise.race([clock.untilSleeping(0, 1_000), waiting]);
      // Each try waits for a real quarter of a second: not every 20 ms for ten seconds.
      await clock.advance(5_000, () => 5_000);
    }
    expect(await waiting).toBeNull();
    const holder = expect.stringContaining("scheduler (pid") as string;
    expect(told).toEqual([holder, `${first.path} is locked by another program.`, holder]);
  });

  test("takes over from a holder that died or stopped renewing, within the lease's time", async () => {
    const { clock, first, second } = await openLeaseWorld();
    await first.write((query) =>
      takeLease(
        query,
        { ...ELSEWHERE, purpose: "scheduler" },
        { now: clock.now().toISOString(), expiresAt: new Date(clock.now().getTime() + 30_000).toISOString() },
        () => true,
      ),
    );
    const waiting = awaitLease(
      second,
      US,
      "scheduler",
      { clock, log: silentLog, timezone: "UTC" },
      new AbortController().signal,
      SILENT,
    );
    await clock.untilSleeping(1_000, 1_000);
    await clock.advance(31_000);
    const taken = await waiting;
    expect(taken?.epoch).toBe(2);
    await taken?.release();
  });

  test("stops waiting when it is aborted", async () => {
    const { clock, first, second, hold } = await openLeaseWorld();
    await hold(first, US);
    const stopping = new AbortController();
    const tools = { clock, log: silentLog, timezone: "UTC" };
    const waiting = awaitLease(second, US, "scheduler", tools, stopping.signal, SILENT);
    await clock.untilSleeping(1_000, 1_000);
    stopping.abort();
    expect(await waiting).toBeNull();
  });
});
