/** Which settings result from which variables, and which values are faults. */
import { describe, expect, test } from "vitest";
import type { Environment } from "../../../config/settings/environment.ts";
import { parseSettings } from "../../../config/settings/settings.ts";
import { listVariables } from "../../../config/settings/variables.ts";
import { ConfigError } from "../../../model/errors.ts";
import { DECLARATIONS } from "../../../tasks/registry.ts";
import { readTmdbSettings } from "../../../tasks/tmdb-to-lake/declare.ts";

const files: Readonly<Record<string, string>> = { "/work/token": "tok-from-file\n", "/work/empty": " \n" };
const VARIABLES = listVariables(DECLARATIONS);
const context = {
  declarations: DECLARATIONS,
  workingFolder: "/work",
  readSecretFile: (file: string): string => {
    const content = files[file];
    if (content === undefined) throw Object.assign(new Error("no such file"), { code: "ENOENT" });
    return content;
  },
};

function parse(variables: Readonly<Record<string, string>>, more: Partial<Environment> = {}) {
  return parseSettings({ variables, fromDotEnv: new Set(), faults: [], ...more }, context);
}

function listFaults(
  variables: Readonly<Record<string, string>>,
  more: Partial<Environment> = {},
): readonly string[] {
  try {
    parse(variables, more);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.message
      .split("\n")
      .slice(1)
      .map((line) => line.trim());
  }
}

test("with nothing configured, the lake is a folder and the state a file, under the working folder", () => {
  expect(parse({})).toEqual({
    lake: { kind: "folder", path: "/work/data/lake" },
    databaseFile: "/work/data/dagmar.db",
    dagsFolder: "/work/dags",
    inputFolder: "/work/data/input",
    timezone: "UTC",
    logLevel: null,
    logFormat: "text",
    pools: new Map([
      ["default", 16],
      ["tmdb", 2],
    ]),
    maxActiveTasks: 32,
    http: { host: "127.0.0.1", port: 8793 },
    web: { password: null, passwordFile: null, basePath: "" },
    logsFolder: "/work/data/logs",
    notify: { url: null, after: 1, template: '{"text":"${message}"}', mail: null },
    tasks: { TMDB_BASE_URL: "https://api.themoviedb.org/3", TMDB_RATE_PER_SECOND: 30 },
    proxy: null,
    aws: {},
    secrets: [],
    inForce: expect.any(Array) as unknown,
  });
});

test("what is in force is listed with its origin, without a secret, also in an address or in another value", () => {
  const { inForce } = parse({
    DAGMAR_LAKE: "file:lake",
    TMDB_API_TOKEN: "s3cret-token",
    HTTPS_PROXY: "http://user:pass-word@proxy.example.com:3128",
    DAGMAR_NOTIFY_TEMPLATE: '{"text":"s3cret-token ${message}"}',
  });
  const find = (name: string) => inForce.find((setting) => setting.name === name);
  expect(find("DAGMAR_LAKE")).toMatchObject({ value: "file:lake", origin: "environment" });
  expect(find("DAGMAR_TIMEZONE")).toMatchObject({ value: "UTC", origin: "default" });
  expect(find("TMDB_API_TOKEN")).toMatchObject({ value: null, origin: "environment", isSecret: true });
  expect(find("AWS_PROFILE")).toMatchObject({ value: null, origin: "unset" });
  expect(JSON.stringify(inForce)).not.toMatch(/s3cret-token|pass-word/);
  expect(inForce.map(({ name }) => name).toSorted()).toEqual(VARIABLES.map(({ name }) => name).toSorted());
});

test("settings are frozen", () => {
  const settings = parse({});
  for (const value of [settings, settings.lake, settings.tasks, settings.aws, settings.secrets]) {
    expect(Object.isFrozen(value)).toBe(true);
  }
});

const s3 = (prefix: string, more = {}) => ({
  kind: "s3",
  bucket: "my-bucket",
  prefix,
  endpoint: null,
  encryption: null,
  ...more,
});

