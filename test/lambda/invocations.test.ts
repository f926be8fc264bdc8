/** The function as Lambda runs it: limits, kills, a fresh disk or the old one, two at once, and snapshots that are lost or damaged. */
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { Ending } from "./support/runtime-api.ts";
import { openLambdaWorld, type LambdaWorld, type WorldOptions } from "./support/world.ts";

vi.setConfig({ testTimeout: 180_000 });

const EVENT = { dag: "tmdb_ingest", date: "2026-11-23" };
const SNAPSHOT = "zone/_dagmar/lambda/state.db.gz";
const LEASE = "zone/_dagmar/lambda/invocation.lease";

let world: LambdaWorld | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
});

async function open(options: WorldOptions): Promise<LambdaWorld> {
  world = await openLambdaWorld(options);
  return world;
}

function answer(ending: Ending): Readonly<Record<string, unknown>> & { readonly spareMs: number } {
  if (ending.kind !== "response") throw new Error(JSON.stringify(ending));
  return { ...ending.body, spareMs: ending.spareMs };
}

function replaceSnapshot({ store }: LambdaWorld, bytes: Buffer): void {
  const standing = store.notes().get(SNAPSHOT);
  if (standing === undefined) throw new Error("there is no snapshot");
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const etag = `"${sha256.slice(0, 32)}"`;
  store.restore({ ...standing, etag, body: { bytes, sizeBytes: bytes.byteLength, sha256 } });
}

test("an event runs the Dag with nothing but the lake, and the next one has nothing to do", async () => {
  const { openSandbox, simulator, listFaults, check } = await open({ movies: 130 });
  const first = await openSandbox();
  const result = answer(await first.invoke(EVENT, 60_000));
  expect(result).toMatchObject({ state: "success", left: 0, time_over: false });
  expect(listFaults()).toEqual([]);
  expect(check(first.disk).faults).toEqual([]);
  expect(JSON.stringify(world?.store.notes().get(LEASE)?.body.bytes?.toString())).toContain(
    'is_released\\": true',
  );

  simulator.reset();
  const objects = world?.store.objects().size;
  // In the same process, in a new one, and on an empty disk.
  const started = Date.now();
  expect(answer(await first.invoke({ ...EVENT, date: "2026-11-24" }, 60_000))).toMatchObject({ left: 0 });
  expect(Date.now() - started).toBeLessThan(3000);
  const second = await openSandbox();
  expect(answer(await second.invoke({ ...EVENT, date: "2026-11-25" }, 60_000))).toMatchObject({
    state: "success",
    left: 0,
  });
  expect(simulator.requests).toBe(0);
  expect(world?.store.objects().size).toBe(objects);
});

test("with ids for longer than its limit it answers five seconds before, and the next event continues", async () => {
  const { openSandbox, listFaults, countRepeated, ids } = await open({ movies: 330, ratePerSecond: "30" });
  const sandbox = await openSandbox();
  const results = [];
  for (let round = 0; round < 12; round += 1) {
    const result = answer(await sandbox.invoke(EVENT, 12_000));
    results.push(result);
    expect(result.spareMs).toBeGreaterThan(5000);
    if (result["state"] === "success") break;
    expect(result).toMatchObject({
      state: expect.stringMatching(/^(?:running|queued)$/) as string,
      time_over: true,
    });
  }
  expect(results.at(-1)).toMatchObject({ state: "success", left: 0 });
  expect(results.length).toBeGreaterThan(1);
  // On a slow machine the first may end before it has asked for any.
  const left = results.map((result) => result["left"]).filter((count) => typeof count === "number");
  expect(left.length).toBeGreaterThan(1);
  expect(left).toEqual(left.toSorted((a, b) => b - a));
  expect(listFaults()).toEqual([]);
  expect(countRepeated()).toBeLessThanOrEqual(Math.ceil(ids.movies.length / 50));
});

