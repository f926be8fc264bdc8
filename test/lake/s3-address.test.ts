/** A lake's name is where the SDK really sends requests: every AWS setting that changes it is read, or refused. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { mayAwsFilesMoveLake } from "../../config/settings/aws-files.ts";
import { openLake } from "../../lake/open-lake.ts";
import { askStore } from "../../lake/s3/s3-address.ts";
import { makeEagerClock, makeKeptLogger, makeScratch, type Scratch } from "./lake-tools.ts";
import { startS3World } from "./s3-world.ts";

let scratch: Scratch;
let config: string;
beforeEach(async () => {
  scratch = await makeScratch();
  config = join(scratch.path, "config");
  for (const name of Object.keys(process.env)) if (name.startsWith("AWS_")) vi.stubEnv(name, undefined);
  vi.stubEnv("AWS_CONFIG_FILE", config);
  vi.stubEnv("AWS_SHARED_CREDENTIALS_FILE", join(scratch.path, "credentials"));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await scratch.remove();
});

/** As the command line opens it: the files are read, and the SDK is asked if they may move the lake. */
async function nameLake(file: string, variables: Readonly<Record<string, string>>): Promise<string> {
  writeFileSync(config, file);
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
  expect(mayAwsFilesMoveLake({ AWS_CONFIG_FILE: config })).toBe(true);
  const lake = openLake("s3://my-lake/zone", {
    clock: makeEagerClock(),
    log: makeKeptLogger(),
    s3: await askStore("my-lake"),
  });
  await lake.close();
  return lake.id.slice("s3://my-lake/zone".length);
}

const ELSEWHERE = "endpoint_url = http://127.0.0.1:9000/s3/";
const SERVICES = "[services dev]\ns3 =\n  endpoint_url = http://127.0.0.1:9001\n";

describe("a profile", () => {
  it.each<[string, string, Readonly<Record<string, string>>, string]>([
    ["moves the lake", `[default]\n${ELSEWHERE}\n`, {}, "?endpoint=http://127.0.0.1:9000/s3"],
    ["that is not chosen moves nothing", `[profile x]\n${ELSEWHERE}\n`, {}, ""],
    [
      "that is chosen does",
      `[profile x]\n${ELSEWHERE}\n`,
      { AWS_PROFILE: "x" },
      "?endpoint=http://127.0.0.1:9000/s3",
    ],
    [
      "may do so by a services section",
      `[default]\nservices = dev\n${SERVICES}`,
      {},
      "?endpoint=http://127.0.0.1:9001",
    ],
    // The SDK ignores the whole profile then, and the name follows it.
    [
      "with a services section that is not there moves nothing",
      `[default]\nservices = none\n${ELSEWHERE}\n`,
      {},
      "",
    ],
    [
      "gives way to a variable",
      `[default]\n${ELSEWHERE}\n`,
      { AWS_ENDPOINT_URL: "http://127.0.0.1:9002" },
      "?endpoint=http://127.0.0.1:9002",
    ],
    ["may be ignored", `[default]\n${ELSEWHERE}\n`, { AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: "true" }, ""],
    [
      "may have variables ignored",
      `[default]\nignore_configured_endpoint_urls = true\n`,
      { AWS_ENDPOINT_URL_S3: "http://127.0.0.1:9002" },
      "",
    ],
    [
      "with the same address as AWS's own is AWS",
      "[default]\nendpoint_url = https://s3.us-east-1.amazonaws.com\n",
      {},
      "",
    ],
    ["may name a region of another partition", "[default]\nregion = cn-north-1\n", {}, "?partition=aws-cn"],
    [
      "with FIPS and dual stack is still AWS",
      "[profile x]\nendpoint_url = http://a.example\n",
      { AWS_USE_FIPS_ENDPOINT: "true", AWS_USE_DUALSTACK_ENDPOINT: "true", AWS_REGION: "us-east-1" },
      "",
    ],
  ])("%s", async (_name, file, variables, suffix) => {
    expect(await nameLake(file, variables)).toBe(suffix);
  });

  it.each(["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"])(
    "in a file that %s names by ~/ moves the lake as the SDK reads it",
    async (name) => {
      writeFileSync(join(scratch.path, "elsewhere"), `[default]\nregion = us-east-1\n${ELSEWHERE}\n`);
      vi.stubEnv("HOME", scratch.path);
      vi.stubEnv(name, "~/elsewhere");
      expect(mayAwsFilesMoveLake({ HOME: scratch.path, [name]: "~/elsewhere" })).toBe(true);
      expect(await askStore("my-lake")).toMatchObject({ endpoint: "http://127.0.0.1:9000/s3" });
    },
  );

  it("without any address does not load the SDK", () => {
    writeFileSync(config, "[default]\nregion = sa-east-1\noutput = json\n");
    expect(mayAwsFilesMoveLake({ AWS_CONFIG_FILE: config })).toBe(false);
    expect(mayAwsFilesMoveLake({ HOME: join(scratch.path, "missing") })).toBe(false);
  });
});

it("a lake whose SDK was redirected by other settings sends nothing", async () => {
  const world = await startS3World();
  try {
    vi.stubEnv("AWS_ENDPOINT_URL", world.server.endpoint);
    vi.stubEnv("AWS_REGION", "us-east-1");
    vi.stubEnv("AWS_ACCESS_KEY_ID", "a");
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", "b");
    const lake = openLake("s3://lake", { clock: makeEagerClock(), log: makeKeptLogger() });
    await expect(lake.head("Raw/x")).rejects.toMatchObject({ code: "CONFIG_INVALID" });
    await expect(lake.head("Raw/x")).rejects.toThrow(/would send requests to http:\/\/127\.0\.0\.1/);
    expect(world.server.requests).toEqual([]);
    await lake.close();
  } finally {
    await world.close();
  }
});

it("FIPS and a custom address contradict each other: that is reported once, and at once", async () => {
  vi.stubEnv("AWS_USE_FIPS_ENDPOINT", "true");
  const clock = makeEagerClock();
  const s3 = { endpoint: "http://127.0.0.1:1", credentials: { accessKeyId: "a", secretAccessKey: "b" } };
  const lake = openLake("s3://my-lake", { clock, log: makeKeptLogger(), s3 });
  await expect(lake.head("Raw/x")).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  expect(clock.pausesMs).toEqual([]);
  await lake.close();
});

it("the region of a custom store is the configured one", async () => {
  const world = await startS3World({ region: "sa-east-1" });
  try {
    vi.stubEnv("AWS_REGION", "sa-east-1");
    const { endpoint, bucket, credentials } = world.server;
    const lake = openLake(`s3://${bucket}`, {
      clock: makeEagerClock(),
      log: makeKeptLogger(),
      s3: { endpoint, credentials },
    });
    expect(await lake.head("Raw/x")).toBeUndefined();
    await lake.close();
  } finally {
    await world.close();
  }
});