describe("the lake", () => {
  test.each([
    ["file:./lake", { kind: "folder", path: "/work/lake" }],
    ["file:lake", { kind: "folder", path: "/work/lake" }],
    ["file:/data/lake", { kind: "folder", path: "/data/lake" }],
    ["file:///data/the%20lake/", { kind: "folder", path: "/data/the lake" }],
    ["s3://my-bucket", s3("")],
    ["s3://my-bucket/raw/zone/", s3("raw/zone")],
    ["s3://my-bucket/the lake/até @ 50%+(1)", s3("the lake/até @ 50%+(1)")],
  ])("%s is understood", (text, lake) => {
    expect(parse({ DAGMAR_LAKE: text }).lake).toEqual(lake);
  });
  test.each<[Record<string, string>, string | null]>([
    [{ AWS_ENDPOINT_URL_S3: "http://127.0.0.1:9000/" }, "http://127.0.0.1:9000"],
    [{ AWS_ENDPOINT_URL: "http://127.0.0.1:9000" }, "http://127.0.0.1:9000"],
    [
      { AWS_ENDPOINT_URL: "http://127.0.0.1:1", AWS_ENDPOINT_URL_S3: "http://127.0.0.1:2" },
      "http://127.0.0.1:2",
    ],
    [{ AWS_ENDPOINT_URL: "http://127.0.0.1:1", AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: "true" }, null],
    [
      { AWS_ENDPOINT_URL: "http://127.0.0.1:1", AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: "false" },
      "http://127.0.0.1:1",
    ],
  ])("with %j has the endpoint %s", (variables, endpoint) => {
    expect(parse({ DAGMAR_LAKE: "s3://my-bucket", ...variables }).lake).toEqual(s3("", { endpoint }));
  });
  test.each<[Record<string, string>, string | null]>([
    [{ DAGMAR_WEB_BASE_PATH: "/dagmar" }, null],
    [{ DAGMAR_WEB_BASE_PATH: "/x/y-1.2_~" }, null],
    ...[
      "/",
      "x",
      "/x/",
      "//x",
      "/x//y",
      "/../x",
      "/x/..",
      "/x y",
      "/x?y",
      "/x;y",
      "/%2e",
      "/é",
      "http://x/y",
    ].map((text): [Record<string, string>, string] => [
      { DAGMAR_WEB_BASE_PATH: text },
      "must be a path such as /dagmar",
    ]),
    [{ DAGMAR_WEB_PASSWORD: "long enough" }, null],
    [{ DAGMAR_WEB_PASSWORD: "two\nlines" }, "must be one line"],
    [{ DAGMAR_WEB_PASSWORD_FILE: "token" }, null],
    [{ DAGMAR_WEB_PASSWORD_FILE: "empty" }, "names an empty file"],
    [{ DAGMAR_WEB_PASSWORD_FILE: "token", DAGMAR_WEB_PASSWORD: "x" }, "both set"],
  ])("%j of the pages and the API", (variables, fault) => {
    const found = listFaults(variables).join("\n");
    expect(fault === null ? found === "" : found.includes(fault), found).toBe(true);
  });

  test("a password from a file has no line feed, and counts as a secret", () => {
    const { web, secrets } = parse({ DAGMAR_WEB_PASSWORD_FILE: "token", DAGMAR_WEB_BASE_PATH: "/x" });
    expect(web).toEqual({ password: "tok-from-file", passwordFile: "/work/token", basePath: "/x" });
    expect(secrets).toContain("tok-from-file");
  });

  test.each<[Record<string, string>, object]>([
    [{ DAGMAR_S3_SSE: "AES256" }, { algorithm: "AES256", kmsKeyId: null }],
    [{ DAGMAR_S3_SSE: "aws:kms" }, { algorithm: "aws:kms", kmsKeyId: null }],
    [
      { DAGMAR_S3_SSE: "aws:kms:dsse", DAGMAR_S3_SSE_KMS_KEY_ID: "alias/lake" },
      { algorithm: "aws:kms:dsse", kmsKeyId: "alias/lake" },
    ],
  ])("with %j is encrypted as %j", (variables, encryption) => {
    expect(parse({ DAGMAR_LAKE: "s3://my-bucket", ...variables }).lake).toEqual(s3("", { encryption }));
  });
  test.each<[string, string]>([
    ["s3://bucket/a?b", '"?"'],
    ["s3://bucket/a#b", '"#"'],
    ["s3://bucket/a\\b", '"\\\\"'],
    ["s3://bucket/a\nb", '"\\n"'],
    ["s3://bucket/a /b", "begin or end with a space"],
    ["s3://bucket/a ", "begin or end with a space"],
    ["s3://my bucket/a", "no valid bucket"],
    ["s3://key:hush@bucket/x", "without credentials"],
    ["s3://arn:aws:s3:eu-west-1:123456789012:accesspoint/x", "an ARN is not accepted"],
  ])("%j is refused, and what is at fault is named: %s", (text, part) => {
    expect(listFaults({ DAGMAR_LAKE: text })).toEqual([expect.stringContaining(part)]);
  });
  test.each([
    "./lake",
    "/lake",
    "file:",
    "file://",
    "file://host/lake",
    "s3://",
    "s3://Bucket",
    "s3://b",
    "s3:/bucket",
    "s3://key:hush@bucket/x",
    "s3://bucket/a/../b",
    "s3://bucket/a//b",
    "s3://bucket/x?y=z",
    "http://bucket",
  ])("%s is refused, and not repeated", (text) => {
    const faults = listFaults({ DAGMAR_LAKE: text });
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(/^DAGMAR_LAKE /);
    expect(faults[0]).not.toContain("hush");
  });
});

