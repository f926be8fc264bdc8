/** `lake migrate`: a lake of before 0.2 works as it is, and gets the present names without any loss. */
import { cpSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeEach, expect, test } from "vitest";
import { renameFilesAsBefore, renameKeysAsBefore } from "../lake/old-names.ts";
import { checkLake, readFolderLake } from "../support/check-lake.ts";
import { startS3Server } from "../support/s3-server/server.ts";
import { openCliWorld, startSimulator, waitUntil, writeSamples, type CliWorld } from "../support/cli.ts";

const DATE = ["--date", "2026-11-23"];
const simulator = await startSimulator();
const world: CliWorld = openCliWorld({ TMDB_BASE_URL: simulator.url });
const kept = ["lake", "dagmar.db"];

/** A lake of before 0.2; the copy of it is made once. */
beforeEach(async () => {
  const copy = join(world.folder, "copy");
  for (const name of [...kept, "dagmar.db-wal", "dagmar.db-shm"]) {
    rmSync(join(world.folder, name), { recursive: true, force: true });
  }
  if (!readdirSync(world.folder).includes("copy")) {
    await writeSamples(world, { movies: 120, series: 30 });
    await world.prepare(["run", "csv_ingest", ...DATE]);
    await world.prepare(["run", "tmdb_ingest", ...DATE]);
    renameFilesAsBefore(join(world.lakeFolder, "Raw"));
    renameKeysAsBefore(world.databaseFile);
    for (const name of kept) cpSync(join(world.folder, name), join(copy, name), { recursive: true });
  } else cpSync(copy, world.folder, { recursive: true, preserveTimestamps: true });
  simulator.reset();
});
afterAll(async () => {
  await simulator.close();
  world.remove();
});

const listNames = (): readonly string[] =>
  readdirSync(join(world.lakeFolder, "Raw"), { recursive: true, encoding: "utf8" }).map((path) =>
    basename(path),
  );
const isOld = (name: string): boolean => name.startsWith("_");
const judge = (): readonly string[] =>
  checkLake({
    objects: readFolderLake(world.lakeFolder),
    databaseFile: world.databaseFile,
    lakeId: pathToFileURL(world.lakeFolder).href,
  }).faults;

test("the old names serve as they are: nothing is asked or written again", async () => {
  expect(listNames().filter(isOld).length).toBeGreaterThan(5);
  const before = world.listLake();
  for (const dag of ["csv_ingest", "tmdb_ingest"]) await world.prepare(["run", dag, ...DATE, "--rerun"]);
  expect(world.listLake()).toEqual(before);
  expect(simulator.requests).toBe(0);
});

test("every name that a pattern for objects matches is an object's afterwards", async () => {
  const counts = { metadata: listNames().filter((name) => name.endsWith(".meta.json")).length, manifests: 2 };
  const preview = await world.run(["lake", "migrate", "--dry-run", "--json"]);
  expect(JSON.parse(preview.stdout)).toMatchObject({ metadata: counts.metadata, left: [], dry_run: true });
  expect(listNames().filter(isOld)).toHaveLength(counts.metadata + counts.manifests);

  const { exitCode, stdout } = await world.run(["lake", "migrate"]);
  expect(stdout).toContain(`${counts.metadata} metadata files and ${counts.manifests} manifests renamed`);
  expect(exitCode).toBe(0);
  expect(listNames().filter(isOld)).toEqual([]);
  expect(judge()).toEqual([]);
  const shown = listNames().filter((name) => !name.startsWith(".") && name.includes("."));
  expect(shown.filter((name) => !/^(movies|series)(-.*-\d{5}\.json|\.csv)$/.test(name))).toEqual([]);
  expect(await world.run(["lake", "verify", "--deep"])).toMatchObject({ exitCode: 0 });
  expect((await world.run(["lake", "migrate"])).stdout).toContain(
    "every manifest and metadata file has its present name",
  );
  expect(world.query("SELECT kind FROM v_events WHERE kind = 'lake_migrated'")).toHaveLength(1);

  const after = world.listLake();
  for (const dag of ["csv_ingest", "tmdb_ingest"]) await world.prepare(["run", dag, ...DATE, "--rerun"]);
  expect(world.listLake()).toEqual(after);
  expect(simulator.requests).toBe(0);
});

test("an empty database does not rename what it has not recorded; once it has adopted all, it does", async () => {
  for (const name of ["dagmar.db", "dagmar.db-wal", "dagmar.db-shm"])
    rmSync(join(world.folder, name), { force: true });
  expect(await world.run(["lake", "migrate"])).toMatchObject({ exitCode: 78 });
  await world.prepare(["db", "migrate"]);
  const early = await world.run(["lake", "migrate"]);
  expect(early.stdout).toContain("0 manifests renamed");
  expect(early.stdout.match(/this database has not recorded it/g)).toHaveLength(2);
  for (const dag of ["csv_ingest", "tmdb_ingest"]) await world.prepare(["run", dag, ...DATE]);
  expect((await world.run(["lake", "migrate"])).stdout).toContain("2 manifests renamed");
  expect(listNames().filter(isOld)).toEqual([]);
  expect(judge()).toEqual([]);
});

test("a file of another program that only has such a name keeps it", async () => {
  const file = join(world.lakeFolder, "Raw/_theirs.meta.json");
  writeFileSync(file, '{"theirs": true}');
  writeFileSync(join(world.lakeFolder, "Raw/_manifest-theirs.json"), "{}");
  const { stdout } = await world.run(["lake", "migrate"]);
  expect(stdout).toContain("Raw/_manifest-theirs.json");
  expect(listNames().filter(isOld)).toEqual(["_manifest-theirs.json", "_theirs.meta.json"]);
});

test("objects in S3 keep their names, and the command says which manifests are old", async () => {
  const store = await startS3Server();
  const variables = {
    DAGMAR_LAKE: `s3://${store.bucket}`,
    AWS_ENDPOINT_URL_S3: store.endpoint,
    AWS_REGION: store.region,
    AWS_ACCESS_KEY_ID: store.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: store.credentials.secretAccessKey,
  };
  for (const dag of ["csv_ingest", "tmdb_ingest"]) await world.prepare(["run", dag, ...DATE], variables);
  renameKeysAsBefore(world.databaseFile);
  const before = [...store.objects().keys()];
  const { exitCode, stdout } = await world.run(["lake", "migrate"], variables);
  expect(stdout).toContain("objects in S3 keep their names, and nothing was changed");
  expect(stdout).toContain("2 manifests of before 0.2 are named _manifest-….json");
  expect(exitCode).toBe(0);
  expect([...store.objects().keys()]).toEqual(before);
  await store.close();
});

test("a running scheduler is named, and nothing is renamed", async () => {
  const before = world.listLake();
  const scheduler = world.start(["scheduler"]);
  await waitUntil(scheduler, () => scheduler.output().includes("is scheduling"));
  const { exitCode, stderr } = await world.run(["lake", "migrate"]);
  scheduler.child.kill("SIGTERM");
  await scheduler.ended;
  expect(stderr).toContain("scheduler");
  expect(exitCode).toBe(75);
  expect(world.listLake()).toEqual(before);
});
