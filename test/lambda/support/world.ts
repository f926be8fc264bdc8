/** The function, a store, TMDB and sandboxes, on loopback: the CSVs are in the lake, put there by a command. */
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { TmdbSimulator } from "../../../quickstart/simulator/tmdb-simulator.ts";
import { checkLake, type CheckedLake, type PlainObject } from "../../support/check-lake.ts";
import {
  isUnknown,
  openCliWorld,
  startSimulator,
  writeSamples,
  type CliProcess,
  type SampleIds,
} from "../../support/cli.ts";
import { startS3Server, type S3Server } from "../../support/s3-server/server.ts";
import { openSandbox, type Sandbox } from "./runtime-api.ts";
import { layOut } from "./unpack.ts";

export interface LambdaWorld {
  readonly simulator: TmdbSimulator;
  readonly store: S3Server;
  readonly ids: SampleIds;
  /** A sandbox with an empty disk, or with that of another one. */
  readonly openSandbox: (
    disk?: string,
    variables?: Readonly<Record<string, string>>,
  ) => Promise<Sandbox & { readonly disk: string }>;
  /** Of the lake against the database on that disk. */
  readonly check: (disk: string) => CheckedLake;
  /** Faults of the lake: ids that are missing, and ids that are there twice. */
  readonly listFaults: () => readonly string[];
  /** The films that TMDB has, and were requested more than once; a series takes two requests. */
  readonly countRepeated: () => number;
  /** `dagmar run tmdb_ingest`, on this machine, with a database of its own. */
  readonly startCommand: () => CliProcess;
  /** The lake as it was when only the CSVs were in it. */
  readonly reset: () => void;
  readonly close: () => Promise<void>;
}

export interface WorldOptions {
  readonly movies: number;
  readonly series?: number;
  readonly ratePerSecond?: string;
  readonly store?: Parameters<typeof startS3Server>[0];
}

export async function openLambdaWorld(options: WorldOptions): Promise<LambdaWorld> {
  const root = fs.realpathSync(fs.mkdtempSync(path.join(tmpdir(), "dagmar-lambda-")));
  const task = layOut(path.join(root, "lambda"));
  const simulator = await startSimulator({ latencyMs: 20 });
  const store = await startS3Server(options.store ?? {});
  const environment = {
    TMDB_BASE_URL: simulator.url,
    TMDB_API_TOKEN: "simulator",
    TMDB_RATE_PER_SECOND: options.ratePerSecond ?? "none",
    DAGMAR_LAKE: `s3://${store.bucket}/zone`,
    AWS_ENDPOINT_URL_S3: store.endpoint,
    AWS_REGION: store.region,
    AWS_ACCESS_KEY_ID: store.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: store.credentials.secretAccessKey,
    AWS_EC2_METADATA_DISABLED: "true",
  };
  const home = openCliWorld(environment);
  const ids = await writeSamples(home, { movies: options.movies, series: options.series ?? 20 });
  await home.prepare(["run", "csv_ingest", "--date", "2026-11-23"]);
  const sandboxes: Sandbox[] = [];
  const all = [...ids.movies, ...ids.series];

  function readStore(): ReadonlyMap<string, PlainObject> {
    const objects = new Map<string, PlainObject>();
    for (const [key, { body, metadata }] of store.objects()) {
      if (metadata["dagmar-kind"] === undefined) continue;
      objects.set(key.slice("zone/".length), { body: body.bytes ?? Buffer.alloc(0), metadata });
    }
    return objects;
  }

  function check(disk: string): CheckedLake {
    return checkLake({
      objects: readStore(),
      databaseFile: path.join(disk, "dagmar.db"),
      lakeId: `s3://${store.bucket}/zone?endpoint=${store.endpoint}`,
      mayLackManifests: true,
    });
  }

  return {
    simulator,
    store,
    ids,
    async openSandbox(disk = fs.mkdtempSync(path.join(root, "tmp-")), variables = {}) {
      const sandbox = await openSandbox(path.join(task, "index.mjs"), task, {
        ...environment,
        HOME: disk,
        DAGMAR_DB: path.join(disk, "dagmar.db"),
        DAGMAR_LOGS: path.join(disk, "logs"),
        ...variables,
      });
      sandboxes.push(sandbox);
      return { ...sandbox, disk };
    },
    check,
    listFaults() {
      const copies = new Map<string, number>();
      for (const { metadata } of readStore().values()) {
        if (metadata["dagmar-kind"] !== "records") continue;
        for (const id of (metadata["dagmar-ids"] ?? "").split(",")) copies.set(id, (copies.get(id) ?? 0) + 1);
      }
      const known = all.filter((id) => !isUnknown(id));
      return [
        ...known.filter((id) => !copies.has(id)).map((id) => `${id} is missing`),
        ...[...copies].filter(([, count]) => count > 1).map(([id, count]) => `${id} is there ${count} times`),
      ];
    },
    countRepeated: () => ids.movies.filter((id) => !isUnknown(id) && simulator.countOf(id) > 1).length,
    startCommand: () => home.start(["run", "tmdb_ingest", "--date", "2026-11-23"]),
    reset() {
      for (const key of [...store.objects().keys(), ...store.notes().keys()])
        if (!key.startsWith("zone/Raw/Local/")) store.remove(key);
      simulator.reset();
    },
    async close() {
      for (const sandbox of sandboxes) await sandbox.close();
      await simulator.close();
      await store.close();
      home.remove();
      fs.rmSync(root, { recursive: true, force: true });
    },
  };
}
