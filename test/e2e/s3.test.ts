/** The core scenario against an S3 server that does wrong: run, rerun, next day, kill, resume; the real SDK over real HTTP. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { TmdbSimulator } from "../../quickstart/simulator/tmdb-simulator.ts";
import { checkLake, type CheckedLake, type PlainObject } from "../support/check-lake.ts";
import {
  isUnknown,
  killWhen,
  openCliWorld,
  startSimulator,
  writeSamples,
  type CliResult,
  type CliWorld,
  type SampleIds,
} from "../support/cli.ts";
import { startS3Server, type S3Server } from "../support/s3-server/server.ts";

const PREFIX = "zone/";

let simulator: TmdbSimulator;
let store: S3Server;
let world: CliWorld;
let ids: SampleIds;

beforeAll(async () => {
  simulator = await startSimulator({ latencyMs: 30 });
  store = await startS3Server({ pageSize: 3 });
  world = openCliWorld({
    TMDB_BASE_URL: simulator.url,
    TMDB_RATE_PER_SECOND: "250",
    DAGMAR_LAKE: `s3://${store.bucket}/zone`,
    AWS_ENDPOINT_URL_S3: store.endpoint,
    AWS_REGION: store.region,
    AWS_ACCESS_KEY_ID: store.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: store.credentials.secretAccessKey,
  });
  ids = await writeSamples(world, { movies: 330, series: 50 });
});
afterAll(async () => {
  await simulator.close();
  await store.close();
  world.remove();
});

function run(dagId: string, date: string, ...more: readonly string[]): Promise<CliResult> {
  return world.run(["run", dagId, "--date", date, ...more]);
}

/** What an independent reader finds; foreign objects are left out. */
function readStore(): ReadonlyMap<string, PlainObject> {
  const objects = new Map<string, PlainObject>();
  for (const [key, { body, metadata }] of store.objects()) {
    if (metadata["dagmar-kind"] === undefined) continue;
    objects.set(key.slice(PREFIX.length), { body: body.bytes ?? Buffer.alloc(0), metadata });
  }
  return objects;
}

function check(): CheckedLake {
  return checkLake({
    objects: readStore(),
    databaseFile: world.databaseFile,
    lakeId: `s3://${store.bucket}/zone?endpoint=${store.endpoint}`,
  });
}

function expectEachOnce(): void {
  const checked = check();
  expect(checked.faults).toEqual([]);
  for (const [dataset, asked] of [
    ["tmdb_movies", ids.movies],
    ["tmdb_series", ids.series],
  ] as const) {
    const copies = checked.copies[dataset] ?? new Map<string, number>();
    expect([...copies.keys()].toSorted()).toEqual(asked.filter((id) => !isUnknown(id)).toSorted());
    expect([...new Set(copies.values())]).toEqual([1]);
  }
}

/** Nothing was ever written over, nothing twice, and no unfinished upload is left. */
function expectWrittenOnce(): void {
  expect(store.overwrittenKeys()).toEqual([]);
  expect(store.versions()).toHaveLength(store.objects().size);
  expect(store.uploads()).toEqual([]);
}

test("killed again and again, amid errors of the store, it ends with every record once", async () => {
  store.faults.push(
    {
      when: { operation: "PutObject", key: /movies\.csv$/ },
      fault: { kind: "error", status: 503, code: "SlowDown" },
    },
    { when: { operation: "PutObject", key: /movies\.csv$/ }, fault: { kind: "drop-after-store" } },
    { when: { operation: "PutObject", key: /series\.csv$/ }, fault: { kind: "half-read-reset" } },
    { when: { operation: "PutObject", key: /\/\.manifest-/ }, fault: { kind: "drop-after-store" } },
    { when: { operation: "PutObject", key: /movies-\d+T\d+Z-00001/ }, fault: { kind: "drop-after-store" } },
    {
      when: { operation: "PutObject", key: /movies-\d+T\d+Z-00002/ },
      fault: { kind: "foreign-object", body: "of another program" },
    },
    {
      when: { operation: "PutObject", key: /movies-\d+T\d+Z-00003/ },
      times: 2,
      fault: { kind: "error", status: 503, code: "SlowDown" },
    },
    {
      when: { operation: "PutObject", key: /series-\d+T\d+Z-00001/ },
      fault: { kind: "error", status: 409, code: "ConditionalRequestConflict" },
    },
    {
      when: { operation: "PutObject", key: /series-\d+T\d+Z-00001/ },
      fault: { kind: "error-after-store", status: 500, code: "InternalError" },
    },
    { when: { operation: "ListObjectsV2" }, fault: { kind: "reset-before" } },
  );
  const csv = ["run", "csv_ingest", "--date", "2026-11-23"];
  const tmdb = ["run", "tmdb_ingest", "--date", "2026-11-23"];
  let kills = 0;
  // The first object is stored, and its answer was dropped: the process dies before it can check.
  if (await killWhen(world.start(csv), () => store.versions().length > 0)) kills += 1;
  const stored = await world.run(csv);
  expect(stored.exitCode, stored.stdout + stored.stderr).toBe(0);
  let durable = new Map<string, number>();
  for (const objects of [undefined, 2, 4, 6]) {
    const requests = simulator.requests + 45;
    const moment =
      objects === undefined ? () => simulator.requests >= requests : () => store.objects().size > objects;
    if (await killWhen(world.start(tmdb), moment)) kills += 1;
    for (const [id, count] of durable) expect(simulator.countOf(id), `${id} was durable`).toBe(count);
    const known = world.query<{ asked_id: string }>(
      "SELECT asked_id FROM spool UNION SELECT asked_id FROM processed_ids",
    );
    durable = new Map(known.map(({ asked_id: id }) => [id, simulator.countOf(id)]));
  }
  expect(kills).toBeGreaterThanOrEqual(4);
  const result = await world.run(tmdb);
  expect(result.exitCode, result.stdout + result.stderr).toBe(0);
  for (const [id, count] of durable) expect(simulator.countOf(id), `${id} was durable`).toBe(count);
  expect(store.faults.leftCount).toBe(0);
  expectEachOnce();
  expectWrittenOnce();
  const foreign = [...store.objects()].filter(([, { metadata }]) => metadata["dagmar-kind"] === undefined);
  expect(foreign.map(([, { body }]) => body.bytes?.toString())).toEqual(["of another program"]);
});

