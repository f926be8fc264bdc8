/** How an S3 lake handles a store that fails, lies or loses answers, with the real SDK over real HTTP. */
import { join } from "node:path";
import { buffer, text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openLake } from "../../lake/open-lake.ts";
import { choosePartSize } from "../../lake/s3/s3-multipart.ts";
import { DEFAULT_S3_TIMEOUTS, type S3Options } from "../../lake/s3/s3-options.ts";
import type { SweepableLake } from "../../lake/sweepable-lake.ts";
import type { FaultKind, Operation } from "../support/s3-server/faults.ts";
import { startS3Server, type S3Server, type S3ServerOptions } from "../support/s3-server/server.ts";
import {
  makeEagerClock,
  makeKeptLogger,
  makeScratch,
  planBytes,
  sha256,
  type EagerClock,
  type KeptLogger,
  type Scratch,
} from "./lake-tools.ts";

const KEY = "Raw/x.json";
const FULL_KEY = "zone/Raw/x.json";
const PART_BYTES = 64 * 1024;

let server: S3Server;
let scratch: Scratch;
let clock: EagerClock;
let log: KeptLogger;
let lakes: SweepableLake[] = [];

beforeEach(async () => {
  scratch = await makeScratch();
});
afterEach(async () => {
  const overwritten = server.overwrittenKeys();
  for (const lake of lakes) await lake.close();
  lakes = [];
  await server.close();
  await scratch.remove();
  if (overwritten.length > 0) throw new Error(`Objects were written over: ${overwritten.join(", ")}`);
});

async function open(serverOptions: S3ServerOptions = {}, s3: S3Options = {}): Promise<SweepableLake> {
  server = await startS3Server({ minPartBytes: 1024, ...serverOptions });
  return openAgain(s3);
}

function openAgain(s3: S3Options = {}): SweepableLake {
  clock = makeEagerClock();
  log = makeKeptLogger();
  const { endpoint, region, credentials } = server;
  const lake = openLake(`s3://${server.bucket}/zone`, {
    clock,
    log,
    random: () => 0.999,
    s3: { endpoint, region, credentials, partSizeBytes: PART_BYTES, ...s3 },
  });
  lakes.push(lake);
  return lake;
}

const IN_PARTS: S3Options = { multipartThresholdBytes: PART_BYTES };
const IMPATIENT: S3Options = {
  timeouts: { ...DEFAULT_S3_TIMEOUTS, requestMs: 250, idleMs: 5_000 },
};

function countRequests(operation: Operation): number {
  return server.requests.filter((request) => request.operation === operation && request.key === FULL_KEY)
    .length;
}

