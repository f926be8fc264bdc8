/** The database's file is taken away or spoilt under a scheduler: it stops, and what is put there belongs to the next one. */
import { copyFileSync, mkdirSync, readFileSync, renameSync, rmSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  ask,
  eventually,
  untilReady,
  useServiceWorld,
  type ServiceWorld,
} from "../support/service-process.ts";

const BY_HAND = `schedule: manual\ntasks: { nothing: { type: noop } }\n`;
const EACH_SECOND = `schedule: "* * * * * *"\ntasks: { nothing: { type: noop } }\n`;

function moveAway(world: ServiceWorld, ends: readonly string[]): string {
  const folder = join(world.folder, "away");
  mkdirSync(folder);
  for (const end of ends) renameSync(`${world.databaseFile}${end}`, join(folder, `dagmar.db${end}`));
  return join(folder, "dagmar.db");
}

test.each([
  ["its whole", ["", "-wal", "-shm"]],
  ["its -wal", ["-wal"]],
] as const)(
  "a scheduler that loses %s ends with 78 and writes nothing more",
  async (_, ends: readonly string[]) => {
    const world = useServiceWorld();
    world.writeDag("seconds", EACH_SECOND);
    const first = await world.startScheduler();
    await untilReady(first);
    await eventually("it works", () => world.readStates("v_runs", "seconds").length > 0, first);
    const standby = await world.startScheduler();
    await eventually("the other one is a standby", () => standby.output().includes("Standing by."), standby);
    const away = moveAway(world, ends);
    await eventually(
      "it is not ready",
      async () => (await ask(`${first.url}/readyz`).catch(() => ({ status: 503 }))).status === 503,
    );
    const { exitCode, stderr } = await first.ended;
    expect(exitCode, stderr).toBe(78);
    expect(stderr).toMatch(/was moved, removed or replaced while it was in use/);
    const left = readFileSync(ends.includes("") ? away : `${away}-wal`);
    // It had the lost file open too.
    const other = await standby.ended;
    expect(other.exitCode, other.stderr).toBe(78);
    expect(readFileSync(ends.includes("") ? away : `${away}-wal`).equals(left)).toBe(true);
    if (!ends.includes("")) return;
    const next = await world.startScheduler();
    await untilReady(next);
    expect((await next.stop()).exitCode).toBe(0);
  },
);

/** In place: the file keeps its name and its inode. test/state/sqlite/database-file.test.ts has more of them. */
const SPOIL: Readonly<
  Record<string, readonly ["" | "-wal", (file: string, world: ServiceWorld) => unknown]>
> = {
  "cut to nothing": ["", (file) => truncateSync(file, 0)],
  "replaced by another database of Dagmar": [
    "",
    async (file, world) => {
      const other = join(world.folder, "other.db");
      await world.prepare(["db", "migrate"], { DAGMAR_DB: other });
      copyFileSync(other, file);
    },
  ],
  "replaced by its own backup": [
    "",
    async (file, world) => {
      await world.prepare(["db", "backup", join(world.folder, "backup.db")]);
      copyFileSync(join(world.folder, "backup.db"), file);
    },
  ],
  "robbed of its -wal's content": ["-wal", (file) => truncateSync(file, 0)],
};

test.each(Object.entries(SPOIL))(
  "a scheduler whose database is %s in place is not ready, and ends with 78 and writes nothing more",
  async (_, [end, spoil]) => {
    const world = useServiceWorld();
    // Nothing comes due meanwhile: the renewal of the lease alone writes.
    const scheduler = await world.startScheduler();
    await untilReady(scheduler);
    await spoil(`${world.databaseFile}${end}`, world);
    const left = readFileSync(world.databaseFile);
    await eventually(
      "it is not ready",
      async () => (await ask(`${scheduler.url}/readyz`).catch(() => ({ status: 503 }))).status === 503,
    );
    const { exitCode, stderr } = await scheduler.ended;
    expect(exitCode, stderr).toBe(78);
    expect(stderr).toContain(`dagmar.db${end} was cut short or overwritten while it was in use`);
    expect(readFileSync(world.databaseFile).equals(left)).toBe(true);
  },
);

test(
  "a database that is replaced by its own backup next to a dead process's -wal is refused; without the -wal it is used",
  { timeout: 90_000 },
  async () => {
    const world = useServiceWorld();
    world.writeDag("by_hand", BY_HAND);
    await world.prepare(["run", "by_hand", "--date", "2026-11-20"]);
    await world.prepare(["db", "backup", join(world.folder, "backup.db")]);
    await world.prepare(["run", "by_hand", "--date", "2026-11-21"]);
    const scheduler = await world.startScheduler();
    await untilReady(scheduler);
    scheduler.child.kill("SIGKILL");
    await scheduler.ended;
    copyFileSync(join(world.folder, "backup.db"), world.databaseFile);
    const left = readFileSync(world.databaseFile);
    for (const args of [
      ["runs", "list"],
      ["run", "by_hand"],
    ]) {
      const { exitCode, stderr } = await world.run(args);
      expect(exitCode, stderr).toBe(78);
      expect(stderr).toContain("dagmar.db-wal belongs to another state of the database");
    }
    expect(readFileSync(world.databaseFile).equals(left)).toBe(true);
    for (const end of ["-wal", "-shm"]) rmSync(world.databaseFile + end);
    await world.prepare(["db", "check"]);
    await world.prepare(["run", "by_hand", "--date", "2026-11-21"]);
  },
);
