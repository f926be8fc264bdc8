/**
 * A world for one crash after another: small CSVs, a simulated TMDB, a lake in a folder or in the S3 test server, and the
 * program as a child that dies at a chosen point. What the world then holds is judged by `sweep-judge`.
 */
import { appendFileSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import BetterSqlite3 from "better-sqlite3";
import { hashText } from "../../quickstart/invented/random.ts";
import { HEADERS } from "../../quickstart/samples/title-rows.ts";
import type { TmdbSimulator } from "../../quickstart/simulator/tmdb-simulator.ts";
import { readFolderLake, type PlainObject } from "../support/check-lake.ts";
import {
  ageFile,
  expectSuccess,
  isUnknown,
  openCliWorld,
  startChild,
  startSimulator,
  type CliProcess,
  type CliWorld,
} from "../support/cli.ts";
import { startS3Server, type S3Server } from "../support/s3-server/server.ts";

export const LAKES = ["folder", "s3"] as const;
export type LakeKind = (typeof LAKES)[number];

/** `12`: at the twelfth failpoint since its start; `seal.after:2`: at the second one of that name. */
export type CrashAt = string | undefined;

export interface WorldOptions {
  readonly lake: LakeKind;
  /** Of another build than the project's own. */
  readonly cliPath?: string;
  readonly movies?: number;
  readonly series?: number;
}

export interface SweepWorld extends Pick<CliWorld, "folder" | "databaseFile" | "editDag" | "dagsFolder"> {
  readonly simulator: TmdbSimulator;
  readonly store: S3Server | undefined;
  readonly ids: Readonly<Record<"tmdb_movies" | "tmdb_series", readonly string[]>>;
  /** The CSVs' bytes, by dataset. */
  readonly files: Readonly<Record<"movies" | "series", Buffer>>;
  /** The lake's name in the database. */
  lakeId(): string;
  /** An empty lake and no database, or what `commands` made of them; what was asked before is forgotten. */
  begin(commands: readonly (readonly string[])[]): Promise<void>;
  start(args: readonly string[], crashAt?: CrashAt): CliProcess;
  /** The objects of the lake by key below its prefix, also foreign ones. */
  objects(): ReadonlyMap<string, PlainObject>;
  /** Of uploads in parts that were begun and not finished. */
  readonly unfinishedUploads: number;
  /** Plain SQL; no rows if the database or the table does not exist yet. */
  query<Row>(sql: string): Row[];
  /** Names of the failpoints that were passed since `begin`. */
  passed(): readonly string[];
  close(): Promise<void>;
}

/** The CSV of films is larger, and so goes up in parts; that of series is not. */
const PART_BYTES = 3_000;
const FOREIGN_KEY = /movies-\d+T\d+Z-00001\.json$/;
export const FOREIGN_BODY = "of another program";

export async function openSweepWorld(options: WorldOptions): Promise<SweepWorld> {
  const simulator = await startSimulator({ structureDrift: true });
  const store = options.lake === "s3" ? await startS3Server({ minPartBytes: 1, pageSize: 3 }) : undefined;
  const cli = openCliWorld({ TMDB_BASE_URL: simulator.url, DAGMAR_HTTP: "127.0.0.1:0" });
  rmSync(join(cli.dagsFolder, "oscar_ingest.yaml"));
  // A failure must not count as a recovered crash, and must not cause a wait.
  for (const dagId of ["csv_ingest", "tmdb_ingest"]) {
    cli.editDag(dagId, (text) => text.replace("retries: 3", "retries: 0"));
  }
  const ids = {
    tmdb_movies: chooseMovies(options.movies ?? 12),
    tmdb_series: Array.from({ length: options.series ?? 8 }, (_, index) => formatId(2 * index + 15)),
  };
  const files = {
    movies: writeCsv(cli.inputFolder, "movies", ids.tmdb_movies, 120),
    series: writeCsv(cli.inputFolder, "series", ids.tmdb_series, 4),
  };
  const failpointLog = join(cli.folder, "failpoints");
  let round = 0;

  const lakeLocation = (): string =>
    store === undefined ? `file:${cli.lakeFolder}` : `s3://${store.bucket}/round${round}`;
  const environment = (): Record<string, string | undefined> => ({
    ...cli.environment,
    DAGMAR_LAKE: lakeLocation(),
    DAGMAR_TEST_FAILPOINT_LOG: failpointLog,
    DAGMAR_TEST_PART_BYTES: String(PART_BYTES),
    ...(store === undefined
      ? {}
      : {
          AWS_ENDPOINT_URL_S3: store.endpoint,
          AWS_REGION: store.region,
          AWS_ACCESS_KEY_ID: store.credentials.accessKeyId,
          AWS_SECRET_ACCESS_KEY: store.credentials.secretAccessKey,
        }),
  });
  const running = new Set<CliProcess>();
  const start = (args: readonly string[], crashAt?: CrashAt): CliProcess => {
    const command = [options.cliPath ?? cli.cliPath, ...args];
    const variables = {
      ...environment(),
      ...(crashAt === undefined ? {} : { DAGMAR_TEST_CRASH_AT: crashAt }),
    };
    const begun = startChild(process.execPath, command, cli.folder, variables);
    running.add(begun);
    void begun.ended.then(() => running.delete(begun));
    return begun;
  };
  const state = [cli.lakeFolder, cli.databaseFile];

  return {
    folder: cli.folder,
    databaseFile: cli.databaseFile,
    dagsFolder: cli.dagsFolder,
    editDag: (dagId, edit) => cli.editDag(dagId, edit),
    simulator,
    store,
    ids,
    files,
    start,
    lakeId: () =>
      store === undefined
        ? pathToFileURL(cli.lakeFolder).href
        : `${lakeLocation()}?endpoint=${store.endpoint}`,
    async begin(commands) {
      round += 1;
      for (const path of [...state, `${cli.databaseFile}-wal`, `${cli.databaseFile}-shm`, failpointLog]) {
        rmSync(path, { recursive: true, force: true });
      }
      rmSync(join(cli.folder, "data"), { recursive: true, force: true });
      simulator.reset();
      store?.faults.clear();
      // Two objects in one bucket are never written over by accident alone: a foreign object comes first, once.
      store?.faults.push({
        when: { operation: "PutObject", key: FOREIGN_KEY },
        fault: { kind: "foreign-object", body: FOREIGN_BODY },
      });
      const template = join(cli.folder, `template ${commands.flat().join(" ")}`);
      const mayKeep = store === undefined && commands.length > 0;
      if (mayKeep && existsSync(template)) {
        cpSync(template, cli.folder, { recursive: true, preserveTimestamps: true });
      } else {
        for (const command of commands) expectSuccess(await start(command).ended);
        if (mayKeep) {
          mkdirSync(template);
          for (const path of state) cpSync(path, path.replace(cli.folder, template), { recursive: true });
        }
      }
      writeFileSync(failpointLog, "");
    },
    objects() {
      if (store === undefined) return readFolderLake(cli.lakeFolder);
      const prefix = `round${round}/`;
      return new Map(
        [...store.objects()]
          .filter(([key]) => key.startsWith(prefix))
          .map(([key, { body, metadata }]) => [
            key.slice(prefix.length),
            { body: body.bytes ?? Buffer.alloc(0), metadata },
          ]),
      );
    },
    get unfinishedUploads() {
      return store?.uploads().filter(({ key }) => key.startsWith(`round${round}/`)).length ?? 0;
    },
    query<Row>(sql: string) {
      if (!existsSync(cli.databaseFile)) return [];
      const database = new BetterSqlite3(cli.databaseFile, { readonly: true });
      try {
        const isReady =
          database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'v_events'").all().length > 0;
        return isReady ? (database.prepare(sql).all() as Row[]) : [];
      } finally {
        database.close();
      }
    },
    passed: () => readFileSync(failpointLog, "utf8").split("\n").filter(Boolean),
    async close() {
      for (const { child } of running) child.kill("SIGKILL");
      await simulator.close();
      await store?.close();
      cli.remove();
    },
  };
}

/** A few of each structure that the simulator gives, some that TMDB does not have, and plain ones for the rest. */
function chooseMovies(count: number): readonly string[] {
  const all = Array.from({ length: 20_000 }, (_, index) => formatId(2 * index + 2));
  const isDrifting = (id: string): boolean => hashText(`drift 1 ${id}`) / 4_294_967_296 < 0.04;
  const known = all.filter((id) => !isUnknown(id));
  const chosen = [
    ...known.filter(isDrifting).slice(0, 4),
    ...all.filter(isUnknown).slice(0, 2),
    ...known.filter((id) => !isDrifting(id)).slice(0, count - 6),
  ];
  return chosen.toSorted();
}

function formatId(number: number): string {
  return `tt${String(number).padStart(7, "0")}`;
}

/** The wanted titles first, then `others` that are too old. */
function writeCsv(folder: string, kind: "movies" | "series", ids: readonly string[], others: number): Buffer {
  const columns = HEADERS[kind].split("|").length;
  const row = (id: string, year: number): string => {
    const head = [id, "Um título inventado", "An invented title", String(year)];
    const facts = [...(kind === "series" ? ["\\N"] : []), "90", "Animation,Comedy", "6.1", "12"];
    return [...head, ...facts].concat(Array<string>(columns).fill("\\N")).slice(0, columns).join("|");
  };
  const lines = [
    HEADERS[kind],
    ...ids.map((id) => row(id, 2011)),
    ...Array.from({ length: others }, (_, index) => row(formatId(9_000_000 + index), 1960)),
  ];
  const path = join(folder, `${kind}.csv`);
  writeFileSync(path, "");
  appendFileSync(path, `${lines.join("\n")}\n`);
  ageFile(path);
  return readFileSync(path);
}