describe("one put, when the store", () => {
  const healed: readonly [string, FaultKind, number][] = [
    ["stores it and drops the connection", { kind: "drop-after-store" }, 1],
    ["stores it and answers 500", { kind: "error-after-store", status: 500, code: "InternalError" }, 1],
    ["answers 409", { kind: "error", status: 409, code: "ConditionalRequestConflict" }, 3],
    ["answers 503 SlowDown", { kind: "error", status: 503, code: "SlowDown" }, 5],
    ["answers 500", { kind: "error", status: 500, code: "InternalError" }, 2],
    ["answers 429", { kind: "error", status: 429, code: "TooManyRequests" }, 2],
    ["answers 400 RequestTimeout", { kind: "error", status: 400, code: "RequestTimeout" }, 2],
    ["resets the connection at once", { kind: "reset-before" }, 2],
    ["resets the connection in the middle of the body", { kind: "half-read-reset" }, 2],
    ["receives a flipped bit", { kind: "flip-on-the-way" }, 2],
    ["takes its time", { kind: "slow", delayMs: 30 }, 1],
    ["says once that the token has expired", { kind: "error", status: 400, code: "ExpiredToken" }, 1],
  ];

  it.each(healed)("%s: it is stored once, and this call stored it (bytes)", async (_name, fault, times) => {
    const lake = await open();
    server.faults.push({ when: { operation: "PutObject" }, times, fault });
    const result = await lake.putBytes(planBytes(KEY, "[1]"));
    const head = await lake.head(KEY);
    expect(result).toEqual({ outcome: "created", etag: head?.etag });
    expect(head?.metadata).toEqual({ "batch-id": "b1", sha256: sha256("[1]") });
    expect(server.faults.leftCount).toBe(0);
    expect(server.versions()).toHaveLength(1);
  });

  it.each(healed)(
    "%s: it is stored once, and this call stored it (a streamed file)",
    async (_name, fault, times) => {
      const lake = await open();
      server.faults.push({ when: { operation: "PutObject" }, times, fault });
      const request = await scratch.plan(KEY, 3_000_000);
      expect((await lake.putFile(request)).outcome).toBe("created");
      expect(sha256(await buffer((await lake.get(KEY)).body))).toBe(request.sha256);
      expect(server.faults.leftCount).toBe(0);
      expect(server.versions()).toHaveLength(1);
    },
  );

  it("never answers: the try ends after its time and is made again", async () => {
    const lake = await open({}, IMPATIENT);
    server.faults.push({ when: { operation: "PutObject" }, times: 2, fault: { kind: "hang" } });
    expect((await lake.putBytes(planBytes(KEY, "[1]"))).outcome).toBe("created");
    expect(countRequests("PutObject")).toBe(3);
  });

  it("never answers: an abort ends the waiting at once", async () => {
    const lake = await open();
    await lake.capabilities();
    server.faults.push({ when: { operation: "PutObject" }, fault: { kind: "hang" } });
    const cancel = new AbortController();
    const putting = lake.putFile(
      await scratch.plan(KEY, 2_000_000, {
        signal: cancel.signal,
        onProgress: (sent) => {
          if (sent === 2_000_000) cancel.abort(new Error("cancelled"));
        },
      }),
    );
    await expect(putting).rejects.toThrow("cancelled");
    expect(server.versions()).toEqual([]);
  });

  it("got another writer's object just before: that object is not changed and returned", async () => {
    const lake = await open();
    server.faults.push({
      when: { operation: "PutObject" },
      fault: { kind: "foreign-object", body: "theirs" },
    });
    const result = await lake.putBytes(planBytes(KEY, "ours"));
    expect(result).toMatchObject({ outcome: "exists", head: { sizeBytes: 6, metadata: {} } });
    expect(await text((await lake.get(KEY)).body)).toBe("theirs");
  });

  it("loses an answer while another writer's object got there: that object is not taken for ours", async () => {
    const lake = await open();
    server.faults.push(
      { when: { operation: "PutObject" }, fault: { kind: "error", status: 500, code: "InternalError" } },
      {
        when: { operation: "PutObject" },
        // The same bytes, but another batch's metadata.
        fault: {
          kind: "foreign-object",
          body: "ours",
          metadata: { sha256: sha256("ours"), "batch-id": "b2" },
        },
      },
    );
    expect((await lake.putBytes(planBytes(KEY, "ours"))).outcome).toBe("exists");
  });

  it("refuses the condition although the object is gone again: the put is repeated", async () => {
    const lake = await open();
    server.faults.push({
      when: { operation: "PutObject" },
      fault: { kind: "error", status: 412, code: "PreconditionFailed" },
    });
    expect((await lake.putBytes(planBytes(KEY, "x"))).outcome).toBe("created");
  });

  it("keeps failing: the tries are counted, pauses grow to a cap, and the fault is one to retry later", async () => {
    const lake = await open();
    await lake.capabilities();
    server.faults.push({
      when: { operation: "PutObject" },
      times: 100,
      fault: { kind: "error", status: 503, code: "SlowDown" },
    });
    const fault = lake.putBytes(planBytes(KEY, "x"));
    await expect(fault).rejects.toMatchObject({ code: "LAKE_UNAVAILABLE", retryable: true });
    await expect(fault).rejects.toThrow(/503 SlowDown/);
    expect(countRequests("PutObject")).toBe(8);
    expect(clock.pausesMs).toEqual([199, 399, 799, 1598, 3196, 6393, 12787]);
  });

  it("asks for a pause: the next try waits for it", async () => {
    const lake = await open();
    await lake.capabilities();
    const headers = { "retry-after": "7" };
    server.faults.push({
      when: { operation: "PutObject" },
      fault: { kind: "error", status: 503, code: "SlowDown", headers },
    });
    await lake.putBytes(planBytes(KEY, "x"));
    expect(clock.pausesMs).toEqual([7000]);
  });

  it("keeps receiving other bytes: that is corruption, and nothing is stored", async () => {
    const lake = await open();
    server.faults.push({ when: { operation: "PutObject" }, times: 100, fault: { kind: "flip-on-the-way" } });
    await expect(lake.putBytes(planBytes(KEY, "x"))).rejects.toMatchObject({ code: "LAKE_CORRUPT" });
    expect(server.versions()).toEqual([]);
  });

  const refusals: readonly [string, number, string, string, RegExp][] = [
    ["denies it", 403, "AccessDenied", "LAKE_DENIED", /s3:PutObject.*lake/],
    ["does not know the key id", 403, "InvalidAccessKeyId", "LAKE_DENIED", /AWS_ACCESS_KEY_ID/],
    ["refuses the signature", 403, "SignatureDoesNotMatch", "LAKE_DENIED", /AWS_SECRET_ACCESS_KEY/],
    ["wants to know who asks", 401, "Unauthorized", "LAKE_DENIED", /AWS_PROFILE/],
    ["has no such bucket", 404, "NoSuchBucket", "LAKE_NO_BUCKET", /DAGMAR_LAKE/],
    ["is in another region", 301, "PermanentRedirect", "LAKE_NO_BUCKET", /AWS_REGION/],
    ["refuses the request", 400, "InvalidRequest", "LAKE_UNSUPPORTED", /^$/],
  ];
  it.each(refusals)("%s: asked once, said plainly", async (_name, status, code, expected, hint) => {
    const lake = await open();
    await lake.capabilities();
    server.faults.push({
      when: { operation: "PutObject" },
      times: 9,
      fault: { kind: "error", status, code },
    });
    const fault: unknown = await lake.putBytes(planBytes(KEY, "x")).catch((error: unknown) => error);
    expect(fault).toMatchObject({ code: expected, retryable: false });
    expect((fault as { hint?: string }).hint ?? "").toMatch(hint);
    expect(JSON.stringify(fault) + String(fault)).not.toContain(server.credentials.secretAccessKey);
    expect(countRequests("PutObject")).toBe(1);
  });
});