test("of two at once the second ends at once and says who is at work", async () => {
  const { openSandbox, listFaults, countRepeated } = await open({ movies: 130, ratePerSecond: "30" });
  const [one, other] = await Promise.all([openSandbox(), openSandbox()]);
  const endings = await Promise.all([one.invoke(EVENT, 60_000), other.invoke(EVENT, 60_000)]);
  const [worked, busy] = endings
    .map(answer)
    .toSorted((a, b) => (a["state"] === "busy" ? 1 : 0) - (b["state"] === "busy" ? 1 : 0));
  expect(worked).toMatchObject({ state: "success", left: 0 });
  expect(busy).toMatchObject({ state: "busy", held_by: { dag: "tmdb_ingest" } });
  expect(busy?.["held_by"]).toHaveProperty("until");
  expect(listFaults()).toEqual([]);
  expect(countRepeated()).toBe(0);
});

describe("killed while it fetches", () => {
  test.each(["on a fresh disk", "on the old disk"])(
    "%s the next invocation continues: nothing is lost, nothing is there twice",
    async (where) => {
      const { openSandbox, listFaults, simulator, countRepeated } = await open({
        movies: 330,
        ratePerSecond: "60",
      });
      let sandbox = await openSandbox();
      for (const after of [60, 160]) {
        const invoked = sandbox.invoke(EVENT, 60_000);
        await vi.waitFor(() => expect(simulator.requests).toBeGreaterThan(after), { timeout: 30_000 });
        await sandbox.kill();
        expect(await invoked).toEqual({ kind: "killed" });
        sandbox = await openSandbox(where === "on the old disk" ? sandbox.disk : undefined);
      }
      expect(answer(await sandbox.invoke(EVENT, 60_000))).toMatchObject({ state: "success", left: 0 });
      expect(listFaults()).toEqual([]);
      // Two kills: at most what each had fetched and not put, up to a batch for each of two datasets and the spool.
      expect(countRepeated()).toBeLessThanOrEqual(where === "on the old disk" ? 40 : 220);
    },
  );
});

describe("the snapshot", () => {
  const SPOILED: readonly (readonly [string, (world: LambdaWorld) => void])[] = [
    ["missing", ({ store }) => store.remove(SNAPSHOT)],
    ["damaged", (opened) => replaceSnapshot(opened, Buffer.from("no snapshot"))],
    ["of something else", (opened) => replaceSnapshot(opened, gzipSync("no database"))],
  ];
  test.each(SPOILED)("%s: the lake is enough, and the next one is put", async (_how, spoil) => {
    const opened = await open({ movies: 130 });
    const first = await opened.openSandbox();
    answer(await first.invoke(EVENT, 60_000));
    spoil(opened);
    opened.simulator.reset();
    const second = await opened.openSandbox();
    expect(answer(await second.invoke({ ...EVENT, date: "2026-11-24" }, 60_000))).toMatchObject({
      state: "success",
      left: 0,
    });
    expect(opened.simulator.requests).toBe(0);
    expect(opened.store.notes().get(SNAPSHOT)?.body.sizeBytes).toBeGreaterThan(1000);
    expect(opened.listFaults()).toEqual([]);
  });

  test("older than the lake: only what it does not know is learned, nothing is asked", async () => {
    const opened = await open({ movies: 130 });
    const first = await opened.openSandbox();
    answer(await first.invoke({ ...EVENT, params: { limit: 20 } }, 60_000));
    const old = opened.store.notes().get(SNAPSHOT)?.body.bytes ?? Buffer.alloc(0);
    answer(await first.invoke({ ...EVENT, date: "2026-11-24" }, 60_000));
    replaceSnapshot(opened, old);
    opened.simulator.reset();
    const second = await opened.openSandbox();
    expect(answer(await second.invoke({ ...EVENT, date: "2026-11-25" }, 60_000))).toMatchObject({ left: 0 });
    expect(opened.simulator.requests).toBe(0);
    expect(opened.listFaults()).toEqual([]);
  });
});

test("a run that fails is an error of the function, which Lambda counts", async () => {
  const opened = await open({ movies: 10 });
  const sandbox = await opened.openSandbox(undefined, { TMDB_BASE_URL: "http://127.0.0.1:9/3" });
  const ending = await sandbox.invoke({ dag: "csv_ingest", date: "2026-11-24" }, 60_000);
  expect(ending).toMatchObject({ kind: "error" });
  expect(JSON.stringify(ending)).toContain("The run has failed");
});
