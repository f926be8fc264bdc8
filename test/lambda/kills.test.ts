/**
 * The function killed at every failpoint that it passes, and at random instants; an event that comes twice, and a command at the same time. In the
 * end the lake has every id once, however it was stopped.
 */
import * as fs from "node:fs";
import * as path from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { createRandom } from "../../quickstart/invented/random.ts";
import { expectSuccess, isUnknown, waitUntil } from "../support/cli.ts";
import type { Ending } from "./support/runtime-api.ts";
import { openLambdaWorld, type LambdaWorld, type WorldOptions } from "./support/world.ts";

const IS_LONG = process.env["DAGMAR_TEST_CHAOS_LONG"] !== undefined;
const SEED = process.env["DAGMAR_CHAOS_SEED"] ?? String(process.pid);

vi.setConfig({ testTimeout: IS_LONG ? 3_600_000 : 600_000 });

const EVENT = { dag: "tmdb_ingest", date: "2026-11-23" };
const LIMIT_MS = 60_000;

let world: LambdaWorld | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
});

async function open(options: WorldOptions): Promise<LambdaWorld> {
  world = await openLambdaWorld(options);
  return world;
}

function answer(ending: Ending): Readonly<Record<string, unknown>> {
  if (ending.kind !== "response") throw new Error(JSON.stringify(ending));
  return ending.body;
}

/** Events on fresh disks until the run has ended; a task fails once when three processes have died under it. */
async function finish({ openSandbox }: LambdaWorld): Promise<string> {
  for (let round = 0; round < 10; round += 1) {
    const sandbox = await openSandbox();
    const ending = await sandbox.invoke(EVENT, LIMIT_MS);
    if (ending.kind === "error" && ending.message.includes("TASK_SET_ASIDE")) continue;
    const body = answer(ending);
    if (body["time_over"] === true) continue;
    expect(body).toMatchObject({ state: "success", left: 0 });
    return sandbox.disk;
  }
  throw new Error("the run did not end");
}

test("killed at every failpoint that an event passes, the next event ends the work", async () => {
  const opened = await open({ movies: 30, series: 6 });
  const recorded = await opened.openSandbox();
  const log = path.join(recorded.disk, "failpoints");
  const recording = await opened.openSandbox(recorded.disk, { DAGMAR_TEST_FAILPOINT_LOG: log });
  answer(await recording.invoke(EVENT, LIMIT_MS));
  const passed = fs.readFileSync(log, "utf8").trim().split("\n");
  const names = [...new Set(passed)];
  expect(names).toEqual(
    expect.arrayContaining([
      "lake-lease.take.after",
      "plan.after",
      "seal.after",
      "s3.put.after",
      "commit.before",
      "manifest.after",
      "lambda.snapshot.after",
      "lake-lease.release.before",
    ]),
  );
  const points = IS_LONG ? passed.map((_, index) => String(index + 1)) : names.map((name) => `${name}:1`);
  const ideal = opened.simulator.requests;
  const faults: string[] = [];
  const survived: string[] = [];
  for (const point of points) {
    opened.reset();
    const dying = await opened.openSandbox(undefined, { DAGMAR_TEST_CRASH_AT: point });
    if ((await dying.invoke(EVENT, LIMIT_MS)).kind !== "killed") survived.push(point);
    const disk = await finish(opened);
    const beyond = opened.simulator.requests - ideal;
    faults.push(
      ...[...opened.listFaults(), ...opened.check(disk).faults].map((fault) => `${point}: ${fault}`),
    );
    // On a fresh disk at most everything that the killed event had fetched.
    if (beyond > ideal) faults.push(`${point}: ${beyond} requests beyond`);
    await dying.close();
  }
  expect(faults).toEqual([]);
  // Several commits may share one transaction: an event may pass fewer points than the recorded one.
  expect(survived.filter((point) => !(Number(point) > passed.length * 0.9))).toEqual([]);
  expect(opened.store.overwrittenKeys()).toEqual([]);
});