describe("an S3 lake", () => {
  it("sends the planned sha256 signed and as a checksum, with a length and never in chunks", async () => {
    const lake = await open();
    const request = await scratch.plan(KEY, 2_000_000);
    await lake.putFile(request);
    const put = server.requests.find(({ operation, key }) => operation === "PutObject" && key === FULL_KEY);
    expect(put?.headers).toMatchObject({
      "x-amz-content-sha256": request.sha256,
      "x-amz-checksum-sha256": Buffer.from(request.sha256, "hex").toString("base64"),
      "content-length": "2000000",
      "if-none-match": "*",
    });
    expect(put?.headers).not.toHaveProperty("content-encoding");
    expect(put?.headers).not.toHaveProperty("transfer-encoding");
    expect(put?.headers).not.toHaveProperty("expect");
  });

  it("asks what the store can do once, and not before it has to", async () => {
    const lake = await open();
    await lake.head(KEY);
    expect(server.requests.map(({ operation }) => operation)).toEqual(["HeadObject"]);
    await Promise.all(["1", "2", "3"].map(async (name) => lake.putBytes(planBytes(name, name))));
    await lake.capabilities();
    await lake.capabilities();
    const probes = server.requests
      .filter(({ key }) => key === "zone/_dagmar/probe")
      .map(({ operation }) => operation);
    expect(probes.filter((operation) => operation === "PutObject")).toHaveLength(3);
    expect(probes.filter((operation) => operation === "CompleteMultipartUpload")).toHaveLength(1);
    expect(server.uploads()).toEqual([]);
  });

  it("does not keep a probe that failed", async () => {
    const lake = await open();
    server.faults.push({
      when: { key: "zone/_dagmar/probe" },
      fault: { kind: "error", status: 403, code: "AccessDenied" },
    });
    await expect(lake.putBytes(planBytes(KEY, "x"))).rejects.toMatchObject({ code: "LAKE_DENIED" });
    expect((await lake.putBytes(planBytes(KEY, "x"))).outcome).toBe("created");
  });

  it("takes a forbidden HEAD for a missing permission, not for an absent object", async () => {
    const lake = await open();
    server.faults.push({
      when: { operation: "HeadObject" },
      times: 9,
      fault: { kind: "error", status: 403, code: "AccessDenied" },
    });
    const fault: unknown = await lake.head(KEY).catch((error: unknown) => error);
    expect(fault).toMatchObject({ code: "LAKE_DENIED", retryable: false });
    expect((fault as { hint?: string }).hint).toContain("s3:ListBucket");
  });

  it.each([-3_600_000, 3_600_000])("works with a store whose clock is %i ms off", async (clockOffsetMs) => {
    const lake = await open({ clockOffsetMs });
    expect((await lake.putBytes(planBytes(KEY, "x"))).outcome).toBe("created");
  });

  it("works with a wrong clock when HEAD is its first request", async () => {
    const lake = await open({ clockOffsetMs: 3_600_000 });
    expect(await lake.head(KEY)).toBeUndefined();
  });

  it("fetches credentials afresh when the store says that they have expired", async () => {
    server = await startS3Server();
    const old = { ...server.credentials, sessionToken: "old" };
    const fresh = { ...server.credentials, sessionToken: "fresh" };
    server.changeCredentials(old);
    let asked = 0;
    const lake = openAgain({
      credentials: async () => {
        asked += 1;
        return asked === 1 ? old : fresh;
      },
    });
    await lake.capabilities();
    server.changeCredentials(fresh);
    expect((await lake.putBytes(planBytes(KEY, "x"))).outcome).toBe("created");
    expect(asked).toBe(2);
  });

  it("fetches credentials afresh when a HEAD, which cannot name a reason, is refused with 400", async () => {
    const lake = await open();
    server.faults.push({
      when: { operation: "HeadObject" },
      fault: { kind: "error", status: 400, code: "ExpiredToken" },
    });
    expect(await lake.head(KEY)).toBeUndefined();
    expect(countRequests("HeadObject")).toBe(2);
  });

  it("says that credentials have expired when fresh ones have too", async () => {
    const lake = await open();
    await lake.capabilities();
    server.faults.push({
      when: { operation: "PutObject" },
      times: 9,
      fault: { kind: "error", status: 400, code: "ExpiredToken" },
    });
    const fault: unknown = await lake.putBytes(planBytes(KEY, "x")).catch((error: unknown) => error);
    expect(fault).toMatchObject({ code: "LAKE_DENIED", retryable: false });
    expect(countRequests("PutObject"), "once more with fresh ones").toBe(2);
  });

  it("ends a body that is cut short in an error", async () => {
    const lake = await open();
    await lake.putBytes(planBytes(KEY, "x".repeat(100_000)));
    server.faults.push({ when: { operation: "GetObject" }, fault: { kind: "truncate-answer" } });
    const { body } = await lake.get(KEY);
    await expect(buffer(body)).rejects.toMatchObject({ code: "LAKE_UNAVAILABLE", retryable: true });

    server.faults.push({ when: { operation: "GetObject" }, fault: { kind: "truncate-answer" } });
    const path = join(scratch.path, "cut short");
    await expect(lake.getFile({ key: KEY, path })).rejects.toMatchObject({ code: "LAKE_UNAVAILABLE" });
  });

  it("ends a body when it is aborted", async () => {
    const lake = await open();
    await lake.putBytes(planBytes(KEY, "x".repeat(5_000_000)));
    const cancel = new AbortController();
    const { body } = await lake.get(KEY, cancel.signal);
    cancel.abort(new Error("cancelled"));
    await expect(buffer(body)).rejects.toMatchObject({ name: "AbortError" });
  });

  it("raises its own fault when the file cannot be read, and the process lives", async () => {
    const lake = await open();
    const request = await scratch.plan(KEY, 10);
    await expect(lake.putFile({ ...request, path: `${request.path}.gone` })).rejects.toMatchObject({
      code: "INPUT_MISSING",
    });
    await expect(lake.putFile({ ...request, path: scratch.path })).rejects.toMatchObject({
      code: "INPUT_NOT_A_FILE",
    });
  });

  it("refuses to work once closed", async () => {
    const lake = await open();
    await lake.close();
    await expect(lake.head(KEY)).rejects.toThrow("The lake was closed.");
    expect(server.requests).toEqual([]);
  });
});