describe("a path that only a shell expands is refused, since it would name a folder", () => {
  const paths = ["DAGMAR_LAKE", "DAGMAR_DB", "DAGMAR_DAGS", "DAGMAR_INPUT", "DAGMAR_LOGS"] as const;
  const scheme = (name: string): string => (name === "DAGMAR_LAKE" ? "file:" : "");
  test.each([
    ["~/hush", "must not begin with ~"],
    ["~", "must not begin with ~"],
    ["~ann/hush", "must not begin with ~"],
    ["$HOME/hush", "must not hold $NAME"],
    ["${HOME}/hush", "must not hold $NAME"],
    ["/srv/${STAGE}/hush", "must not hold $NAME"],
    ["./hush/$STAGE", "must not hold $NAME"],
    ["$(pwd)/hush", "must not hold $NAME"],
    ['"./hush"', "must not have quotes"],
    ["“./hush”", "must not have quotes"],
  ])("%s", (text, part) => {
    for (const name of paths) {
      const faults = listFaults({ [name]: scheme(name) + text });
      expect(faults).toEqual([expect.stringContaining(`${name} ${part}`)]);
      expect(faults[0]).not.toContain("hush");
    }
  });
  test.each(["s3://my-bucket/${STAGE}", "s3://my-bucket/$STAGE/raw", "file:///${HOME}/x", "file://~/x"])(
    "in the lake %s",
    (text) => expect(listFaults({ DAGMAR_LAKE: text })).toHaveLength(1),
  );
  test.each(["./~name", "/srv/a~b", "/srv/5$", "/srv/a$b"])("but not %s", (text) => {
    for (const name of paths) expect(listFaults({ [name]: scheme(name) + text })).toEqual([]);
  });
});

test("pools are added to those there are, and replace them", () => {
  expect(parse({ DAGMAR_POOLS: "tmdb=4, night=1" }).pools).toEqual(
    new Map([
      ["default", 16],
      ["tmdb", 4],
      ["night", 1],
    ]),
  );
});

test("addresses lose the slash at their end", () => {
  expect(parse({ TMDB_BASE_URL: "http://127.0.0.1:8080/3/" }).tasks["TMDB_BASE_URL"]).toBe(
    "http://127.0.0.1:8080/3",
  );
});

