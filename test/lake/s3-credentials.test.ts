/**
 * Credentials that are replaced while a lake is open: a new file is read, and a request is sent once more with its
 * keys.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { S3Credentials } from "../../lake/s3/s3-options.ts";
import type { SweepableLake } from "../../lake/sweepable-lake.ts";
import { planBytes } from "./lake-tools.ts";
import { startS3World, type S3World } from "./s3-world.ts";

const OLD: S3Credentials = { accessKeyId: "AKIAOLD", secretAccessKey: "old-secret", sessionToken: "old" };
const FRESH: S3Credentials = { accessKeyId: "AKIANEW", secretAccessKey: "new-secret", sessionToken: "new" };

let world: S3World;
let file: string;
beforeEach(async () => {
  world = await startS3World();
  file = join(world.scratch.path, "credentials");
  vi.stubEnv("AWS_SHARED_CREDENTIALS_FILE", file);
  vi.stubEnv("AWS_CONFIG_FILE", join(world.scratch.path, "config"));
  for (const name of ["AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"]) {
    vi.stubEnv(name, undefined);
  }
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await world.close();
});

function writeKeys({ accessKeyId, secretAccessKey, sessionToken }: S3Credentials): void {
  const lines = [`aws_access_key_id=${accessKeyId}`, `aws_secret_access_key=${secretAccessKey}`];
  if (sessionToken !== undefined) lines.push(`aws_session_token=${sessionToken}`);
  writeFileSync(file, `[default]\n${lines.join("\n")}\n`);
}

function openByFile(): SweepableLake {
  const { endpoint, region, bucket } = world.server;
  // The world gives keys to the lakes that it opens; this lake has to find them.
  const lake = world.open({ endpoint, region, credentials: undefined as never });
  expect(lake.id).toContain(bucket);
  return lake;
}

describe("a shared credentials file that is rewritten", () => {
  const rotations: readonly [string, S3Credentials, S3Credentials][] = [
    ["with another token (400 ExpiredToken)", OLD, { ...OLD, sessionToken: "new" }],
    ["with another key (403 InvalidAccessKeyId)", OLD, FRESH],
    ["with another secret (403 SignatureDoesNotMatch)", OLD, { ...OLD, secretAccessKey: "other" }],
  ];
  it.each(rotations)("%s is read again, by a write and by a HEAD", async (_name, old, fresh) => {
    writeKeys(old);
    world.server.changeCredentials(old);
    const lake = openByFile();
    await lake.putBytes(planBytes("Raw/1.json", "1"));
    writeKeys(fresh);
    world.server.changeCredentials(fresh);
    expect((await lake.putBytes(planBytes("Raw/2.json", "2"))).outcome).toBe("created");
    expect(world.count("PutObject")).toBe(3);

    writeKeys(old);
    world.server.changeCredentials(old);
    expect(await lake.head("Raw/2.json")).toBeDefined();
  });

  it("with the same keys is not tried again, and the store's message is shown", async () => {
    writeKeys(OLD);
    world.server.changeCredentials(OLD);
    const lake = openByFile();
    await lake.putBytes(planBytes("Raw/1.json", "1"));
    world.server.changeCredentials(FRESH);
    const fault: unknown = await lake.putBytes(planBytes("Raw/2.json", "2")).catch((error: unknown) => error);
    expect(fault).toMatchObject({ code: "LAKE_DENIED", retryable: false });
    expect(String(fault)).toContain("403 InvalidAccessKeyId: The test server says InvalidAccessKeyId");
    expect(world.count("PutObject")).toBe(2);
  });
});
