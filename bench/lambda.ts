/** The function in AWS Lambda, as its zips hold it: how long until it asks, how many events a full CSV takes, and how many requests. */
import { execFileSync } from "node:child_process";
import { readFileSync, linkSync } from "node:fs";
import * as path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { generateMoviesCsv, generateSeriesCsv } from "../quickstart/samples/sample-csv.ts";
import { openSandbox, type Ending, type Sandbox } from "../test/lambda/support/runtime-api.ts";
import { layOut } from "../test/lambda/support/unpack.ts";
import { startS3Server, type S3Server } from "../test/support/s3-server/server.ts";
import { inform, judgeAtMost, type Figure } from "./figure.ts";
import { measureProcess, readResidentMiB } from "./measure-process.ts";
import { FIRST_DAY } from "./run-dag.ts";
import { startSimulatorProcess, type SimulatorProcess } from "./simulator.ts";
import { CLI, openFolder, ROOT, type Samples } from "./workspace.ts";

const RATE_PER_SECOND = 40;
/** Lambda's longest. */
const LIMIT_MS = 900_000;
/** One event in four is killed in the second part, which works with shorter limits. */
const KILLED_LIMIT_MS = 60_000;
const NEXT_DAY = "2026-11-24";

interface World {
  readonly store: S3Server;
  readonly simulator: SimulatorProcess;
  /** On an empty disk, or on that of another one. */
  openSandbox(disk?: string): Promise<Sandbox & { readonly disk: string }>;
  close(): Promise<void>;
}

export async function benchLambdaStart({ moviesCsv }: Samples): Promise<readonly Figure[]> {
  packageZips();
  return inWorld("lambda-start", moviesCsv, measureStart);
}

/** With a CSV of its own: a run's `limit` does not count what a killed event has stored. */
export async function benchLambdaKills({ isQuick }: Samples): Promise<readonly Figure[]> {
  packageZips();
  const ids = isQuick ? 600 : 6_000;
  const moviesCsv = path.join(openFolder("lambda-input"), "movies.csv");
  const sizes = { titles: ids * 2, rows: ids * 6, animationOrComedySince2001: ids };
  await generateMoviesCsv({ path: moviesCsv, seed: 1, ...sizes });
  return inWorld("lambda-kills", moviesCsv, (world) => measureKilled(world, ids, isQuick));
}

/** All ids of a full CSV: a quarter of an hour. */
export async function benchLambdaWhole(samples: Samples): Promise<readonly Figure[]> {
  packageZips();
  return inWorld("lambda-whole", samples.moviesCsv, (world) => measureWhole(world, samples));
}

function packageZips(): void {
  execFileSync(process.execPath, ["bundle.mjs", "--lambda"], { cwd: ROOT, stdio: "inherit" });
  execFileSync(process.execPath, ["dist/packaging/main.js"], { cwd: ROOT, stdio: "inherit" });
}

/** A lake that holds the CSVs: all films, and one series. Every film is one request. */
async function inWorld(
  name: string,
  moviesCsv: string,
  measure: (world: World) => Promise<readonly Figure[]>,
): Promise<readonly Figure[]> {
  const folder = openFolder(name);
  const input = openFolder(path.join(name, "input"));
  linkSync(moviesCsv, path.join(input, "movies.csv"));
  const series = { seed: 1, titles: 10, rows: 40, animationOrComedySince2001: 1 };
  await generateSeriesCsv({ path: path.join(input, "series.csv"), ...series });
  const task = layOut(path.join(folder, "lambda"));
  const store = await startS3Server({ keepBytes: 256 * 1024 * 1024 });
  const simulator = await startSimulatorProcess(["--latency-ms", "50", "--unknown-share", "0"]);
  const environment = {
    PATH: process.env["PATH"],
    HOME: folder,
    DAGMAR_DAGS: path.join(ROOT, "dags"),
    TMDB_BASE_URL: simulator.url,
    TMDB_API_TOKEN: simulator.token,
    TMDB_RATE_PER_SECOND: String(RATE_PER_SECOND),
    DAGMAR_LAKE: `s3://${store.bucket}/zone`,
    AWS_ENDPOINT_URL_S3: store.endpoint,
    AWS_REGION: store.region,
    AWS_ACCESS_KEY_ID: store.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: store.credentials.secretAccessKey,
    AWS_EC2_METADATA_DISABLED: "true",
  };
  const sandboxes: Sandbox[] = [];
  const world: World = {
    store,
    simulator,
    async openSandbox(disk = openFolder(path.join(name, `disk-${sandboxes.length}`))) {
      const sandbox = await openSandbox(path.join(task, "index.mjs"), task, {
        ...environment,
        PATH: environment.PATH ?? "",
        HOME: disk,
        DAGMAR_DB: path.join(disk, "dagmar.db"),
        DAGMAR_LOGS: path.join(disk, "logs"),
        DAGMAR_DAGS: path.join(task, "dags"),
      });
      sandboxes.push(sandbox);
      return { ...sandbox, disk };
    },
    async close() {
      for (const sandbox of sandboxes) await sandbox.close();
      await simulator.stop();
      await store.close();
    },
  };
  try {
    const local = { ...environment, DAGMAR_DB: path.join(folder, "local.db"), DAGMAR_INPUT: input };
    await measureProcess(process.execPath, [CLI, "run", "csv_ingest", "--date", FIRST_DAY], {
      environment: local,
      folder,
    });
    return await measure(world);
  } finally {
    await world.close();
  }
}

