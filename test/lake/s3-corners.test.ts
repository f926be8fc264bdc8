/**
 * Corner cases of S3: lost uploads, answers without an ETag, encryption headers, odd prefixes, and objects of other
 * writers.
 */
import { text } from "node:stream/consumers";
import { afterEach, describe, expect, it } from "vitest";
import type { S3Options } from "../../lake/s3/s3-options.ts";
import type { Operation } from "../support/s3-server/faults.ts";
import type { S3ServerOptions } from "../support/s3-server/server.ts";
import { planBytes, sha256 } from "./lake-tools.ts";
import { startS3World, type S3World } from "./s3-world.ts";

const PART_BYTES = 64 * 1024;
const IN_PARTS: S3Options = { multipartThresholdBytes: PART_BYTES, partSizeBytes: PART_BYTES };
const KEY = "Raw/x.csv";

let world: S3World;
const start = async (options: S3ServerOptions = {}) => {
  world = await startS3World(options);
};
afterEach(async () => {
  await world.close();
});

describe.each([false, true])("an upload in parts (condition ignored: %s)", (ignoresConditionalComplete) => {
  it.each<[Operation]>([["UploadPart"], ["CompleteMultipartUpload"]])(
    "that is lost at %s begins again, and stores the object once",
    async (operation) => {
      await start({ ignoresConditionalComplete });
      const lake = world.open(IN_PARTS);
      world.server.faults.push({ when: { operation }, times: 2, fault: { kind: "lose-upload" } });
      const request = await world.scratch.plan(KEY, 3 * PART_BYTES);
      expect((await lake.putFile(request)).outcome).toBe("created");
      expect(world.count("CreateMultipartUpload")).toBe(3);
      expect(world.server.versions().map(({ body }) => body.sha256)).toEqual([request.sha256]);
      expect(world.server.uploads()).toEqual([]);
    },
  );

  it("that is lost each time ends after three rounds, with a fault to retry later", async () => {
    await start({ ignoresConditionalComplete });
    const lake = world.open(IN_PARTS);
    world.server.faults.push({
      when: { operation: "CompleteMultipartUpload" },
      times: 99,
      fault: { kind: "lose-upload" },
    });
    const putting = lake.putFile(await world.scratch.plan(KEY, 3 * PART_BYTES));
    await expect(putting).rejects.toMatchObject({ code: "LAKE_UNAVAILABLE", retryable: true });
    expect(world.count("CreateMultipartUpload")).toBe(3);
    expect(world.server.versions()).toEqual([]);
  });

  it("that was completed by a try whose answer was lost is ours, and is not sent again", async () => {
    await start({ ignoresConditionalComplete });
    const lake = world.open(IN_PARTS);
    world.server.faults.push(
      { when: { operation: "CompleteMultipartUpload" }, fault: { kind: "drop-after-store" } },
      // The condition is not checked if the upload is gone.
      {
        when: { operation: "CompleteMultipartUpload" },
        fault: { kind: "error", status: 404, code: "NoSuchUpload" },
      },
    );
    expect((await lake.putFile(await world.scratch.plan(KEY, 3 * PART_BYTES))).outcome).toBe("created");
    expect(world.count("CreateMultipartUpload")).toBe(1);
    expect(world.server.versions()).toHaveLength(1);
  });

  it("that is lost while another writer's object got there does not change that object", async () => {
    await start({ ignoresConditionalComplete });
    const lake = world.open(IN_PARTS);
    world.server.faults.push({
      when: { operation: "UploadPart" },
      fault: { kind: "foreign-object", body: "theirs" },
    });
    world.server.faults.push({ when: { operation: "UploadPart" }, fault: { kind: "lose-upload" } });
    const result = await lake.putFile(await world.scratch.plan(KEY, 6 * PART_BYTES));
    expect(result).toMatchObject({ outcome: "exists", head: { sizeBytes: 6 } });
    expect(world.server.uploads()).toEqual([]);
  });
});