describe("a fault", () => {
  test.each<[string, string, string]>([
    ["DAGMAR_TIMEZONE", "Mars", "must be an IANA time zone"],
    ["DAGMAR_LOG_LEVEL", "verbose", "must be one of debug, info, warn, error"],
    ["DAGMAR_LOG_FORMAT", "xml", "must be one of text, json"],
    ["DAGMAR_POOLS", "tmdb", "must be a list of <pool>=<slots>"],
    ["DAGMAR_POOLS", "tmdb=0", "must be a list of"],
    ["DAGMAR_POOLS", "a=1,a=2", 'names the pool "a" twice'],
    ["TMDB_BASE_URL", "api.themoviedb.org", "must be an address"],
    ["TMDB_BASE_URL", "http://api.themoviedb.org/3", "must be https://"],
    ["TMDB_BASE_URL", "https://me:hush@example.com", "must not hold a user or password"],
    ["TMDB_BASE_URL", "https://example.com/?api_key=hush", "must not hold a query"],
    ["TMDB_BASE_URL", "ftp://example.com", "must begin with https://"],
    ["TMDB_API_TOKEN", "hush hush", "holds a space"],
    ["TMDB_API_KEY", "hush\nhush", "holds a space"],
    ["AWS_ENDPOINT_URL_S3", "nowhere", "must be an address"],
    ["DAGMAR_LAKES", "x", 'is not one of Dagmar\'s variables (did you mean "DAGMAR_LAKE"?)'],
    ["DAGMAR_FROBNICATE", "x", "is not one of Dagmar's variables"],
    ["dagmar_lake", "x", 'is not one of Dagmar\'s variables (did you mean "DAGMAR_LAKE"?)'],
    ["DAGMAR_S3_SSE", "hush", "must be one of AES256, aws:kms, aws:kms:dsse"],
    ["DAGMAR_S3_SSE_KMS_KEY_ID", "hush", "needs DAGMAR_S3_SSE=aws:kms"],
    ["AWS_ENDPOINT_URL", "nowhere", "must be an address"],
    ["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "yes", "must be one of true, false"],
    ["HTTPS_PROXY", "socks5://me:hush@proxy.example", "must be the address of an http or https proxy"],
    ["TMDB_API_TOKEN_FILE", "none", "names a file that cannot be read: none (ENOENT: it does not exist)"],
    ["TMDB_API_TOKEN_FILE", "empty", "names an empty file"],
  ])("of %s=%s names the variable and never its secret", (name, value, part) => {
    const faults = listFaults({ [name]: value });
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(new RegExp(`^${name} `));
    expect(faults[0]).toContain(part);
    expect(faults[0]).not.toContain("hush");
  });

  test("says whether the value is in the environment or in .env", () => {
    const faults = listFaults(
      { DAGMAR_TIMEZONE: "Mars", TMDB_API_TOKEN: "hush hush" },
      { fromDotEnv: new Set(["DAGMAR_TIMEZONE"]) },
    );
    expect(faults.map((fault) => / \(set in .*\)$/.exec(fault)?.[0])).toEqual([
      " (set in .env)",
      " (set in the environment)",
    ]);
  });

  test("is reported together with all others", () => {
    const faults = listFaults(
      {
        DAGMAR_LAKE: "x",
        DAGMAR_TIMEZONE: "x",
        DAGMAR_X: "x",
        TMDB_API_KEY: "k",
        TMDB_API_KEY_FILE: "token",
      },
      { faults: [".env cannot be read (EISDIR)"] },
    );
    expect(faults.map((fault) => fault.split(" ")[0])).toEqual([
      ".env",
      "DAGMAR_X",
      "TMDB_API_KEY",
      "DAGMAR_LAKE",
      "DAGMAR_TIMEZONE",
    ]);
  });
});

describe("secrets", () => {
  test("may be in files, relative to the working folder, without the line feed at their end", () => {
    expect(readTmdbSettings(parse({ TMDB_API_TOKEN_FILE: "./token" }).tasks).token).toBe("tok-from-file");
  });
  test("are all listed for redaction", () => {
    const { secrets } = parse({
      HTTPS_PROXY: "http://me:proxy-1@proxy.example",
      TMDB_API_TOKEN_FILE: "token",
      TMDB_API_KEY: "key-1",
      AWS_SECRET_ACCESS_KEY: "aws-1",
      AWS_SESSION_TOKEN: "aws-2",
      AWS_ACCESS_KEY_ID: "public",
    });
    expect(secrets).toEqual(["tok-from-file", "key-1", "aws-1", "aws-2", "proxy-1"]);
  });
});

test("AWS's variables are passed on if they come from .env", () => {
  const { aws } = parse(
    { AWS_REGION: "sa-east-1", AWS_PROFILE: "me", OTHER: "x" },
    { fromDotEnv: new Set(["AWS_REGION", "OTHER"]) },
  );
  expect(aws).toEqual({ AWS_REGION: "sa-east-1" });
});

test("variables of other programs, and of the project's tests, are ignored", () => {
  expect(listFaults({ PATH: "/bin", TMDB_OTHER: "x", DAGMAR_TEST_S3: "http://127.0.0.1" })).toEqual([]);
});

test("the table of variables names each once, says what it is for, and gives defaults that are valid", () => {
  expect(new Set(VARIABLES.map((variable) => variable.name)).size).toBe(VARIABLES.length);
  for (const variable of VARIABLES) expect(variable.description).toMatch(/^\S.*\.$/);
  const defaults = VARIABLES.flatMap(({ name, default: preset }) =>
    preset === undefined ? [] : [[name, preset] as const],
  );
  const { inForce: _given, ...withDefaults } = parse(Object.fromEntries(defaults));
  const { inForce: _none, ...none } = parse({});
  expect(withDefaults).toEqual(none);
  const examples = VARIABLES.flatMap(({ name, example }) =>
    example === undefined ? [] : [[name, example] as const],
  );
  // Secrets have no example, and mail needs its server.
  const given = { DAGMAR_SMTP_URL: "smtp://mail.example.com", ...Object.fromEntries(examples) };
  expect(listFaults(given)).toEqual([]);
});
