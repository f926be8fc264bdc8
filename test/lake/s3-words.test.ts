/** How a refusal of the store is reported: its own code and message, with a hint that fits it. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { DagmarError } from "../../model/errors.ts";
import type { Lake } from "../../model/ports/lake.ts";
import type { FaultKind, Operation } from "../support/s3-server/faults.ts";
import { describeS3Fault } from "../../lake/s3/describe-s3-fault.ts";
import type { S3Options } from "../../lake/s3/s3-options.ts";
import { planBytes } from "./lake-tools.ts";
import { startS3World, type S3World } from "./s3-world.ts";

let world: S3World;
beforeEach(async () => {
  world = await startS3World();
});
afterEach(async () => {
  await world.close();
});

const refusal = (status: number, code: string, message: string): FaultKind => ({
  kind: "error",
  status,
  code,
  message,
});

async function send(lake: Lake, operation: Operation): Promise<unknown> {
  if (operation === "PutObject") return await lake.putBytes(planBytes("Raw/x.json", "x"));
  if (operation === "GetObject") return await lake.get("Raw/there.json");
  if (operation === "HeadObject") return await lake.head("Raw/there.json");
  for await (const { key } of lake.list("Raw/")) return key;
  return undefined;
}

async function meet(operation: Operation, fault: FaultKind): Promise<DagmarError> {
  const lake = world.open();
  await lake.putBytes(planBytes("Raw/there.json", "1"));
  world.server.faults.push({ when: { operation }, times: 99, fault });
  const met: unknown = await send(lake, operation).catch((error: unknown) => error);
  return met as DagmarError;
}

describe("a refusal", () => {
  it.each<[Operation, FaultKind, string, string, RegExp]>([
    [
      "PutObject",
      refusal(403, "AccessDenied", "User is not authorized: explicit deny in a resource policy"),
      "LAKE_DENIED",
      "403 AccessDenied: User is not authorized: explicit deny in a resource policy",
      /s3:PutObject.*DAGMAR_S3_SSE/,
    ],
    [
      "PutObject",
      refusal(403, "AccountProblem", "Please pay"),
      "LAKE_DENIED",
      "403 AccountProblem: Please pay",
      /./,
    ],
    ["PutObject", refusal(403, "Surprise", "Never heard"), "LAKE_DENIED", "403 Surprise: Never heard", /./],
    [
      "GetObject",
      refusal(403, "AccessDenied", "no\nKMS\tkey"),
      "LAKE_DENIED",
      "403 AccessDenied: no KMS key",
      /s3:GetObject/,
    ],
    [
      "GetObject",
      refusal(403, "InvalidObjectState", "The operation is not valid for the object's storage class"),
      "LAKE_UNSUPPORTED",
      "403 InvalidObjectState: The operation is not valid for the object's storage class",
      /restore/,
    ],
    ["HeadObject", refusal(403, "AccessDenied", ""), "LAKE_DENIED", "403", /s3:ListBucket/],
    [
      "PutObject",
      refusal(400, "KMS.NotFoundException", "Key 'x' does not exist"),
      "LAKE_UNSUPPORTED",
      "400 KMS.NotFoundException: Key 'x' does not exist",
      /^$/,
    ],
    [
      "PutObject",
      refusal(403, "RequestTimeTooSkewed", "The difference is too large"),
      "LAKE_UNAVAILABLE",
      "clock",
      /^(?!.*s3:PutObject).*NTP/,
    ],
    [
      "PutObject",
      refusal(403, "SignatureDoesNotMatch", "Signature expired: 1 is now earlier than 2"),
      "LAKE_UNAVAILABLE",
      "clock",
      /^(?!.*s3:PutObject).*NTP/,
    ],
  ])("of %s by %j is %s and says: %s", async (operation, fault, code, words, hint) => {
    const met = await meet(operation, fault);
    expect(met).toMatchObject({ code });
    expect(met.message).toContain(words);
    expect(met.hint ?? "").toMatch(hint);
  });

  it.each<[Operation, number, string]>([
    ["PutObject", 403, "refused to store zone/Raw/x.json (bucket "],
    ["GetObject", 403, "refused to read zone/Raw/there.json (bucket "],
    ["ListObjectsV2", 403, "refused to list zone/Raw/ (bucket "],
    ["PutObject", 400, "refused to store zone/Raw/x.json: 400"],
    ["GetObject", 500, "Cannot read zone/Raw/there.json in the store at http://"],
    ["HeadObject", 500, "Cannot look up zone/Raw/there.json in the store at http://"],
    ["ListObjectsV2", 500, "Cannot list zone/Raw/ in the store at http://"],
  ])("of %s with %i says what could not be done, and where", async (operation, status, words) => {
    expect((await meet(operation, refusal(status, "Surprise", "Never heard"))).message).toContain(words);
  });
});

describe("an address that is wrong", () => {
  const ask = async (s3: S3Options): Promise<DagmarError> => {
    const met: unknown = await world
      .open({ forcePathStyle: true, ...s3 })
      .head("Raw/there.json")
      .catch((error: unknown) => error);
    return met as DagmarError;
  };

  it.each([
    [{ endpoint: "AWS_ENDPOINT_URL" }, "AWS_ENDPOINT_URL is http://127.0.0.1:1: is the store running there?"],
    [{}, "AWS_ENDPOINT_URL_S3 is http://127.0.0.1:1: is the store running there?"],
  ])("that refuses connections names the setting %j and what it holds", async (named, hint) => {
    const met = await ask({ endpoint: "http://127.0.0.1:1", named });
    expect(met).toMatchObject({ code: "LAKE_UNAVAILABLE", retryable: true, hint });
    expect(met.message).toContain("cannot be reached");
    expect(met.message).toContain("ECONNREFUSED");
  });

  it("of a region that is none names the region's setting", () => {
    const place = { bucket: "b", endpoint: undefined, what: "HeadObject x", permission: "s3:GetObject" };
    const fault = Object.assign(new Error("getaddrinfo ENOTFOUND s3.sa-eats-1.amazonaws.com"), {
      code: "ENOTFOUND",
    });
    const met = describeS3Fault(fault, { ...place, region: "sa-eats-1", named: { region: "AWS_REGION" } });
    expect(met).toMatchObject({ code: "LAKE_UNAVAILABLE" });
    expect((met as DagmarError).hint).toContain("AWS_REGION is sa-eats-1. If there is such a region");
  });

  it("of another region says which is expected, and what is set", async () => {
    const met = await meet(
      "PutObject",
      refusal(400, "AuthorizationHeaderMalformed", "the region 'us-east-1' is wrong; expecting 'sa-east-1'"),
    );
    expect(met.hint).toMatch(/Set AWS_REGION to the bucket's region, sa-east-1\. AWS_REGION is \S+\.$/);
  });
});
