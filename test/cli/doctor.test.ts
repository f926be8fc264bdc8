/** `dagmar doctor` as a process, with real servers: each check is a line with what to do, and nothing is changed. */
import { chmodSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Finding } from "../../model/ports/examination.ts";
import { openCliWorld, startSimulator, type CliWorld } from "../support/cli.ts";
import { startS3Server, type S3Server, type S3ServerOptions } from "../support/s3-server/server.ts";
import type { Operation } from "../support/s3-server/faults.ts";
import { useServiceWorld } from "../support/service-process.ts";

interface Report {
  readonly exitCode: number | null;
  readonly ok: boolean;
  readonly checks: readonly Finding[];
  /** The states of all findings of that name. */
  stateOf(what: string): string;
  find(what: string): Finding | undefined;
}

function useWorld(variables: Readonly<Record<string, string | undefined>> = {}): CliWorld {
  const world = openCliWorld(variables);
  onTestFinished(() => world.remove());
  return world;
}

async function examine(world: Pick<CliWorld, "run">): Promise<Report> {
  const { exitCode, stdout, stderr } = await world.run(["doctor", "--json"]);
  expect(stderr).toBe("");
  const { ok, checks } = JSON.parse(stdout) as { ok: boolean; checks: readonly Finding[] };
  return {
    exitCode,
    ok,
    checks,
    stateOf: (what) =>
      checks
        .filter((check) => check.what === what)
        .map(({ state }) => state)
        .join(","),
    find: (what) =>
      checks.find((check) => check.what === what && check.state !== "ok") ??
      checks.find((check) => check.what === what),
  };
}

async function useS3(
  options: S3ServerOptions = {},
): Promise<{ server: S3Server; variables: Record<string, string> }> {
  const server = await startS3Server({ minPartBytes: 1, ...options });
  onTestFinished(() => server.close());
  return {
    server,
    variables: {
      DAGMAR_LAKE: `s3://${server.bucket}/zone`,
      AWS_REGION: server.region,
      AWS_ENDPOINT_URL_S3: server.endpoint,
      AWS_ACCESS_KEY_ID: server.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: server.credentials.secretAccessKey,
    },
  };
}

async function useTmdb(): Promise<{ TMDB_BASE_URL: string; TMDB_API_TOKEN: string }> {
  const simulator = await startSimulator();
  onTestFinished(() => simulator.close());
  return { TMDB_BASE_URL: simulator.url, TMDB_API_TOKEN: "simulator" };
}