describe("a store that does not honour If-None-Match", () => {
  const stores: readonly [string, S3ServerOptions][] = [
    ["ignores it", { ignoresConditionalPut: true }],
    ["answers 501", { rejectsConditions: true }],
  ];
  it.each(stores)(
    "(it %s) is detected, reported once, and checked before and after",
    async (_name, options) => {
      const lake = await open(options);
      expect(await lake.capabilities()).toMatchObject({ conditionalPut: false, checksums: true });
      expect((await lake.putBytes(planBytes(KEY, "first"))).outcome).toBe("created");
      expect(await lake.putBytes(planBytes(KEY, "second"))).toMatchObject({
        outcome: "exists",
        head: { metadata: { sha256: sha256("first") } },
      });
      await lake.putFile(await scratch.plan("y.csv", 10));
      const warnings = log.lines.filter(
        ({ level, message }) => level === "warn" && message.includes("on a put"),
      );
      expect(warnings).toHaveLength(1);
      expect(countRequests("PutObject")).toBe(1);
    },
  );

  it("and loses an answer: the object is recognised as this call's own", async () => {
    const lake = await open({ ignoresConditionalPut: true });
    server.faults.push({ when: { operation: "PutObject" }, fault: { kind: "drop-after-store" } });
    expect((await lake.putBytes(planBytes(KEY, "x"))).outcome).toBe("created");
    expect(server.versions()).toHaveLength(1);
  });

  it("on completing is checked before and after", async () => {
    const lake = await open({ ignoresConditionalComplete: true }, IN_PARTS);
    expect(await lake.capabilities()).toEqual({
      conditionalPut: true,
      conditionalComplete: false,
      checksums: true,
    });
    const request = await scratch.plan(KEY, 3 * PART_BYTES);
    expect((await lake.putFile(request)).outcome).toBe("created");
    expect((await lake.putFile(await scratch.plan(KEY, 3 * PART_BYTES))).outcome).toBe("exists");
    expect(log.lines.filter(({ message }) => message.includes("multipart upload completes"))).toHaveLength(1);
    expect(server.uploads()).toEqual([]);
  });
});

