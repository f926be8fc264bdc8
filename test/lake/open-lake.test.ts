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

  it.each([
    ["http://127.0.0.1:9000", "?endpoint=http://127.0.0.1:9000"],
    ["http://user:secret@STORE.example:80/", "?endpoint=http://store.example"],
    ["https://s3.sa-east-1.amazonaws.com", ""],
  ])("at the endpoint %s has the suffix %j", (endpoint, suffix) => {
    expect(open("s3://my-lake/zone", { endpoint }).id).toBe(`s3://my-lake/zone${suffix}`);
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
