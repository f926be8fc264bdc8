/**
 * Disks that are full or read-only, and a database that is damaged, of a newer program, or not whole: what is said, what is
 * not changed, and that the same command resumes when it is mended.
 */
import { createHash } from "node:crypto";
import {
  copyFileSync,
  mkdirSync,
  openSync,
  closeSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import BetterSqlite3 from "better-sqlite3";
import { describe, expect, test } from "vitest";
import { isUnknown, killWhen, startChild, type CliResult, type CliWorld } from "../support/cli.ts";
import { eventually, untilReady, useServiceWorld } from "../support/service-process.ts";
import { DATE, openFolderWorld } from "./support/ingest-world.ts";
import { HAS_SMALL_DISKS, mountSmallDisk } from "./support/small-disk.ts";

const IS_LONG = process.env["DAGMAR_TEST_CHAOS_LONG"] !== undefined;
/** As tmdb-to-lake has it where a Dag does not say. */
const REQUESTS_AT_ONCE = 16;
const EACH_SECOND = `schedule: "* * * * * *"\ncatchup: all\ntasks: { nothing: { type: noop } }\n`;

describe.skipIf(!HAS_SMALL_DISKS)("a disk that is full", () => {
  test("under the database fails the run with what to do; with room the same command resumes", async () => {
    const disk = mountSmallDisk("2m");
    const opened = await openFolderWorld({
      movies: 200,
      databaseFile: join(disk.folder, "dagmar.db"),
      simulator: { bodySizeBytes: 20_000 },
    });
    await opened.world.prepare(["run", "csv_ingest", "--date", DATE]);
    const failed = await opened.run("tmdb_ingest", DATE);
    expect([1, 75], failed.stdout + failed.stderr).toContain(failed.exitCode);
    expect(failed.stdout + failed.stderr).toMatch(/No space is left for .*dagmar\.db[^]*Free some space/);
    expect(failed.stdout + failed.stderr).not.toMatch(/bug in Dagmar|^ +at /m);
    expect(failed.seconds).toBeLessThan(40);
    expect(failed.peakMebibytes).toBeLessThan(260);
    disk.resize("64m");
    const again = await opened.run("tmdb_ingest", DATE);
    expect(again.exitCode, again.stdout + again.stderr).toBe(0);
    opened.expectEachOnce();
  }, 90_000);

  test("when a scheduler starts ends it with 75, which its unit starts again; with room it starts", async () => {
    const world = useServiceWorld();
    const disk = mountSmallDisk("8m");
    const environment = { DAGMAR_DB: join(disk.folder, "new", "dagmar.db") };
    world.writeDag("seconds", EACH_SECOND);
    for (const prior of ["no folder", "an empty folder", "a database"]) {
      if (prior === "an empty folder") mkdirSync(join(disk.folder, "new"), { recursive: true });
      if (prior === "a database") await world.prepare(["db", "migrate"], environment);
      disk.fill();
      const refused = await world.run(["scheduler"], environment);
      expect(refused.exitCode, `${prior}: ${refused.stderr}`).toBe(75);
      expect(refused.stderr).toMatch(/[Nn]o space is left[^]*Free some space/);
      expect(refused.stderr).not.toMatch(/bug in Dagmar|Restore a backup|^ +at /m);
      disk.free();
    }
    const running = await world.startScheduler(environment);
    await untilReady(running);
    expect((await running.stop()).exitCode).toBe(0);
  }, 90_000);

  test("under the lake fails the task with what to do, keeps what was fetched, and leaves no half object", async () => {
    const opened = await openFolderWorld({ movies: 200, simulator: { bodySizeBytes: 20_000 } });
    const { world, simulator, ids } = opened;
    const disk = mountSmallDisk("1m", world.lakeFolder);
    await world.prepare(["run", "csv_ingest", "--date", DATE]);
    const failed = await opened.run("tmdb_ingest", DATE);
    expect(failed.exitCode, failed.stdout + failed.stderr).toBe(1);
    expect(failed.stdout).toMatch(/the disk or the quota is full \(ENOSPC\)/);
    expect(failed.seconds).toBeLessThan(40);
    disk.resize("64m");
    const again = await opened.run("tmdb_ingest", DATE);
    expect(again.exitCode, again.stdout + again.stderr).toBe(0);
    const counts = ids.movies.filter((id) => !isUnknown(id)).map((id) => simulator.countOf(id));
    // Requests that were under way when the lake refused were given up; all the other answers were in the spool.
    expect(Math.max(...counts)).toBeLessThanOrEqual(2);
    expect(counts.filter((count) => count > 1).length).toBeLessThanOrEqual(REQUESTS_AT_ONCE);
    opened.expectEachOnce();
  }, 90_000);

  test("under a scheduler's database is reported and waited out; then every slot is made, once", async () => {
    const world = useServiceWorld();
    const disk = mountSmallDisk("8m");
    const file = join(disk.folder, "dagmar.db");
    world.writeDag("seconds", EACH_SECOND);
    const read = (): readonly { at: number; state: string }[] => {
      const database = new BetterSqlite3(file, { readonly: true });
      try {
        return database
          .prepare("SELECT unixepoch(logical_date) AS at, state FROM v_runs ORDER BY logical_date")
          .all() as { at: number; state: string }[];
      } finally {
        database.close();
      }
    };
    const running = await world.startScheduler({ DAGMAR_DB: file });
    await eventually("it works", () => read().some(({ state }) => state === "success"), running);
    disk.fill();
    await eventually(
      "it is reported",
      () => running.output().includes("The database could not be written; trying again"),
      running,
      30_000,
    );
    expect(running.output()).toMatch(/No space is left for/);
    disk.free();
    const before = read().length;
    await eventually("it continues", () => read().length > before + 5, running, 30_000);
    const stopped = await running.stop();
    expect(stopped.exitCode, stopped.stderr).toBe(0);
    const slots = read();
    const first = slots[0]?.at ?? 0;
    expect(slots.map(({ at }) => at - first)).toEqual(slots.map((_, index) => index));
  }, 90_000);
});

/** How room runs out where a small disk cannot be mounted. */
describe("a quota of the process (`ulimit -f`)", () => {
  const runWithin = (world: CliWorld, kibibytes: number, ...args: readonly string[]): Promise<CliResult> =>
    startChild(
      "/bin/bash",
      ["-c", `ulimit -f ${kibibytes}; exec "$@"`, "bash", process.execPath, world.cliPath, ...args],
      world.folder,
      world.environment,
    ).ended;

  test("on the database fails the run with what to do; without it the same command resumes", async () => {
    const opened = await openFolderWorld({ movies: 200, simulator: { bodySizeBytes: 20_000 } });
    const { world } = opened;
    await world.prepare(["run", "csv_ingest", "--date", DATE]);
    const failed = await runWithin(world, 1_500, "run", "tmdb_ingest", "--date", DATE);
    const told = failed.stdout + failed.stderr;
    expect([1, 75], told).toContain(failed.exitCode);
    expect(told).toMatch(
      /dagmar\.db could not be read or written \(SQLITE_IOERR[^]*Check the disk, the quota/,
    );
    expect(told).not.toMatch(/bug in Dagmar|Restore a backup|^ +at /m);
    const again = await opened.run("tmdb_ingest", DATE);
    expect(again.exitCode, again.stdout + again.stderr).toBe(0);
    opened.expectEachOnce();
  }, 90_000);

  test("on the lake fails the task with what to do, and leaves no half object", async () => {
    const opened = await openFolderWorld({ movies: 6_000 });
    const { world } = opened;
    world.editDag("csv_ingest", (text) => text.replace("retries: 3", "retries: 0"));
    const failed = await runWithin(world, 900, "run", "csv_ingest", "--date", DATE);
    expect(failed.exitCode, failed.stdout + failed.stderr).toBe(1);
    expect(failed.stdout).toMatch(
      /movies\.csv: the file exceeds the size limit of this user or file system \(EFBIG\)/,
    );
    expect(world.listLake().filter((file) => file.includes("movies.csv"))).toEqual([]);
    const again = await opened.run("csv_ingest", DATE);
    expect(again.exitCode, again.stdout + again.stderr).toBe(0);
    expect(world.listLake().filter((file) => file.includes("/movies.csv "))).toHaveLength(1);
  }, 90_000);
});

describe.skipIf(!HAS_SMALL_DISKS)("a folder that is read-only", () => {
  test("as the lake fails the run with what to do, and the same command resumes when it is writable", async () => {
    const opened = await openFolderWorld();
    const disk = mountSmallDisk("64m", opened.world.lakeFolder);
    disk.setReadOnly(true);
    const failed = await opened.run("csv_ingest", DATE);
    expect(failed.exitCode, failed.stdout + failed.stderr).toBe(1);
    expect(failed.stdout).toMatch(/read-only \(EROFS\)/);
    expect(failed.seconds).toBeLessThan(20);
    disk.setReadOnly(false);
    for (const dagId of ["csv_ingest", "tmdb_ingest"]) {
      const again = await opened.run(dagId, DATE);
      expect(again.exitCode, again.stdout + again.stderr).toBe(0);
    }
    opened.expectEachOnce();
  });

  test("as the database's says that it cannot be written there, and blames no damage", async () => {
    const disk = mountSmallDisk("64m");
    const opened = await openFolderWorld({ databaseFile: join(disk.folder, "dagmar.db") });
    for (const prior of ["nothing", "a database"]) {
      if (prior === "a database") await opened.world.prepare(["run", "csv_ingest", "--date", DATE]);
      disk.setReadOnly(true);
      for (const command of [["run", "csv_ingest", "--date", DATE], ["scheduler"], ["db", "migrate"]]) {
        const refused = await opened.world.run(command);
        expect(refused.exitCode, refused.stderr).toBe(78);
        expect(refused.stderr).toContain("Allow this user to write to it and to its folder");
        expect(refused.stderr).not.toMatch(/Restore a backup|bug in Dagmar|^ +at /m);
      }
      disk.setReadOnly(false);
    }
    const again = await opened.run("tmdb_ingest", DATE);
    expect(again.exitCode, again.stdout + again.stderr).toBe(0);
    opened.expectEachOnce();
  });
});

describe("a database that cannot be used", () => {
  /** Each makes another fault of a valid, closed database. */
  const faults: readonly [string, (file: string) => void, RegExp][] = [
    ["is no database at all", (file) => writeFileSync(file, "Dear diary,\n".repeat(1000)), /not a database/],
    [
      "has lost its second half",
      (file) => writeFileSync(file, halve(readFileSync(file))),
      /malformed|corrupt/,
    ],
    ["has a page of noise for its schema", (file) => overwrite(file, 100), /malformed|corrupt/],
    ["is of a newer program", makeNewer, /newer/],
  ];
  test.each(faults)(
    "because it %s is refused with what to do, and left as it is",
    async (_name, spoil, says) => {
      const opened = await openFolderWorld({ movies: 10, series: 5 });
      const { world } = opened;
      await world.prepare(["run", "csv_ingest", "--date", DATE]);
      const backup = join(world.folder, "sound.db");
      copyFileSync(world.databaseFile, backup);
      spoil(world.databaseFile);
      const before = hash(world.databaseFile);
      for (const command of [
        ["run", "tmdb_ingest", "--date", DATE],
        ["scheduler"],
        ["trigger", "tmdb_ingest"],
      ]) {
        const refused = await world.run(command);
        expect(refused.exitCode, `${command.join(" ")}: ${refused.stderr}`).toBe(78);
        expect(refused.stderr).toMatch(says);
        expect(refused.stderr).toMatch(/Restore a backup|newer Dagmar|newer version|npm/i);
        expect(refused.stderr).not.toMatch(/bug in Dagmar|^ +at /m);
      }
      expect(hash(world.databaseFile)).toBe(before);
      expect(opened.simulator.requests).toBe(0);
      for (const end of ["-wal", "-shm"]) rmSync(`${world.databaseFile}${end}`, { force: true });
      copyFileSync(backup, world.databaseFile);
      const again = await opened.run("tmdb_ingest", DATE);
      expect(again.exitCode, again.stdout + again.stderr).toBe(0);
      opened.expectEachOnce();
    },
  );
});

test.each(IS_LONG ? [30, 120, 200] : [120])(
  "a database whose -wal is missing (killed at request %i) is as an older backup: nothing is lost or doubled",
  async (requests) => {
    const opened = await openFolderWorld({ movies: 220, simulator: { latencyMs: 20 } });
    const { world, simulator } = opened;
    await world.prepare(["run", "csv_ingest", "--date", DATE]);
    const running = world.start(["run", "tmdb_ingest", "--date", DATE]);
    expect(await killWhen(running, () => simulator.requests >= requests)).toBe(true);
    for (const end of ["-wal", "-shm"]) rmSync(`${world.databaseFile}${end}`, { force: true });
    const again = await opened.run("tmdb_ingest", DATE);
    expect(again.exitCode, again.stdout + again.stderr).toBe(0);
    opened.expectEachOnce(opened.check({ mayLackManifests: true }));
    const before = world.listLake();
    const rerun = await opened.run("tmdb_ingest", "2026-11-24");
    expect(rerun.exitCode).toBe(0);
    expect(world.listLake()).toEqual(before);
  },
);

function halve(bytes: Buffer): Buffer {
  return bytes.subarray(0, Math.floor(bytes.length / 8192) * 4096);
}

function overwrite(file: string, from: number): void {
  const handle = openSync(file, "r+");
  writeSync(handle, Buffer.alloc(3000, 0xa5), 0, 3000, from);
  closeSync(handle);
}

function makeNewer(file: string): void {
  const database = new BetterSqlite3(file);
  database.exec("INSERT INTO knex_migrations (name, batch) VALUES ('0999-from-the-future', 9)");
  database.pragma("wal_checkpoint(TRUNCATE)");
  database.close();
}

function hash(file: string): string {
  return createHash("sha256").update(readFileSync(file)).digest("hex");
}
