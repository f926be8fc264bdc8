/** The two example Dags against a simulated TMDB and a folder or an S3 store that a test can spoil, judged from outside. */
import { pathToFileURL } from "node:url";
import BetterSqlite3 from "better-sqlite3";
import { expect, onTestFinished } from "vitest";
import type { TmdbSimulator, TmdbSimulatorOptions } from "../../../quickstart/simulator/tmdb-simulator.ts";
import { checkLake, readFolderLake, type CheckedLake, type PlainObject } from "../../support/check-lake.ts";
import {
  isUnknown,
  openCliWorld,
  startSimulator,
  writeSamples,
  type CliWorld,
  type SampleIds,
} from "../../support/cli.ts";
import { startS3Server, type S3Server, type S3ServerOptions } from "../../support/s3-server/server.ts";
import { watch, type WatchedResult } from "./watched-run.ts";

export const DATE = "2026-11-23";
const PREFIX = "zone/";

export interface IngestOptions {
  readonly movies?: number;
  readonly series?: number;
  readonly simulator?: TmdbSimulatorOptions;
  readonly environment?: Readonly<Record<string, string>>;
  /** Where the database is to lie instead of the world's folder. */
  readonly databaseFile?: string;
}

export interface IngestWorld {
  readonly world: CliWorld;
  readonly simulator: TmdbSimulator;
  readonly ids: SampleIds;
  run(
    dagId: string,
    date: string,
    more?: Readonly<Record<string, string>>,
    ...flags: readonly string[]
  ): Promise<WatchedResult>;
  check(leeway?: { readonly mayLackManifests?: boolean }): CheckedLake;
  /** Every title that TMDB has is in the lake once, and database, objects and manifests agree. */
  expectEachOnce(checked?: CheckedLake): void;
}

export interface StoreWorld extends IngestWorld {
  readonly store: S3Server;
  /** Nothing was ever written over or twice, and no unfinished upload is left. */
  expectWrittenOnce(): void;
  /** How often the store was asked to put each key; the lake's prefix and the probe left out. */
  countPuts(): Readonly<Record<string, number>>;
}

/** A retry comes after a second, so that a test need not wait for it. */
function hastenRetries(world: CliWorld): void {
  for (const dagId of ["csv_ingest", "tmdb_ingest"]) {
    world.editDag(dagId, (text) =>
      text.replace("retries: 3, retry_delay: 30s", "retries: 3, retry_delay: 1s"),
    );
  }
}

/** With a lake in a folder. Gone with the test. */
export async function openFolderWorld(options: IngestOptions = {}): Promise<IngestWorld> {
  const base = await open(options);
  const { world } = base;
  return complete(base, () => ({
    objects: readFolderLake(world.lakeFolder),
    lakeId: pathToFileURL(world.lakeFolder).href,
  }));
}

/** With a lake in an S3 store. Gone with the test. */
export async function openStoreWorld(
  serverOptions: S3ServerOptions = {},
  options: IngestOptions = {},
): Promise<StoreWorld> {
  const store = await startS3Server({ minPartBytes: 1024, ...serverOptions });
  onTestFinished(() => store.close());
  const base = await open({
    ...options,
    environment: {
      DAGMAR_LAKE: `s3://${store.bucket}/zone`,
      AWS_ENDPOINT_URL_S3: store.endpoint,
      AWS_REGION: store.region,
      AWS_ACCESS_KEY_ID: store.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: store.credentials.secretAccessKey,
      ...options.environment,
    },
  });
  const completed = complete(base, () => ({
    objects: readStore(store),
    lakeId: `s3://${store.bucket}/zone?endpoint=${store.endpoint}`,
  }));
  return {
    ...completed,
    store,
    expectWrittenOnce() {
      expect(store.overwrittenKeys()).toEqual([]);
      expect(store.versions()).toHaveLength(store.objects().size);
      expect(store.uploads()).toEqual([]);
    },
    countPuts() {
      const counts: Record<string, number> = {};
      for (const { operation, key } of store.requests) {
        if (operation !== "PutObject" || key.endsWith("_dagmar/probe")) continue;
        counts[key.slice(PREFIX.length)] = (counts[key.slice(PREFIX.length)] ?? 0) + 1;
      }
      return counts;
    },
  };
}

type Base = Pick<IngestWorld, "world" | "simulator" | "ids">;

async function open(options: IngestOptions): Promise<Base> {
  const simulator = await startSimulator(options.simulator);
  const { databaseFile } = options;
  const opened = openCliWorld({
    TMDB_BASE_URL: simulator.url,
    ...(databaseFile === undefined ? {} : { DAGMAR_DB: databaseFile }),
    ...options.environment,
  });
  const world = databaseFile === undefined ? opened : moveDatabase(opened, databaseFile);
  onTestFinished(async () => {
    world.remove();
    await simulator.close();
  });
  const ids = await writeSamples(world, { movies: options.movies ?? 40, series: options.series ?? 10 });
  hastenRetries(world);
  return { world, simulator, ids };
}

function moveDatabase(world: CliWorld, databaseFile: string): CliWorld {
  return {
    ...world,
    databaseFile,
    query<Row>(sql: string, ...values: readonly unknown[]) {
      const database = new BetterSqlite3(databaseFile, { readonly: true });
      try {
        return database.prepare(sql).all(...values) as Row[];
      } finally {
        database.close();
      }
    },
  };
}

function complete(
  { world, simulator, ids }: Base,
  look: () => { readonly objects: ReadonlyMap<string, PlainObject>; readonly lakeId: string },
): IngestWorld {
  const check: IngestWorld["check"] = (leeway = {}) =>
    checkLake({ ...look(), databaseFile: world.databaseFile, ...leeway });
  return {
    world,
    simulator,
    ids,
    run: (dagId, date, more, ...flags) => watch(world.start(["run", dagId, "--date", date, ...flags], more)),
    check,
    expectEachOnce(checked = check()) {
      expect(checked.faults).toEqual([]);
      for (const [dataset, asked] of [
        ["tmdb_movies", ids.movies],
        ["tmdb_series", ids.series],
      ] as const) {
        const copies = checked.copies[dataset] ?? new Map<string, number>();
        expect([...copies.keys()].toSorted()).toEqual(asked.filter((id) => !isUnknown(id)).toSorted());
        expect([...new Set(copies.values())]).toEqual([1]);
      }
    },
  };
}

/** What an independent reader finds; foreign objects are left out. */
function readStore(store: S3Server): ReadonlyMap<string, PlainObject> {
  const objects = new Map<string, PlainObject>();
  for (const [key, { body, metadata }] of store.objects()) {
    if (metadata["dagmar-kind"] === undefined) continue;
    objects.set(key.slice(PREFIX.length), { body: body.bytes ?? Buffer.alloc(0), metadata });
  }
  return objects;
}