test("the same date and the next day write nothing and ask nothing", async () => {
  simulator.reset();
  const before = store.versions().length;
  for (const date of ["2026-11-23", "2026-11-24"]) {
    const csv = await run("csv_ingest", date, ...(date === "2026-11-23" ? ["--rerun"] : []));
    const tmdb = await run("tmdb_ingest", date, ...(date === "2026-11-23" ? ["--rerun"] : []));
    expect([csv.exitCode, tmdb.exitCode]).toEqual([0, 0]);
    expect(csv.stdout).toContain("unchanged since Raw/Local/CSV/Movies/2026/11/23/movies.csv");
  }
  expect(simulator.requests).toBe(0);
  expect(store.versions()).toHaveLength(before);
});

test("lake verify --deep reads the store and names the changed objects", async () => {
  const valid = await world.run(["lake", "verify", "--deep", "--json"]);
  expect(valid.exitCode, valid.stderr).toBe(0);
  const { checked, foreign, deviations } = JSON.parse(valid.stdout) as {
    checked: number;
    foreign: number;
    deviations: { verdict: string }[];
  };
  expect(checked).toBe(readStore().size);
  // The foreign object is counted, and is not a fault.
  expect({ foreign, deviations }).toEqual({ foreign: 1, deviations: [] });
});

test("without a database the store itself says what it holds", async () => {
  const before = store.versions().length;
  const environment = { DAGMAR_DB: `${world.folder}/fresh.db` };
  simulator.reset();
  const tmdb = await world.run(["run", "tmdb_ingest", "--date", "2026-11-25"], environment);
  const csv = await world.run(["run", "csv_ingest", "--date", "2026-11-25"], environment);
  expect([csv.exitCode, tmdb.exitCode], csv.stdout + tmdb.stdout + tmdb.stderr).toEqual([0, 0]);
  expect(simulator.requests).toBe(0);
  expect(store.versions()).toHaveLength(before);
});

test("a bucket that refuses stops the run with what to look at, and what was fetched is kept", async () => {
  world.editDag("tmdb_ingest", (text) =>
    text.replace("retries: 3", "retries: 0").replace(", keywords, release", ", release"),
  );
  simulator.reset();
  store.faults.push({
    when: { operation: "PutObject", key: /Movies/ },
    fault: { kind: "error", status: 403, code: "AccessDenied" },
  });
  const refused = await run("tmdb_ingest", "2026-11-26", "--task", "movies");
  expect(refused.exitCode).toBe(1);
  expect(refused.stdout).toMatch(/s3:PutObject|permission|credentials/i);
  const kept = world.query<{ asked_id: string }>("SELECT asked_id FROM spool").map((row) => row.asked_id);
  expect(kept.length).toBeGreaterThan(0);
  simulator.reset();
  const resumed = await run("tmdb_ingest", "2026-11-26", "--task", "movies");
  expect(resumed.exitCode, resumed.stdout + resumed.stderr).toBe(0);
  expect(kept.filter((id) => simulator.countOf(id) > 0)).toEqual([]);
  expect(check().faults).toEqual([]);
  expectWrittenOnce();
});
