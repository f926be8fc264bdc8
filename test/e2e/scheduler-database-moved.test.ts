/** The database's file is taken away or spoilt under a scheduler: it stops, and what is put there belongs to the next one. */
import { randomBytes } from "node:crypto";
import { copyFileSync, mkdirSync, readFileSync, renameSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  ask,
  eventually,
  untilReady,
  useServiceWorld,
  type ServiceWorld,
} from "../support/service-process.ts";

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

/** In place: the file keeps its name and its inode. */
const SPOIL: Readonly<Record<string, (file: string) => void>> = {
  "cut to nothing": (file) => truncateSync(file, 0),
  "cut in its first page": (file) => truncateSync(file, 10),
  "overwritten with noise": (file) => writeFileSync(file, randomBytes(200_000)),
  "overwritten with zeros": (file) => writeFileSync(file, Buffer.alloc(200_000)),
  "replaced by a text": (file) => copyFileSync(new URL("../../LICENSE", import.meta.url), file),
};

test.each(Object.entries(SPOIL))(
  "a scheduler whose database is %s in place is not ready, and ends with 78 and writes nothing more",
  async (_, spoil) => {
    const world = useServiceWorld();
    // Nothing comes due meanwhile: the renewal of the lease alone writes.
    const scheduler = await world.startScheduler();
    await untilReady(scheduler);
    spoil(world.databaseFile);
    const left = readFileSync(world.databaseFile);
    await eventually(
      "it is not ready",
      async () => (await ask(`${scheduler.url}/readyz`).catch(() => ({ status: 503 }))).status === 503,
    );
    const { exitCode, stderr } = await scheduler.ended;
    expect(exitCode, stderr).toBe(78);
    expect(stderr).toMatch(/was cut short or overwritten while it was in use/);
    expect(readFileSync(world.databaseFile).equals(left)).toBe(true);
  },
);
