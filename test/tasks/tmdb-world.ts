/**
 * TMDB's simulator, a real database and a real folder lake for tests of `tmdb-to-lake`, and functions that read what it
 * left.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { TaskFailure } from "../../model/errors.ts";
import type { Progress, RunFacts, TaskOutput } from "../../model/ports/task-type.ts";
import { sql } from "../../state/sqlite/statement.ts";
import { createTmdbToLake } from "../../tasks/tmdb-to-lake/index.ts";
import { openTmdbSource } from "../../tasks/tmdb-to-lake/tmdb-source.ts";
import {
  startTmdbSimulator,
  type TmdbSimulator,
  type TmdbSimulatorOptions,
} from "../../quickstart/simulator/tmdb-simulator.ts";
import { runTask } from "../support/task-context.ts";
import { openTestWorld, silentLog, type TestWorld } from "../support/test-world.ts";
import { saveCandidates } from "../support/candidates.ts";

export const WRITTEN = {
  dataset: "tmdb_movies",
  entity: "movie",
  key: "Raw/TMDB/${partition}/movies-${run_stamp}-${seq}.json",
};
export const FOLDER = "Raw/TMDB/2026/11/23";

export interface AskOptions {
  readonly written?: object;
  readonly ids?: readonly string[];
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
  readonly token?: string | undefined;
}

export interface TmdbWorld extends TestWorld {
  readonly tmdb: TmdbSimulator;
  readonly ask: (run: RunFacts, options?: AskOptions) => Promise<TaskOutput>;
  readonly listKeys: () => Promise<readonly string[]>;
  /** The IMDb ids of all stored records, object by object. */
  readonly listStored: () => Promise<readonly (readonly string[])[]>;
  /** Outcome and reason of every id that is not stored. */
  readonly listOutcomes: () => unknown[];
}

export function makeIds(count: number, from = 1): string[] {
  return Array.from({ length: count }, (_, index) => `tt${String((from + index) * 2).padStart(7, "0")}`);
}

export const IDS = makeIds(10);

export async function openTmdbWorld(
  simulator: TmdbSimulatorOptions = {},
  base?: TestWorld,
): Promise<TmdbWorld> {
  const world = base ?? (await openTestWorld());
  const tmdb = await startTmdbSimulator({ unknownShare: 0, kindOf: () => "movie", ...simulator });
  onTestFinished(() => tmdb.close());
  return makeTmdbWorld(world, tmdb);
}

export function makeTmdbWorld(world: TestWorld, tmdb: TmdbSimulator): TmdbWorld {
  const listKeys = async () => {
    const keys: string[] = [];
    for await (const { key } of world.lake.list("Raw/TMDB/")) keys.push(key);
    return keys;
  };
  return {
    ...world,
    tmdb,
    listKeys,
    ask: async (run, options = {}) => {
      const { ids = IDS, written, signal, onProgress } = options;
      const token = "token" in options ? options.token : "simulator";
      const type = createTmdbToLake(
        openTmdbSource(
          { baseUrl: tmdb.url, token, apiKey: undefined, ratePerSecond: Infinity },
          { clock: world.clock, log: silentLog, random: () => 0 },
        ),
      );
      const key = {
        lakeId: world.lake.id,
        sha256: ids.join("").slice(-64).padStart(64, "a"),
        conditions: { ids },
      };
      const counts = { rows: ids.length, matchedRows: ids.length, faultyRows: {} };
      const { candidateSetId } = await saveCandidates(world.ports.candidates, key, "movies", ids, counts);
      return runTask(type, world, {
        run,
        written: { ...WRITTEN, ...written },
        outputs: { ids: { candidate_set: candidateSetId, key: "Raw/CSV/movies.csv", sha256: key.sha256 } },
        ...(signal === undefined ? {} : { signal }),
        ...(onProgress === undefined ? {} : { onProgress }),
      });
    },
    listStored: async () => {
      const keys = (await listKeys()).filter((key) => !key.includes("/.manifest-"));
      return keys.map((key) => {
        const records = JSON.parse(readFileSync(join(world.folder, "lake", key), "utf8")) as {
          imdb_id?: string;
          external_ids?: { imdb_id: string };
        }[];
        return records.map((record) => record.imdb_id ?? record.external_ids?.imdb_id ?? "?");
      });
    },
    listOutcomes: () =>
      world.database.all(
        sql`SELECT asked_id, outcome, reason FROM v_ids WHERE outcome <> 'stored' ORDER BY asked_id`,
      ),
  };
}

export async function failure(promise: Promise<unknown>): Promise<TaskFailure> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof TaskFailure)) throw new Error("it did not fail", { cause: error });
  return error;
}
