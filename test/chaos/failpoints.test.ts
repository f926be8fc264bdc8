/** The failpoints themselves: every one is reached, they cost nothing while off, and an armed one ends the process there. */
import { afterAll, expect, test } from "vitest";
import { armFailpoints, FAILPOINTS, failpoint, type FailpointName } from "../../model/failpoint.ts";
import { DECLARATIONS } from "../../tasks/registry.ts";
import { beginWithOldLake } from "./support/old-lake.ts";
import { FIRST_DATE, SECOND_DATE, writeReportDag, writeTableDag } from "./support/table-dag.ts";
import { foreground, scheduler } from "./sweep-scenes.ts";
import { openSweepWorld, type LakeKind, type SweepWorld } from "./sweep-world.ts";
import { tell, tryCrashes } from "./sweep.ts";

const worlds: SweepWorld[] = [];
afterAll(async () => {
  for (const world of worlds) await world.close();
});

async function open(lake: LakeKind): Promise<SweepWorld> {
  const world = await openSweepWorld({ lake });
  worlds.push(world);
  return world;
}

test("every name in the list is passed by some sweep", { timeout: 240_000 }, async () => {
  const passed = new Set<string>();
  const folder = await open("folder");
  const store = await open("s3");
  const timetable = scheduler();
  const trials = [
    // The next execution finds what is in the lake and not in the database.
    [store, foreground("csv_ingest"), "file.put.after:1"],
    [store, foreground("tmdb_ingest"), "put.after:1"],
    [folder, timetable, "slot.after:1"],
  ] as const;
  timetable.furnish?.(folder);
  for (const [world, scene, crashAt] of trials) {
    expect(await tryCrashes(world, scene, [crashAt])).toEqual({ kills: 1, faults: [] });
    for (const name of world.passed()) passed.add(name);
  }
  for (const version of [1, 2] as const) {
    writeTableDag(folder, version);
    writeReportDag(folder, version);
    const date = version === 1 ? FIRST_DATE : SECOND_DATE;
    for (const dag of ["tables", "reports"])
      expect((await folder.start(["run", dag, "--date", date]).ended).exitCode).toBe(0);
  }
  const movies = [...folder.objects().keys()].find((key) => key.endsWith("/movies.csv"));
  for (const more of [[], ["--undo"]]) {
    const command = ["lake", "rm", movies ?? "", "--why", "by mistake", ...more];
    expect((await folder.start(command).ended).exitCode).toBe(0);
  }
  for (const name of folder.passed()) passed.add(name);
  await beginWithOldLake(folder);
  await folder.start(["lake", "migrate"]).ended;
  for (const name of folder.passed()) passed.add(name);
  const names = [...FAILPOINTS, ...DECLARATIONS.flatMap(({ failpoints = [] }) => failpoints)];
  expect([...passed].toSorted()).toEqual(names.toSorted());
});

test(
  "the process ends at the point that was named, and nothing of it comes after",
  { timeout: 60_000 },
  async () => {
    const world = await open("folder");
    await world.begin([]);
    const { signal } = await world.start(["run", "csv_ingest", "--date", "2026-01-02"], "hash.after:2").ended;
    expect(signal).toBe("SIGKILL");
    const passed = world.passed();
    expect(passed.at(-1)).toBe("hash.after");
    expect(passed.filter((name) => name === "hash.after")).toHaveLength(2);
  },
);

test("while nothing is armed a failpoint costs a few nanoseconds at most", () => {
  const calls = 5_000_000;
  // Without the indirection of the test runner's imports.
  const pass = failpoint;
  const rounds = Array.from({ length: 9 }, () => {
    const startedMs = performance.now();
    for (let call = 0; call < calls; call += 2) {
      pass("seal.before");
      pass("seal.after");
    }
    return ((performance.now() - startedMs) * 1e6) / calls;
  });
  const nanoseconds = Math.min(...rounds);
  tell(`a failpoint that is off: ${nanoseconds.toFixed(2)} ns`);
  expect(nanoseconds).toBeLessThan(5);
});

test("an armed listener gets each name, until it is disarmed", () => {
  const told: FailpointName[] = [];
  armFailpoints((name) => told.push(name));
  failpoint("put.before");
  armFailpoints(undefined);
  failpoint("put.after");
  expect(told).toEqual(["put.before"]);
});