describe("an answer without an ETag", () => {
  it.each<[string, Operation, S3Options]>([
    ["to a put", "PutObject", {}],
    ["to a completion", "CompleteMultipartUpload", IN_PARTS],
  ])("%s: the ETag is that of the object", async (_name, operation, options) => {
    await start();
    const lake = world.open(options);
    await lake.capabilities();
    world.server.faults.push({ when: { operation }, fault: { kind: "no-etag" } });
    const result = await lake.putFile(await world.scratch.plan(KEY, 3 * PART_BYTES));
    const [stored] = world.server.versions();
    expect(stored?.etag).toMatch(/^".+"$/);
    expect(result).toEqual({ outcome: "created", etag: stored?.etag });
  });

  it("to a put whose object is gone at once is corruption", async () => {
    await start();
    const lake = world.open();
    await lake.capabilities();
    world.server.faults.push({ when: { operation: "PutObject" }, fault: { kind: "no-etag" } });
    world.server.faults.push({
      when: { operation: "HeadObject" },
      fault: { kind: "error", status: 404, code: "NotFound" },
    });
    await expect(lake.putBytes(planBytes(KEY, "x"))).rejects.toMatchObject({ code: "LAKE_CORRUPT" });
  });
});

describe("on a store without checksums, another writer's object", () => {
  it("is returned and not read", async () => {
    await start({ ignoresChecksums: true });
    const lake = world.open();
    await lake.capabilities();
    world.server.faults.push({
      when: { operation: "PutObject" },
      fault: { kind: "foreign-object", body: "theirs" },
    });
    expect(await lake.putBytes(planBytes(KEY, "ours"))).toMatchObject({
      outcome: "exists",
      head: { sizeBytes: 6 },
    });
    expect(world.count("GetObject")).toBe(0);
  });

  it("is corruption if it has our hash and holds other bytes", async () => {
    await start({ ignoresChecksums: true });
    const lake = world.open();
    await lake.capabilities();
    const metadata = { sha256: sha256("ours") };
    world.server.faults.push({
      when: { operation: "PutObject" },
      fault: { kind: "foreign-object", body: "hurs", metadata },
    });
    await expect(lake.putBytes(planBytes(KEY, "ours"))).rejects.toMatchObject({ code: "LAKE_CORRUPT" });
    expect(await text((await lake.get(KEY)).body)).toBe("hurs");
  });
});

describe("a lake that asks for encryption", () => {
  it.each([
    [{ algorithm: "AES256", kmsKeyId: null }, "AES256", undefined],
    [{ algorithm: "aws:kms:dsse", kmsKeyId: "alias/lake" }, "aws:kms:dsse", "alias/lake"],
  ] as const)("%j asks for it with every write, the probe's too", async (encryption, algorithm, key) => {
    await start();
    const lake = world.open({ ...IN_PARTS, encryption });
    await lake.putFile(await world.scratch.plan("Raw/big.csv", 3 * PART_BYTES));
    await lake.putBytes(planBytes("Raw/x.json", "x"));
    await lake.head("Raw/x.json");
    const asked = (operation: string) => ["PutObject", "CreateMultipartUpload"].includes(operation);
    for (const { operation, headers } of world.server.requests) {
      expect(headers["x-amz-server-side-encryption"], operation).toBe(
        asked(operation) ? algorithm : undefined,
      );
      expect(headers["x-amz-server-side-encryption-aws-kms-key-id"], operation).toBe(
        asked(operation) ? key : undefined,
      );
    }
    expect(world.server.requests.filter(({ operation }) => asked(operation)).length).toBeGreaterThan(5);
  });
});

it.each(["the lake", "até @ 50%+(1)", "a/b c/d's", "lake"])(
  "in the prefix %j objects are put, found, listed and read",
  async (prefix) => {
    await start();
    const lake = world.open(IN_PARTS, prefix);
    await lake.putBytes(planBytes("Raw/á b.json", "x"));
    await lake.putFile(await world.scratch.plan(KEY, 3 * PART_BYTES));
    const keys: string[] = [];
    for await (const { key } of lake.list("Raw/")) keys.push(key);
    expect(keys.toSorted()).toEqual(["Raw/x.csv", "Raw/á b.json"]);
    expect(await lake.head("Raw/á b.json")).toMatchObject({ sizeBytes: 1 });
    expect(await text((await lake.get("Raw/á b.json")).body)).toBe("x");
    expect([...world.server.objects().keys()]).toContain(`${prefix}/Raw/x.csv`);
  },
);

it.each<[string, number]>([
  ["zone/raw", 1],
  ["raw", 1],
  ["raw/zone", 0],
])("a prefix such as %s with keys that begin with Raw/ is noticed (%i warning)", async (prefix, warnings) => {
  await start();
  const lake = world.open({}, prefix);
  await lake.putBytes(planBytes("Raw/x.json", "x"));
  const said = world.log.lines.filter(({ message }) => message.includes("raw/Raw/"));
  expect(said.map(({ level }) => level)).toEqual(Array.from({ length: warnings }, () => "warn"));
});
