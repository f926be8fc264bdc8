/** Which spellings of a lake's location mean the same lake, and which mean none. */
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { openLake } from "../../lake/open-lake.ts";
import type { S3Options } from "../../lake/s3/s3-options.ts";
import { ConfigError } from "../../model/errors.ts";
import { makeEagerClock, makeKeptLogger } from "./lake-tools.ts";

function open(location: string, s3: S3Options = {}) {
  return openLake(location, { clock: makeEagerClock(), log: makeKeptLogger(), s3 });
}

describe("a lake's location", () => {
  it.each([
    ["s3://my-lake", "s3://my-lake"],
    ["s3://my-lake/", "s3://my-lake"],
    ["S3://my-lake//zone/raw//", "s3://my-lake/zone/raw"],
    ["file:///no/such/lake", "file:///no/such/lake"],
    ["/no/such/a/../lake/", "file:///no/such/lake"],
    ["file:///no/such/my%20lake", "file:///no/such/my%20lake"],
    ["/no/such/my lake", "file:///no/such/my%20lake"],
    ["file:./data/lake", pathToFileURL(resolve("data/lake")).href],
    ["./data/lake", pathToFileURL(resolve("data/lake")).href],
  ])("%s is the lake %s", (location, id) => {
    expect(open(location).id).toBe(id);
  });

  it.each<[S3Options, string]>([
    [{ endpoint: "http://127.0.0.1:9000" }, "?endpoint=http://127.0.0.1:9000"],
    [{ endpoint: "http://user:secret@STORE.example:80/" }, "?endpoint=http://store.example"],
    [{ endpoint: "https://store.example/s3/" }, "?endpoint=https://store.example/s3"],
    [{ endpoint: "https://s3.sa-east-1.amazonaws.com" }, ""],
    [{ endpoint: "https://s3-fips.dualstack.us-east-1.amazonaws.com" }, ""],
    [{ endpoint: "https://bucket.vpce-1a2b-3c4d.s3.us-east-1.vpce.amazonaws.com" }, ""],
    [{ endpoint: "https://s3.us-gov-west-1.amazonaws.com" }, "?partition=aws-us-gov"],
    [{ endpoint: "https://s3.cn-north-1.amazonaws.com.cn" }, "?partition=aws-cn"],
    [{ region: "sa-east-1" }, ""],
    [{ region: "cn-north-1" }, "?partition=aws-cn"],
    [
      { endpoint: "http://ec2-1-2-3-4.compute-1.amazonaws.com:9000" },
      "?endpoint=http://ec2-1-2-3-4.compute-1.amazonaws.com:9000",
    ],
    [
      { endpoint: "https://s3-minio-1.us-east-1.elb.amazonaws.com" },
      "?endpoint=https://s3-minio-1.us-east-1.elb.amazonaws.com",
    ],
    [{ endpoint: "https://amazonaws.com.example" }, "?endpoint=https://amazonaws.com.example"],
  ])("at %j has the suffix %j", (s3, suffix) => {
    expect(open("s3://my-lake/zone", s3).id).toBe(`s3://my-lake/zone${suffix}`);
  });

  it.each([
    "",
    "  ",
    "s3://",
    "s3:my-lake",
    "s3://UPPER/x",
    "s3://ab",
    "s3://my-lake/a/../b",
    "s3://my-lake/x?endpoint=http://x",
    "s3://key:secret@my-lake/x",
    "https://my-lake/x",
    "gs://my-lake",
    "file:",
    "file://otherhost/x",
  ])("is refused as %j, with a hint and without a password", (location) => {
    const fault = (() => {
      try {
        return open(location);
      } catch (error) {
        return error;
      }
    })();
    expect(fault).toBeInstanceOf(ConfigError);
    expect(fault).toMatchObject({ code: "CONFIG_INVALID" });
    expect((fault as ConfigError).hint).toContain("s3://bucket/prefix");
    expect((fault as ConfigError).message).not.toContain("secret");
  });

  it("is refused with an endpoint that is no address", () => {
    expect(() => open("s3://my-lake", { endpoint: "localhost:9000" })).toThrow(ConfigError);
  });
});
