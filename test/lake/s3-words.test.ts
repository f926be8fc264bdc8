/** What a refusal of the store is told as: its own code and message, beside a hint that is about it. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { DagmarError } from "../../model/errors.ts";
import type { FaultKind, Operation } from "../support/s3-server/faults.ts";
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

async function meet(operation: Operation, fault: FaultKind): Promise<DagmarError> {
  const lake = world.open();
  await lake.putBytes(planBytes("Raw/there.json", "1"));
  world.server.faults.push({ when: { operation }, times: 99, fault });
  const met: unknown = await (
    operation === "PutObject"
      ? lake.putBytes(planBytes("Raw/x.json", "x"))
      : operation === "GetObject"
        ? lake.get("Raw/there.json")
        : lake.head("Raw/there.json")
  ).catch((error: unknown) => error);
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
});