test(`killed at random instants, nothing is lost and nothing is there twice (seed ${SEED})`, async () => {
  const rounds = IS_LONG ? 200 : 16;
  const random = createRandom(`${SEED} lambda`);
  const opened = await open({ movies: IS_LONG ? 2600 : 700, series: 20, ratePerSecond: "40" });
  const { movies, series } = opened.ids;
  // A film that TMDB does not have takes a second request, as a series does.
  const ideal = movies.length + movies.filter((id) => isUnknown(id)).length + series.length * 2;
  let sandbox = await opened.openSandbox();
  let killed = 0;
  let lost = 0;
  for (let round = 0; round < rounds; round += 1) {
    const before = opened.simulator.requests;
    const invoked = sandbox.invoke(EVENT, LIMIT_MS);
    const isEnded = await Promise.race([
      invoked.then(() => true),
      new Promise<false>((resolve) => {
        setTimeout(() => resolve(false), 300 + random.next() * 3500);
      }),
    ]);
    await sandbox.kill();
    await invoked;
    expect(opened.listFaults().filter((fault) => fault.includes("times"))).toEqual([]);
    if (!isEnded) {
      killed += 1;
      lost += opened.simulator.requests - before;
    }
    const isSameDisk = random.next() < 0.5;
    const { disk } = sandbox;
    await sandbox.close();
    sandbox = await opened.openSandbox(isSameDisk ? disk : undefined);
  }
  const disk = await finish(opened);
  expect(killed).toBeGreaterThan(rounds / 2);
  expect(opened.listFaults()).toEqual([]);
  expect(opened.check(disk).faults).toEqual([]);
  expect(opened.store.overwrittenKeys()).toEqual([]);
  expect(opened.simulator.requests - ideal).toBeLessThanOrEqual(lost);
});

test("an event that is delivered twice has one effect", async () => {
  const opened = await open({ movies: 60 });
  const sandbox = await opened.openSandbox();
  expect(answer(await sandbox.invoke(EVENT, LIMIT_MS))).toMatchObject({ state: "success", left: 0 });
  const before = { requests: opened.simulator.requests, objects: [...opened.store.objects().keys()] };
  for (const disk of [sandbox.disk, undefined]) {
    const again = await opened.openSandbox(disk);
    expect(answer(await again.invoke(EVENT, LIMIT_MS))).toMatchObject({ state: "success", left: 0 });
  }
  expect(opened.simulator.requests).toBe(before.requests);
  expect([...opened.store.objects().keys()]).toEqual(before.objects);
});

describe("next to a command with its own database", () => {
  test("the event ends at once and says who is at work", async () => {
    const opened = await open({ movies: 330, ratePerSecond: "40" });
    const command = opened.startCommand();
    await waitUntil(command, () => opened.simulator.requests > 20);
    const asked = opened.simulator.requests;
    const sandbox = await opened.openSandbox();
    const busy = answer(await sandbox.invoke(EVENT, LIMIT_MS));
    expect(busy).toMatchObject({
      state: "busy",
      held_by: { dag: "tmdb_ingest", pid: command.child.pid },
    });
    expect(opened.simulator.requests).toBeGreaterThan(asked);
    expectSuccess(await command.ended);
    opened.simulator.reset();
    expect(answer(await sandbox.invoke(EVENT, LIMIT_MS))).toMatchObject({ state: "success", left: 0 });
    expect(opened.simulator.requests).toBe(0);
    expect(opened.listFaults()).toEqual([]);
  });

  test("the command waits while the event is at work, and asks for nothing that it has stored", async () => {
    const opened = await open({ movies: 200, ratePerSecond: "40" });
    const sandbox = await opened.openSandbox();
    const invoked = sandbox.invoke(EVENT, LIMIT_MS);
    await vi.waitFor(() => expect(opened.simulator.requests).toBeGreaterThan(20), { timeout: 30_000 });
    const command = opened.startCommand();
    await waitUntil(command, () => command.output().includes("Another Dagmar with its own database"));
    expect(answer(await invoked)).toMatchObject({ state: "success", left: 0 });
    const asked = opened.simulator.requests;
    expectSuccess(await command.ended);
    expect(opened.simulator.requests).toBe(asked);
    expect(opened.listFaults()).toEqual([]);
  });
});

describe.each([{ ignoresConditionalPut: true }, { rejectsConditions: true }])(
  "in a store that %o",
  (store) => {
    test("a kill loses nothing and doubles nothing, and a warning says what the store does not do", async () => {
      const opened = await open({ movies: 130, ratePerSecond: "60", store });
      const dying = await opened.openSandbox();
      const invoked = dying.invoke(EVENT, LIMIT_MS);
      await vi.waitFor(() => expect(opened.simulator.requests).toBeGreaterThan(60), { timeout: 30_000 });
      await dying.kill();
      await invoked;
      expect(dying.output()).toContain("does not honour If-Match");
      await finish(opened);
      expect(opened.listFaults()).toEqual([]);
    });
  },
);
