/** The shipped Dags on samples and a simulator of TMDB, as after some days: complete, limited and failed runs, ids in every outcome, a full lake. */
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { TmdbSimulator } from "../../../quickstart/simulator/tmdb-simulator.ts";
import { startSimulator, writeSamples } from "../../support/cli.ts";
import {
  eventually,
  openOwnServiceWorld,
  untilReady,
  type Scheduler,
  type ServiceWorld,
} from "../../support/service-process.ts";

const DAGS = fileURLToPath(new URL("../../../dags", import.meta.url));

export interface LakeSite extends ServiceWorld {
  readonly url: string;
  /** An id that is stored, and one that TMDB does not have. */
  readonly storedId: string;
  readonly unknownId: string;
  readonly scheduler: Scheduler;
  close(): Promise<void>;
}

export async function openLakeSite(): Promise<LakeSite> {
  const simulator = await startSimulator({ token: "simulator" });
  const world = openOwnServiceWorld();
  try {
    return await fillLakeSite(world, simulator);
  } catch (error) {
    world.remove();
    await simulator.close();
    throw error;
  }
}

async function fillLakeSite(world: ServiceWorld, simulator: TmdbSimulator): Promise<LakeSite> {
  world.environment["TMDB_BASE_URL"] = simulator.url;
  world.environment["DAGMAR_TIMEZONE"] = "America/Sao_Paulo";
  for (const dagId of ["csv_ingest", "tmdb_ingest"])
    copyFileSync(join(DAGS, `${dagId}.yaml`), join(world.dagsFolder, `${dagId}.yaml`));
  await writeSamples(world, { movies: 260, series: 90 });
  await world.prepare(["run", "csv_ingest", "--date", "2026-11-21"]);
  await world.prepare(["run", "tmdb_ingest", "--date", "2026-11-21", "--param", "limit=120"]);
  await world.run(["run", "tmdb_ingest", "--date", "2026-11-22", "--param", "since=1990"], {
    TMDB_API_TOKEN: "wrong",
  });
  await world.prepare(["run", "tmdb_ingest", "--date", "2026-11-23"]);
  const scheduler = await world.startScheduler();
  await untilReady(scheduler);
  await world.prepare(["trigger", "csv_ingest", "--date", "2026-11-24"]);
  const isDone = (): boolean => {
    const open = "SELECT 1 FROM v_runs WHERE state IN ('queued', 'running')";
    const followed = "SELECT 1 FROM v_runs WHERE dag_id = 'tmdb_ingest'";
    return world.query(open).length === 0 && world.query(followed).length >= 4;
  };
  await eventually("csv_ingest has run, and tmdb_ingest after it", isDone, scheduler, 60_000);
  const pick = (outcome: string): string =>
    world.query<{ asked_id: string }>(
      "SELECT min(asked_id) AS asked_id FROM v_ids WHERE outcome = ?",
      outcome,
    )[0]?.asked_id ?? "";
  return {
    ...world,
    scheduler,
    url: scheduler.url,
    storedId: pick("stored"),
    unknownId: pick("not_found"),
    async close() {
      await scheduler.stop();
      await simulator.close();
      world.remove();
    },
  };
}
