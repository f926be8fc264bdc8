/** `dagmar dags next`: the slots, clock changes, start and end, upstream Dags, and refusals. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openCliWorld, type CliWorld } from "../support/cli.ts";

let world: CliWorld;

interface Next {
  readonly dag_id: string;
  readonly slots: readonly Readonly<Record<string, string | null>>[];
  readonly follows: readonly (Next & { readonly fault?: string })[];
}

beforeAll(() => {
  world = openCliWorld();
  const write = (dagId: string, ...lines: readonly string[]): void => {
    const text = [
      `dag: ${dagId}`,
      "timezone: America/New_York",
      ...lines,
      "tasks:",
      "  a: { type: noop }",
      "",
    ];
    writeFileSync(join(world.dagsFolder, `${dagId}.yaml`), text.join("\n"));
  };
  write("nightly", 'schedule: "30 2 * * *"');
  write("hourly", 'schedule: "30 * * * *"');
  write("bounded", 'schedule: "@daily"', "start: 2026-11-01", "end: 2026-11-03");
  write("by_hand", "schedule: manual");
  write("both", "schedule: { after: [nightly, hourly] }");
});
afterAll(() => {
  world.remove();
});

async function next(...args: readonly string[]): Promise<Next> {
  const { exitCode, stdout, stderr } = await world.run(["dags", "next", ...args, "--json"]);
  expect(exitCode, stderr).toBe(0);
  return JSON.parse(stdout) as Next;
}

test("slots come with their local time and their interval; five by default", async () => {
  const { slots } = await next("csv_ingest", "--from", "2026-11-23");
  expect(slots).toHaveLength(5);
  expect(slots[0]).toEqual({
    logical_date: "2026-11-23T09:00:00.000Z",
    logical_date_local: "2026-11-23 06:00:00 -03:00",
    interval_start: "2026-11-22T09:00:00.000Z",
    note: null,
  });
  expect((await next("csv_ingest", "--count", "1000")).slots).toHaveLength(1000);
});

test("without --from they lie ahead", async () => {
  const { slots } = await next("hourly");
  const first = Date.parse(String(slots[0]?.["logical_date"]));
  const inMs = first - (performance.timeOrigin + performance.now());
  expect(inMs).toBeGreaterThan(-60_000);
  expect(inMs).toBeLessThanOrEqual(3_600_000);
});

test("a slot that the clock's change moved or doubles says so", async () => {
  const moved = await next("nightly", "--from", "2026-03-08", "--count", "1");
  expect(moved.slots[0]).toMatchObject({
    logical_date_local: "2026-03-08 03:00:00 -04:00",
    note: "moved: the clock skips 02:30",
  });
  const twice = await next("hourly", "--from", "2026-11-01T01:00", "--count", "3");
  expect(twice.slots.map((slot) => slot["note"])).toEqual([
    "the first of two: the clock is put back",
    "the second of two: the clock is put back",
    null,
  ]);
});

test("start and end are kept to; the first interval begins before the start", async () => {
  const { slots } = await next("bounded", "--from", "2020-01-01");
  expect(slots.map((slot) => slot["logical_date_local"]?.slice(0, 10))).toEqual([
    "2026-11-01",
    "2026-11-02",
    "2026-11-03",
  ]);
  expect(slots[0]?.["interval_start"]).toBe("2026-10-31T04:00:00.000Z");
  const over = await world.run(["dags", "next", "bounded", "--from", "2027-01-01"]);
  expect(over.exitCode).toBe(0);
  expect(over.stdout).toContain("No slots left");
});

test("a Dag that comes after others shows theirs", async () => {
  const both = await next("both", "--count", "2");
  expect(both.slots).toEqual([]);
  expect(both.follows.map((upstream) => [upstream.dag_id, upstream.slots.length])).toEqual([
    ["nightly", 2],
    ["hourly", 2],
  ]);
  const [one, two] = await Promise.all([
    world.run(["dags", "next", "tmdb_ingest", "--from", "2026-11-23"]),
    world.run(["dags", "next", "both"]),
  ]);
  expect(one.stdout).toContain("tmdb_ingest  after csv_ingest (America/Sao_Paulo)");
  expect(one.stdout).toContain("One run for each successful run of that Dag");
  expect(one.stdout).toMatch(/^2026-11-23 06:00:00 -03:00 +2026-11-22 06:00:00 -03:00$/m);
  expect(two.stdout).toContain("One run a day, when all of these Dags have succeeded");
});

test("a Dag without a schedule says how it is run", async () => {
  const { exitCode, stdout } = await world.run(["dags", "next", "by_hand"]);
  expect(exitCode).toBe(0);
  expect(stdout).toContain("It has no schedule. Start it with `dagmar run by_hand`.");
  expect((await next("by_hand")).slots).toEqual([]);
});

test.each([
  [["csv_ingest", "--count", "0"], "--count takes a whole number from 1"],
  [["csv_ingest", "--count", "1001"], "1000 slots are shown at most"],
  [["csv_ingest", "--from", "tomorrow"], '--from "tomorrow" is not a date'],
  [["csv_ingst"], "There is no Dag csv_ingst"],
])("%j is refused with a sentence", async (args, sentence) => {
  const { exitCode, stderr } = await world.run(["dags", "next", ...args]);
  expect(exitCode).toBe(2);
  expect(stderr).toContain(sentence);
});
