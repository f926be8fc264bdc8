/**
 * How long an S3 lake waits: for a body as long as it makes progress, for an answer a fixed time; with limits short
 * enough for a test.
 */
import { buffer } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { S3Options } from "../../lake/s3/s3-options.ts";
import type { Operation } from "../support/s3-server/faults.ts";
import { planBytes, sha256 } from "./lake-tools.ts";
import { startS3World, type S3World } from "./s3-world.ts";

const MEBIBYTE = 1024 * 1024;
const LIMITS: S3Options = { timeouts: { connectMs: 5_000, idleMs: 800, requestMs: 800 } };

let world: S3World;
beforeEach(async () => {
  world = await startS3World();
});
afterEach(async () => {
  await world.close();
});

const ways: readonly [string, S3Options, Operation][] = [
  ["in one request", {}, "PutObject"],
  ["in parts", { multipartThresholdBytes: MEBIBYTE, partSizeBytes: 12 * MEBIBYTE }, "UploadPart"],
];

describe.each(ways)("an upload %s", (_name, more, operation) => {
  it("that is slow but alive continues far beyond every limit", async () => {
    const lake = world.open({ ...LIMITS, ...more });
    await lake.capabilities();
    world.server.faults.push({
      when: { operation },
      times: 9,
      fault: { kind: "slow-read", bytes: 256 * 1024, everyMs: 40 },
    });
    const request = await world.scratch.plan("Raw/x.csv", 24 * MEBIBYTE);
    const startedMs = performance.now();
    expect((await lake.putFile(request)).outcome).toBe("created");
    expect(performance.now() - startedMs).toBeGreaterThan(2 * 800);
    expect(world.count(operation), "no try was cut").toBe(operation === "PutObject" ? 1 : 2);
    expect(world.server.versions().map(({ body }) => body.sha256)).toEqual([request.sha256]);
  });

  it("that is stalled ends soon after its limit, and says how far it was", async () => {
    const lake = world.open({ ...LIMITS, ...more });
    await lake.capabilities();
    world.server.faults.push({ when: { operation }, times: 99, fault: { kind: "stop-reading" } });
    const cancel = new AbortController();
    const request = await world.scratch.plan("Raw/x.csv", 24 * MEBIBYTE, { signal: cancel.signal });
    const startedMs = performance.now();
    const fault: unknown = await lake.putFile(request).catch((error: unknown) => error);
    expect(fault).toMatchObject({ code: "LAKE_UNAVAILABLE", retryable: true });
    expect(String(fault)).toMatch(/no byte could be sent for 0\.8 s, after \d+ of \d+/);
    expect((performance.now() - startedMs) / 8, "per try").toBeLessThan(3_000);
    expect(world.server.versions()).toEqual([]);
  }, 60_000);
});

it("bytes from memory are judged by their progress, too", async () => {
  const lake = world.open(LIMITS);
  await lake.capabilities();
  world.server.faults.push({
    when: { operation: "PutObject" },
    fault: { kind: "slow-read", bytes: 256 * 1024, everyMs: 40 },
  });
  const plan = planBytes("Raw/x.json", "x".repeat(16 * MEBIBYTE));
  expect((await lake.putBytes(plan)).outcome).toBe("created");
  expect(world.count("PutObject")).toBe(1);
});

it("an answer that does not come is waited for no longer than its limit", async () => {
  const lake = world.open(LIMITS);
  world.server.faults.push({ when: { operation: "HeadObject" }, times: 99, fault: { kind: "hang" } });
  const fault: unknown = await lake.head("Raw/x.json").catch((error: unknown) => error);
  expect(String(fault)).toContain("no answer within 0.8 s");
}, 60_000);

it("a download that stalls ends, and one that its reader pauses does not", async () => {
  const lake = world.open(LIMITS);
  const text = "x".repeat(16 * MEBIBYTE);
  await lake.putBytes(planBytes("Raw/x.json", text));
  const patient = await lake.get("Raw/x.json");
  world.server.faults.push({ when: { operation: "GetObject" }, fault: { kind: "stall-answer" } });
  const stalled = await lake.get("Raw/x.json");
  await expect(buffer(stalled.body)).rejects.toMatchObject({ code: "LAKE_UNAVAILABLE" });
  expect(sha256(await buffer(patient.body))).toBe(sha256(text));
});