describe("a store that verifies no checksum", () => {
  it("is detected, and an object that it changed is noticed", async () => {
    const lake = await open({ ignoresChecksums: true });
    expect(await lake.capabilities()).toMatchObject({ checksums: false });
    expect((await lake.putBytes(planBytes("good.json", "good"))).outcome).toBe("created");
    server.faults.push({ when: { operation: "PutObject" }, fault: { kind: "flip-in-store" } });
    await expect(lake.putBytes(planBytes(KEY, "x"))).rejects.toMatchObject({
      code: "LAKE_CORRUPT",
      retryable: false,
    });
    // The metadata describes the planned bytes: the next put would take the object for them.
    await expect(lake.putBytes(planBytes(KEY, "x"))).rejects.toMatchObject({ code: "LAKE_CORRUPT" });
  });
});

describe("an upload in parts, when", () => {
  const healed: readonly [string, Operation, FaultKind, number][] = [
    ["a part's answer is lost", "UploadPart", { kind: "drop-after-store" }, 3],
    ["a part meets 503", "UploadPart", { kind: "error", status: 503, code: "SlowDown" }, 6],
    ["a part is reset in its middle", "UploadPart", { kind: "half-read-reset" }, 2],
    ["a part's bit flips on the way", "UploadPart", { kind: "flip-on-the-way" }, 2],
    ["the upload is lost and begun again", "UploadPart", { kind: "lose-upload" }, 1],
    [
      "beginning meets 500",
      "CreateMultipartUpload",
      { kind: "error", status: 500, code: "InternalError" },
      2,
    ],
    ["the completion's answer is lost", "CompleteMultipartUpload", { kind: "drop-after-store" }, 1],
    [
      "the completion is done and answers 500",
      "CompleteMultipartUpload",
      { kind: "error-after-store", status: 500, code: "InternalError" },
      1,
    ],
    [
      "the completion meets a conflict",
      "CompleteMultipartUpload",
      { kind: "error", status: 409, code: "ConditionalRequestConflict" },
      1,
    ],
  ];
  for (const ignoresConditionalComplete of [false, true]) {
    const kind = ignoresConditionalComplete ? "an ignored" : "an honoured";
    it.each(healed)(
      `%s: it is stored once, with ${kind} condition`,
      async (_name, operation, fault, times) => {
        const lake = await open({ ignoresConditionalComplete }, IN_PARTS);
        server.faults.push({ when: { operation }, times, fault });
        const request = await scratch.plan(KEY, 9 * PART_BYTES + 1);
        const result = await lake.putFile(request);
        const { head, body } = await lake.get(KEY);
        expect(result).toEqual({ outcome: "created", etag: head.etag });
        expect(sha256(await buffer(body))).toBe(request.sha256);
        expect(server.faults.leftCount).toBe(0);
        expect(server.versions()).toHaveLength(1);
        expect(server.uploads(), "nothing unfinished is left").toEqual([]);
      },
    );
  }

  it("another object is stored first: it is not changed and the upload is ended", async () => {
    const lake = await open({}, IN_PARTS);
    server.faults.push({
      when: { operation: "CompleteMultipartUpload" },
      fault: { kind: "foreign-object", body: "theirs" },
    });
    const result = await lake.putFile(await scratch.plan(KEY, 3 * PART_BYTES));
    expect(result).toMatchObject({ outcome: "exists", head: { sizeBytes: 6 } });
    expect(server.uploads()).toEqual([]);
  });

  it("a part is denied: the upload is ended and the reason is reported", async () => {
    const lake = await open({}, IN_PARTS);
    server.faults.push({
      when: { operation: "UploadPart" },
      times: 9,
      fault: { kind: "error", status: 403, code: "AccessDenied" },
    });
    await expect(lake.putFile(await scratch.plan(KEY, 9 * PART_BYTES))).rejects.toMatchObject({
      code: "LAKE_DENIED",
    });
    expect(server.uploads()).toEqual([]);
    expect(server.versions()).toEqual([]);
  });

  it("is cancelled: nothing unfinished is left", async () => {
    const lake = await open({}, IN_PARTS);
    const cancel = new AbortController();
    const request = await scratch.plan(KEY, 9 * PART_BYTES, {
      signal: cancel.signal,
      onProgress: () => cancel.abort(new Error("cancelled")),
    });
    await expect(lake.putFile(request)).rejects.toThrow("cancelled");
    expect(server.uploads()).toEqual([]);
  });

  it("the process died: a sweep ends what is old, under its prefix only", async () => {
    const lake = await open({ pageSize: 2 }, IN_PARTS);
    for (const key of ["a/1", "a/2", "a/3", "b/1"]) {
      server.faults.push(
        { when: { operation: "UploadPart" }, fault: { kind: "error", status: 403, code: "AccessDenied" } },
        {
          when: { operation: "AbortMultipartUpload" },
          fault: { kind: "error", status: 403, code: "AccessDenied" },
        },
      );
      await expect(lake.putFile(await scratch.plan(key, PART_BYTES + 1))).rejects.toMatchObject({
        code: "LAKE_DENIED",
      });
    }
    expect(server.uploads()).toHaveLength(4);
    expect(await lake.sweepLeftovers("a/", new Date("2000-01-01T00:00:00Z"))).toBe(0);
    expect(await lake.sweepLeftovers("a/", new Date("2100-01-01T00:00:00Z"))).toBe(3);
    expect(server.uploads().map(({ key }) => key)).toEqual(["zone/b/1"]);
  });

  it("would need more than 10,000 parts: the parts grow", () => {
    expect(choosePartSize(100, 16)).toBe(16);
    expect(choosePartSize(160_000, 16)).toBe(16);
    expect(choosePartSize(160_001, 16)).toBe(17);
    expect(Math.ceil((5 * 1024 ** 4) / choosePartSize(5 * 1024 ** 4, 16 * 1024 ** 2))).toBeLessThanOrEqual(
      10_000,
    );
  });
});