/** From the event to the first request, in a new process on an empty disk: learning from the lake and reading the CSV included. */
async function measureStart(world: World): Promise<readonly Figure[]> {
  const sandbox = await world.openSandbox();
  const invoked = sandbox.invoke({ dag: "tmdb_ingest", date: FIRST_DAY }, LIMIT_MS);
  let beganMs = performance.now();
  // The process loads its modules before it asks for the event.
  while (!sandbox.hasBegun()) {
    await wait(2);
    beganMs = performance.now();
  }
  while ((await world.simulator.stats()).requests === 0) await wait(5);
  const seconds = (performance.now() - beganMs) / 1000;
  await sandbox.kill();
  await invoked;
  return [
    judgeAtMost("lambda: event to first request, empty disk", 1.5, {
      value: seconds,
      write: writeSeconds,
      note: "the CSVs are read from the store",
    }),
  ];
}

async function measureWhole(world: World, samples: Samples): Promise<readonly Figure[]> {
  const ids = samples.matchingIds + 1;
  const sandbox = await world.openSandbox();
  let events = 0;
  let peakMiB = 0;
  const watching = setInterval(() => {
    void world.simulator.stats().then(({ requests }) => {
      if (requests > 0) peakMiB = Math.max(peakMiB, readResidentMiB(sandbox.pid() ?? 0));
    });
  }, 500);
  const startedMs = performance.now();
  const limitMs = samples.isQuick ? 40_000 : LIMIT_MS;
  for (;;) {
    const result = answer(await sandbox.invoke({ dag: "tmdb_ingest", date: FIRST_DAY }, limitMs));
    events += 1;
    if (result["state"] === "success") break;
  }
  const minutes = (performance.now() - startedMs) / 60_000;
  clearInterval(watching);
  const { requests } = await world.simulator.stats();
  const before = world.store.requests.filter(isPut).length;
  const nextMs = performance.now();
  answer(await sandbox.invoke({ dag: "tmdb_ingest", date: NEXT_DAY }, limitMs));
  const nextSeconds = (performance.now() - nextMs) / 1000;
  const later = (await world.simulator.stats()).requests - requests;
  const puts = world.store.requests
    .filter(isPut)
    .slice(before)
    .map(({ key }) => key);
  return [
    judgeAtMost(`lambda: events for ${ids} ids`, 2, {
      value: events,
      write: String,
      note: `limit ${limitMs / 1000} s, ${minutes.toFixed(1)} minutes`,
    }),
    judgeAtMost("lambda: requests over ids, without kills", 1.01, {
      value: requests / (ids + 1),
      write: (ratio) => ratio.toFixed(3),
      note: `${requests} requests; a series takes two`,
    }),
    judgeAtMost("lambda: most resident memory while it asks", 200, {
      value: peakMiB,
      write: (value) => `${value.toFixed(0)} MiB`,
    }),
    judgeAtMost("lambda: the next day's event, nothing new", 3, {
      value: nextSeconds,
      write: writeSeconds,
      note: `${later} requests; put: ${[...new Set(puts)].join(", ")}`,
    }),
  ];
}

/** The second of four events dies at a random instant; every event has a fresh disk. */
async function measureKilled(world: World, ids: number, isQuick: boolean): Promise<readonly Figure[]> {
  const limitMs = isQuick ? 15_000 : KILLED_LIMIT_MS;
  let kills = 0;
  let events = 0;
  for (;;) {
    const sandbox = await world.openSandbox();
    const invoked = sandbox.invoke({ dag: "tmdb_ingest", date: FIRST_DAY }, limitMs);
    events += 1;
    if (events % 4 === 2) {
      await wait(limitMs * (0.4 + 0.3 * Math.random()));
      await sandbox.kill();
    }
    const ending = await invoked;
    if (ending.kind === "killed") kills += 1;
    else if (answer(ending)["state"] === "success") break;
  }
  const { requests } = await world.simulator.stats();
  return [
    judgeAtMost("lambda: requests over ids, one event in four killed", 1.15, {
      value: requests / (ids + 2),
      write: (ratio) => ratio.toFixed(3),
      note: `${ids} ids, ${events} events of ${limitMs / 1000} s, ${kills} killed, a fresh disk each`,
    }),
    inform("lambda: the function's zip and its layer", writeSizes()),
  ];
}

function answer(ending: Ending): Readonly<Record<string, unknown>> {
  if (ending.kind !== "response") throw new Error(JSON.stringify(ending));
  return ending.body;
}

const isPut = ({ operation }: { readonly operation: string }): boolean => operation === "PutObject";

const writeSeconds = (seconds: number): string => `${seconds.toFixed(2)} s`;

function writeSizes(): string {
  const size = (name: string): string =>
    `${(readFileSync(path.join(ROOT, "dist/lambda", name)).byteLength / 1e6).toFixed(2)} MB`;
  return `${size("function.zip")}, ${size("layer.zip")}`;
}
