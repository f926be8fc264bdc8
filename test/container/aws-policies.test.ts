/** The policies for AWS grant only what the S3 lake asks for, and the guide explains each statement of them. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import {
  checkBucketPolicy,
  checkLifecycle,
  checkPublicAccessBlock,
  checkRemoverPolicy,
  checkWriterPolicy,
  listStatements,
  type Zones,
} from "./check-policies.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const read = (name: string): string => readFileSync(join(ROOT, "deploy/aws", name), "utf8");
const WRITER = read("writer-policy.json");
const REMOVER = read("remover-policy.json");
const BUCKET = read("bucket-policy.json");
const ACCESS_BLOCK = read("public-access-block.json");
const LIFECYCLE = read("lifecycle.json");
const GUIDE = read("README.md");

const S3_ROOM = join(ROOT, "lake/s3");
const s3Sources = readdirSync(S3_ROOM).map((name) => readFileSync(join(S3_ROOM, name), "utf8"));
/** Each call of the S3 lake names the permission that it needs. Only `dagmar lake rm` deletes, with another role. */
const ASKED = new Set(
  s3Sources
    .flatMap((text) => text.match(/\bs3:[A-Z]\w+(?=")/g) ?? [])
    .filter((action) => action !== "s3:DeleteObject"),
);

/** The first folder of each key that the shipped Dags write. */
const ZONES: Zones = (() => {
  const dags = readdirSync(join(ROOT, "dags"))
    .filter((name) => name.endsWith(".yaml"))
    .map((name) => readFileSync(join(ROOT, "dags", name), "utf8"));
  const keys = dags.flatMap((text) =>
    [...text.matchAll(/\bkey: "?([^/"]+)\//g)].map((match) => match[1] ?? ""),
  );
  const zones = [...new Set(keys)];
  return { raw: ["Raw"], derived: zones.filter((zone) => zone !== "Raw") };
})();

function plant(text: string, passage: string | RegExp, replacement: string): string {
  const planted = text.replace(passage, replacement);
  if (planted === text) throw new Error(`${String(passage)} is not in the file`);
  return planted;
}

describe("the writer's policy", () => {
  it("grants what the S3 lake names in its calls, and nothing that changes more", () => {
    expect([...ASKED].toSorted()).toEqual(
      expect.arrayContaining(["s3:GetObject", "s3:ListBucket", "s3:PutObject"]),
    );
    expect(ZONES.derived.toSorted()).toEqual(expect.arrayContaining(["Refined", "Report", "Trusted"]));
    expect(checkWriterPolicy(WRITER, ASKED, ZONES)).toEqual([]);
  });

  it.each<[string, string | RegExp, string]>([
    ["granted: s3:DeleteObject", '"s3:PutObject"', '"s3:PutObject", "s3:DeleteObject"'],
    ["granted: s3:*", '"s3:PutObject"', '"s3:PutObject", "s3:*"'],
    ["not granted: s3:PutObject", /"s3:PutObject", /g, ""],
    ["not granted: s3:AbortMultipartUpload", /"s3:AbortMultipartUpload", /g, ""],
    ["not written: arn:aws:s3:::BUCKET/Report/*", /,\s*"arn:aws:s3:::BUCKET\/Report\/\*"/, ""],
    ["WriteAndReplaceTables reaches arn:aws:s3:::BUCKET/*", "BUCKET/Trusted/*", "BUCKET/*"],
    ["ListTheLake does not list Trusted/", '"Trusted/*", ', ""],
    ["WriteAndReadTheRawZone reaches arn:aws:s3:::BUCKET/*", "BUCKET/Raw/*", "BUCKET/*"],
    ["WriteAndReadTheRawZone reaches *", "arn:aws:s3:::BUCKET/_dagmar/probe", "*"],
    ["ListTheLake does not list Raw/", /,\s*"Condition": \{\s*"StringLike"[^}]*\}\s*\}/, ""],
    ["leases cannot be kept", "BUCKET/_dagmar/leases/*", "BUCKET/_dagmar/probe"],
    ["KeepLeases reaches arn:aws:s3:::BUCKET/_dagmar/*", "BUCKET/_dagmar/leases/*", "BUCKET/_dagmar/*"],
    ["ListTheLake: an absent lease is denied", /,\s*"_dagmar\/leases\/\*"(?=\s*\])/, ""],
    ["ListTheLake lists *", '["Raw/*", "Trusted', '["Raw/*", "*", "Trusted'],
    [
      "FindUnfinishedUploads is not an identity's permission",
      /"Allow"(?=,\s*"Action": "s3:ListBucketM)/,
      '"Deny"',
    ],
  ])("is faulted: %s, for %j", (fault, passage, replacement) => {
    expect(checkWriterPolicy(plant(WRITER, passage, replacement), ASKED, ZONES)).toContain(fault);
  });

  it("is faulted when the product comes to ask for more", () => {
    expect(checkWriterPolicy(WRITER, new Set([...ASKED, "s3:PutObjectTagging"]), ZONES)).toEqual([
      "not granted: s3:PutObjectTagging",
    ]);
  });
});

describe("the remover's policy", () => {
  it("grants the deletion of objects where the Dags write, and what a removal needs besides", () => {
    expect(checkRemoverPolicy(REMOVER, ZONES)).toEqual([]);
  });

  it.each<[string, string | RegExp, string]>([
    ["not granted: s3:DeleteObject", '"s3:DeleteObject"', '"s3:GetObject"'],
    ["granted: s3:DeleteObjectVersion", '"s3:DeleteObject"', '["s3:DeleteObject", "s3:DeleteObjectVersion"]'],
    ["RemoveFromTheLake reaches arn:aws:s3:::BUCKET/*", "BUCKET/Raw/*", "BUCKET/*"],
    [
      "RemoveFromTheLake does not reach arn:aws:s3:::BUCKET/Report/*",
      /,\s*"arn:aws:s3:::BUCKET\/Report\/\*"(?=\s*\])/,
      "",
    ],
    ["LookInTheLake lists *", '["Raw/*", "Trusted', '["Raw/*", "*", "Trusted'],
    ["LookInTheLake does not list Report/", ', "Report/*"', ""],
  ])("is faulted: %s, for %j", (fault, passage, replacement) => {
    expect(checkRemoverPolicy(plant(REMOVER, passage, replacement), ZONES)).toContain(fault);
  });
});