describe("where everything is well", () => {
  test("every line is ok, the bucket is used with all that the program needs, and TMDB is asked once", async () => {
    const { server, variables } = await useS3();
    const simulator = await startSimulator();
    onTestFinished(() => simulator.close());
    const world = useWorld({ ...variables, TMDB_BASE_URL: simulator.url });
    const report = await examine(world);
    // This Node may have reached its end; all else is well.
    expect(report.checks.filter(({ what, state }) => what !== "node" && state !== "ok")).toEqual([]);
    expect({ ok: report.ok, exitCode: report.exitCode }).toEqual({ ok: true, exitCode: 0 });
    expect(simulator.requests).toBe(1);
    const operations = new Set(server.requests.map(({ operation }) => operation));
    for (const operation of [
      "ListObjectsV2",
      "PutObject",
      "HeadObject",
      "GetObject",
      "CreateMultipartUpload",
      "UploadPart",
      "AbortMultipartUpload",
      "ListMultipartUploads",
    ] as const) {
      expect(operations, operation).toContain(operation);
    }
    expect(operations).not.toContain("DeleteObject");
    expect(server.uploads()).toEqual([]);
    expect([...server.objects().keys()]).toEqual([]);
    expect(report.stateOf("clock")).toBe("ok");
    expect(report.find("clock")?.says).toContain("agrees");
  });

  test("nothing is written: no database, no lake, and a database that is there stays as it is", async () => {
    const world = useWorld(await useTmdb());
    const empty = readdirSync(world.folder).toSorted();
    expect((await examine(world)).stateOf("database")).toBe("ok");
    expect(readdirSync(world.folder).toSorted()).toEqual(empty);
    await world.prepare(["db", "migrate"]);
    const before = statSync(world.databaseFile, { bigint: true });
    expect((await examine(world)).find("database")?.says).toContain("no faults");
    const after = statSync(world.databaseFile, { bigint: true });
    expect([after.mtimeNs, after.size, after.ino]).toEqual([before.mtimeNs, before.size, before.ino]);
  });

  test("it works while a scheduler runs, and names it", async () => {
    const world = useServiceWorld();
    world.writeDag("idle", "schedule: manual\ntasks: { work: { type: noop } }\n");
    const scheduler = await world.startScheduler();
    const report = await examine(world);
    expect(report.find("lease")).toMatchObject({ state: "ok" });
    expect(report.find("lease")?.says).toContain(`(pid ${scheduler.child.pid}`);
    scheduler.child.kill("SIGKILL");
    await scheduler.ended;
    expect((await examine(world)).stateOf("lease")).toBe("warn");
    await world.startScheduler();
    expect((await examine(world)).stateOf("lease")).toBe("ok");
  });

  test("what no Dag needs is no failure, and is not asked", async () => {
    const world = useServiceWorld();
    world.writeDag("idle", "schedule: manual\ntasks: { work: { type: noop } }\n");
    delete world.environment["TMDB_API_TOKEN"];
    const report = await examine(world);
    expect(report.find("TMDB")).toMatchObject({
      state: "ok",
      says: "no Dag that is on asks it; nothing was asked",
    });
    expect(report.exitCode).toBe(0);
  });

  test("what only a Dag that is off needs is a warning with what to do, and no request is sent", async () => {
    const simulator = await startSimulator();
    onTestFinished(() => simulator.close());
    const world = useWorld({ TMDB_BASE_URL: simulator.url });
    delete world.environment["TMDB_API_TOKEN"];
    world.editDag("tmdb_ingest", (text) => text.replace(/^dag: .*$/m, "$&\nenabled: false"));
    const report = await examine(world);
    expect(report.find("TMDB")).toMatchObject({ state: "warn" });
    expect(report.find("TMDB")?.says).toContain("tmdb_ingest, which is off, asks it");
    expect(report.find("TMDB")?.todo).toContain("TMDB_API_TOKEN");
    expect({ exitCode: report.exitCode, requests: simulator.requests }).toEqual({ exitCode: 0, requests: 0 });
  });

  test("people read a line for each, with its state first", async () => {
    const world = useWorld(await useTmdb());
    const { stdout } = await world.run(["doctor"]);
    for (const line of stdout.trimEnd().split("\n")) expect(line).toMatch(/^(?:ok|warn|fail) +\S.* {2}\S/);
    expect(stdout).toMatch(/^ok +database {2,}/m);
  });
});

