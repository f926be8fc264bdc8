/** A lake with CSVs and titles in a folder or in the S3 test server, for tests that remove objects of it by the command line. */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { TmdbSimulator } from "../../quickstart/simulator/tmdb-simulator.ts";
import {
  openCliWorld,
  startSimulator,
  writeSamples,
  type CliResult,
  type CliWorld,
  type SampleIds,
} from "./cli.ts";
import { startS3Server, type S3Server, type S3ServerOptions } from "./s3-server/server.ts";

export const LAKES = ["folder", "s3"] as const;

export const MOVIES_CSV = "Raw/Local/CSV/Movies/2026/11/23/movies.csv";
export const FIRST_RECORDS = "Raw/TMDB/JSON/Movies/2026/11/23/movies-20261123T090000000Z-00001.json";

export interface RemovalWorld extends CliWorld {
  readonly simulator: TmdbSimulator;
  readonly store: S3Server | undefined;
  readonly ids: SampleIds;
  /** The keys of the lake, also of objects that are not Dagmar's; without a folder lake's metadata. */
  keys(): readonly string[];
  /** Whether the lake has anything of the object, its metadata included. */
  holds(key: string): boolean;
  read(key: string): Buffer;
  /** Gives a function that brings the object back, as it was, metadata included. */
  keep(key: string): () => void;
  /** By `--json`; throws the output unless it exits with 0. */
  json<Answer>(args: readonly string[], more?: Readonly<Record<string, string>>): Promise<Answer>;
  removeObject(key: string, ...more: readonly string[]): Promise<CliResult>;
  close(): Promise<void>;
}

/** `csv_ingest` and `tmdb_ingest` have run for 2026-11-23. */
export async function openRemovalWorld(
  lake: (typeof LAKES)[number],
  options: { readonly s3?: S3ServerOptions; readonly movies?: number } = {},
): Promise<RemovalWorld> {
  const simulator = await startSimulator();
  const store = lake === "s3" ? await startS3Server({ pageSize: 3, ...options.s3 }) : undefined;
  const world = openCliWorld({
    TMDB_BASE_URL: simulator.url,
    DAGMAR_HTTP: "127.0.0.1:0",
    ...(store === undefined
      ? {}
      : {
          DAGMAR_LAKE: `s3://${store.bucket}/zone`,
          AWS_ENDPOINT_URL_S3: store.endpoint,
          AWS_REGION: store.region,
          AWS_ACCESS_KEY_ID: store.credentials.accessKeyId,
          AWS_SECRET_ACCESS_KEY: store.credentials.secretAccessKey,
        }),
  });
  const ids = await writeSamples(world, { movies: options.movies ?? 150, series: 10 });
  for (const dagId of ["csv_ingest", "tmdb_ingest"]) {
    world.editDag(dagId, (text) => text.replace("retries: 3", "retries: 0"));
    await world.prepare(["run", dagId, "--date", "2026-11-23"]);
  }
  const path = (key: string): string => join(world.lakeFolder, key);
  const metaPath = (key: string): string =>
    join(dirname(path(key)), `.meta-${key.slice(key.lastIndexOf("/") + 1)}.lake`);
  return {
    ...world,
    simulator,
    store,
    ids,
    keys: () =>
      store === undefined
        ? world
            .listLake()
            .map((line) => line.split(" ")[0] ?? "")
            .filter((key) => !key.includes("/.meta-"))
        : [...store.objects().keys()].map((key) => key.slice("zone/".length)).toSorted(),
    holds: (key) =>
      store === undefined
        ? existsSync(path(key)) || existsSync(metaPath(key))
        : store.objects().has(`zone/${key}`),
    read: (key) =>
      store === undefined
        ? readFileSync(path(key))
        : (store.objects().get(`zone/${key}`)?.body.bytes ?? Buffer.alloc(0)),
    keep(key) {
      if (store !== undefined) {
        const version = store.objects().get(`zone/${key}`);
        if (version === undefined) throw new Error(`${key} is not there`);
        return () => store.restore(version);
      }
      const [bytes, meta] = [readFileSync(path(key)), readFileSync(metaPath(key))];
      return () => {
        writeFileSync(metaPath(key), meta);
        writeFileSync(path(key), bytes);
      };
    },
    async json<Answer>(args: readonly string[], more?: Readonly<Record<string, string>>) {
      const { exitCode, stdout, stderr } = await world.run([...args, "--json"], more);
      if (exitCode !== 0) throw new Error(`exit code ${exitCode}:\n${stdout}${stderr}`);
      return JSON.parse(stdout) as Answer;
    },
    removeObject: (key, ...more) => world.run(["lake", "rm", key, "--why", "stored by mistake", ...more]),
    async close() {
      await simulator.close();
      await store?.close();
      rmSync(join(world.folder, "lake"), { recursive: true, force: true });
      world.remove();
    },
  };
}