describe("the bucket's policy", () => {
  it("refuses plain HTTP, and the writer's deletions and overwrites, and grants nothing", () => {
    expect(checkBucketPolicy(BUCKET)).toEqual([]);
  });

  it.each<[string, string | RegExp, string]>([
    ["plain HTTP is not refused", '"aws:SecureTransport": "false"', '"aws:SecureTransport": "true"'],
    ["plain HTTP is not refused", '["arn:aws:s3:::BUCKET", ', "["],
    ["DenyWithoutTls grants something", '"Deny"', '"Allow"'],
    ["the writer may be allowed to delete", "s3:DeleteObject*", "s3:DeleteBucket"],
    ["the writer may be allowed to delete", /WRITER_ROLE/, "OTHER_ROLE"],
    ["the writer may overwrite", '"s3:if-none-match": "true"', '"s3:if-none-match": "false"'],
    ["the writer may overwrite", /,?\s*"Bool": \{ "s3:ObjectCreationOperation": "true" \}/, ""],
    ["the writer may overwrite", "BUCKET/Raw/*", "BUCKET/*"],
  ])("is faulted: %s, for %j", (fault, passage, replacement) => {
    expect(checkBucketPolicy(plant(BUCKET, passage, replacement))).toContain(fault);
  });
});

describe("the bucket's settings", () => {
  it("block every kind of public access", () => {
    expect(checkPublicAccessBlock(ACCESS_BLOCK)).toEqual([]);
    expect(
      checkPublicAccessBlock(plant(ACCESS_BLOCK, '"BlockPublicPolicy": true', '"BlockPublicPolicy": false')),
    ).toEqual(["BlockPublicPolicy"]);
  });

  it("end unfinished uploads and let no object expire", () => {
    expect(checkLifecycle(LIFECYCLE)).toEqual([]);
    expect(checkLifecycle(plant(LIFECYCLE, "Enabled", "Disabled"))).toEqual(["unfinished uploads stay"]);
    expect(checkLifecycle(plant(LIFECYCLE, '"Status"', '"Expiration": { "Days": 9 }, "Status"'))).toEqual([
      "Expiration",
    ]);
  });
});

describe("the guide", () => {
  it("explains each statement, setting and rule by its name", () => {
    const statements = [WRITER, REMOVER, BUCKET].flatMap(listStatements).map(({ Sid }) => Sid);
    const settings = Object.keys(JSON.parse(ACCESS_BLOCK) as object);
    expect(statements.length).toBeGreaterThan(5);
    for (const name of [...statements, ...settings, "EndUnfinishedUploads"]) {
      expect(GUIDE).toContain(`**${name}**`);
    }
    expect(GUIDE.match(/^- \*\*(\w+)\*\*/gm)?.length).toBeGreaterThanOrEqual(statements.length + 3);
  });

  it("gives a command for each file and sets every placeholder", () => {
    for (const file of readdirSync(join(ROOT, "deploy/aws")).filter((name) => name.endsWith(".json"))) {
      expect(GUIDE).toContain(`file://$out/${file}`);
    }
    const placeholders = new Set(
      [WRITER, REMOVER, BUCKET].join("").match(/\b(?:BUCKET|ACCOUNT_ID|WRITER_ROLE|[A-Z]+_[A-Z_]+)\b/g),
    );
    for (const name of placeholders) expect(GUIDE).toContain(`s/${name}/$${name}/g`);
  });
});