describe("what is wrong is a line with what to do, and the others are examined all the same:", () => {
  test.each<[string, Operation, string]>([
    ["listing", "ListObjectsV2", "bucket: list"],
    ["writing", "PutObject", "bucket: write"],
    ["reading", "GetObject", "bucket: read"],
    ["reading metadata", "HeadObject", "bucket: head"],
    ["uploading in parts", "CreateMultipartUpload", "bucket: multipart"],
    ["aborting an upload", "AbortMultipartUpload", "bucket: multipart"],
    ["listing uploads", "ListMultipartUploads", "bucket: uploads"],
  ])("a bucket that forbids %s", async (_, operation, what) => {
    const { server, variables } = await useS3();
    server.faults.push({
      when: { operation, key: /./ },
      times: 50,
      fault: { kind: "error", status: 403, code: "AccessDenied" },
    });
    server.faults.push({
      when: { operation },
      times: 50,
      fault: { kind: "error", status: 403, code: "AccessDenied" },
    });
    const world = useWorld({ ...variables, ...(await useTmdb()) });
    const report = await examine(world);
    const failed = report.checks.filter(({ state }) => state === "fail");
    expect(failed.map((finding) => finding.what)).toEqual([what]);
    expect(failed[0]?.says).toMatch(/403|AccessDenied|refused/);
    expect(failed[0]?.todo).toMatch(/s3:\w+|policy/);
    expect(report.exitCode).toBe(1);
  });

  test.each<[string, Operation]>([
    ["reading", "GetObject"],
    ["writing", "PutObject"],
  ])("a bucket that forbids %s leases is a warning: runs work all the same", async (_, operation) => {
    const { server, variables } = await useS3();
    server.faults.push({
      when: { operation, key: /_dagmar\/leases\// },
      times: 50,
      fault: { kind: "error", status: 403, code: "AccessDenied" },
    });
    const report = await examine(useWorld({ ...variables, ...(await useTmdb()) }));
    expect(report.find("bucket: leases")).toMatchObject({ state: "warn" });
    expect(report.find("bucket: leases")?.says).toContain("_dagmar/leases/");
    expect(report.find("bucket: leases")?.todo).toContain(`s3:${operation}`);
    expect(report.exitCode).toBe(0);
  });

  test("a store that does not compare versions is a warning, too", async () => {
    const { variables } = await useS3({ ignoresConditionalPut: true });
    const report = await examine(useWorld({ ...variables, ...(await useTmdb()) }));
    expect(report.find("bucket: leases")).toMatchObject({ state: "warn" });
    expect(report.find("bucket: leases")?.says).toContain("does not honour If-Match");
  });

  test("a store that does not answer is reported once, within its time", async () => {
    const { variables } = await useS3();
    // Port 9, where nothing listens: another server could get a port that was closed.
    const store = { ...variables, AWS_ENDPOINT_URL_S3: "http://127.0.0.1:9" };
    const report = await examine(useWorld({ ...store, ...(await useTmdb()) }));
    expect(report.stateOf("bucket")).toBe("fail");
    expect(report.checks.filter(({ what }) => what.startsWith("bucket:"))).toEqual([]);
    expect(report.find("bucket")?.todo).toContain("AWS_ENDPOINT_URL_S3");
    expect(report.stateOf("TMDB")).toBe("ok");
  });

  test.each([
    [120_000, "warn", "behind"],
    [-120_000, "warn", "ahead of"],
    [20 * 60_000, "fail", "behind"],
  ] as const)("a clock that differs by %s ms", async (clockOffsetMs, state, words) => {
    const { variables } = await useS3({ clockOffsetMs });
    const report = await examine(useWorld({ ...variables, ...(await useTmdb()) }));
    expect(report.find("clock")).toMatchObject({ state, todo: "Set the clock, and let NTP keep it right." });
    expect(report.find("clock")?.says).toContain(words);
  });

  test.each<[string, Readonly<Record<string, string>>, (world: CliWorld) => void, string, RegExp]>([
    [
      "a token that is refused",
      { TMDB_API_TOKEN: "other" },
      () => undefined,
      "TMDB",
      /TMDB_API_TOKEN.*tmdb_ingest/,
    ],
    [
      "a proxy that is not there",
      { HTTP_PROXY: "http://user:hush@127.0.0.1:9" },
      () => undefined,
      "proxy",
      /127\.0\.0\.1:9: the connection was refused/,
    ],
    [
      "a lake that is a file",
      {},
      ({ lakeFolder }) => writeFileSync(lakeFolder, ""),
      "lake",
      /is a file, not a folder/,
    ],
    [
      "a Dag file with a fault",
      {},
      ({ dagsFolder }) => writeFileSync(join(dagsFolder, "odd.yaml"), "dag: odd\n"),
      "dag files",
      /odd\.yaml/,
    ],
    [
      "a database that is none",
      {},
      ({ databaseFile }) => writeFileSync(databaseFile, "no database ".repeat(100)),
      "database",
      /cannot be used/,
    ],
    [
      "a folder in the place of the database",
      {},
      ({ databaseFile }) => mkdirSync(databaseFile),
      "database",
      /is a folder, not a file/,
    ],
    [
      "a database that is not there yet, below a file",
      { DAGMAR_DB: "plain/dagmar.db" },
      ({ folder }) => writeFileSync(join(folder, "plain"), ""),
      "database",
      /is not there yet, and \S+\/plain is a file, not a folder/,
    ],
  ])("%s", async (_, variables, spoil, what, says) => {
    const world = useWorld({ ...(await useTmdb()), ...variables });
    spoil(world);
    const report = await examine(world);
    expect(report.checks.filter(({ state }) => state === "fail").map((finding) => finding.what)).toEqual([
      what,
    ]);
    expect(report.find(what)?.says).toMatch(says);
    expect(report.exitCode).toBe(1);
    expect(JSON.stringify(report.checks)).not.toContain("hush");
  });

  test("a folder of Dags, or of input, that is not there", async () => {
    const world = useWorld(await useTmdb());
    rmSync(world.dagsFolder, { recursive: true });
    rmSync(world.inputFolder, { recursive: true });
    const report = await examine(world);
    expect(report.stateOf("input folder")).toBe("warn");
    expect(report.stateOf("dag files")).toBe("fail");
    expect(report.stateOf("database")).toBe("ok");
  });

  test("no Dag file at all, or one with faults: the command that is named makes one, or shows them all", async () => {
    const world = useServiceWorld();
    const none = await examine(world);
    expect(none.find("dag files")).toMatchObject({ state: "warn" });
    expect(none.find("dag files")?.todo).toContain("`dagmar init`");
    world.writeDag("odd", "tasks: 1\nschedule: never\n");
    const { todo = "" } = (await examine(world)).find("dag files") ?? {};
    const [, command = ""] = /`dagmar (.*?)`/.exec(todo ?? "") ?? [];
    const shown = await world.run(command.split(" "));
    expect(shown.stderr.match(/odd\.yaml/g)?.length).toBeGreaterThan(1);
  });

  test.each([
    // The store's own region counts where it has an address of its own.
    ["a region that is missing", ["AWS_REGION", "AWS_ENDPOINT_URL_S3"], "Set AWS_REGION"],
    ["credentials that are missing", ["AWS_ACCESS_KEY_ID"], "AWS_PROFILE"],
  ] as const)("%s is reported once, with what to set", async (_, missing, todo) => {
    const { variables } = await useS3();
    for (const name of missing) delete variables[name];
    const report = await examine(useWorld({ ...variables, ...(await useTmdb()) }));
    const ofBucket = report.checks.filter(({ what }) => what.startsWith("bucket"));
    expect(ofBucket.map(({ what }) => what)).toEqual(["bucket"]);
    expect(ofBucket[0]?.todo).toContain(todo);
  });

  test("a service that is not reached: the host and the cause, in one sentence", async () => {
    const world = useWorld({ TMDB_BASE_URL: "http://127.0.0.1:9/3" });
    expect((await examine(world)).find("TMDB")?.says).toBe(
      "127.0.0.1:9 cannot be reached: the connection was refused (ECONNREFUSED) (tmdb_ingest asks it)",
    );
  });

  test("settings that cannot be read, each fault by itself", async () => {
    const report = await examine(useWorld({ DAGMAR_POOLS: "x", DAGMAR_NOTHING: "1" }));
    expect(report.find("settings")).toMatchObject({ state: "fail" });
    expect(report.find("settings")?.says).toMatch(
      /^The configuration is not valid: DAGMAR_NOTHING is .*; DAGMAR_POOLS must/,
    );
    expect(report.exitCode).toBe(1);
  });
});

describe("web access", () => {
  const PASSWORD = "correct horse battery";

  function writePassword(world: CliWorld, mode: number): string {
    const file = join(world.folder, "password");
    writeFileSync(file, PASSWORD);
    chmodSync(file, mode);
    world.environment["DAGMAR_WEB_PASSWORD_FILE"] = file;
    return file;
  }

  test("is off, or local without a login", async () => {
    const world = useWorld({ DAGMAR_HTTP: "off" });
    expect((await examine(world)).find("web")).toMatchObject({
      state: "ok",
      says: "DAGMAR_HTTP is off: no pages, no API, no metrics",
    });
    world.environment["DAGMAR_HTTP"] = undefined;
    expect((await examine(world)).find("web")).toMatchObject({
      state: "ok",
      says: "127.0.0.1:8793, for this machine alone; no login is needed",
    });
  });

  test("elsewhere needs a password or a valid token, as the scheduler does", async () => {
    const world = useWorld({ DAGMAR_HTTP: "0.0.0.0:0" });
    expect((await examine(world)).find("web")).toMatchObject({
      state: "fail",
      says: expect.stringContaining("neither a password nor a valid token") as string,
      todo: expect.stringContaining("`dagmar tokens create`") as string,
    });
    expect((await world.run(["scheduler"])).exitCode).toBe(78);
    await world.prepare(["tokens", "create", "--role", "viewer"]);
    expect((await examine(world)).find("web")).toMatchObject({
      state: "ok",
      says: "0.0.0.0:0, which other machines can reach; a login needs a token (1 is valid)",
    });
    await world.prepare(["tokens", "revoke", "1"]);
    expect((await examine(world)).stateOf("web")).toBe("fail");
    const file = writePassword(world, 0o600);
    const report = await examine(world);
    expect(report.find("web")).toMatchObject({
      state: "ok",
      says: `0.0.0.0:0, which other machines can reach; a login needs the password of ${file}`,
    });
    expect(JSON.stringify(report.checks)).not.toContain(PASSWORD);
  });

  test("is warned about while every user can read the password's file, until its command was run", async () => {
    const world = useWorld();
    const file = writePassword(world, 0o644);
    const found = (await examine(world)).find("web");
    expect(found).toMatchObject({ state: "warn", todo: `Run: chmod 600 ${file}` });
    chmodSync(file, 0o600);
    expect((await examine(world)).stateOf("web")).toBe("ok");
  });
});
