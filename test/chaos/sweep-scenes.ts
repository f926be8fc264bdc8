/** The scenes of a sweep: a run in the foreground, a backfill, the scheduler. */
import { setTimeout as delay } from "node:timers/promises";
import type { CliResult } from "../support/cli.ts";
import type { CrashAt, SweepWorld } from "./sweep-world.ts";

export interface Scene {
  readonly name: string;
  /** Once, before the first crash. */
  readonly prepare: readonly (readonly string[])[];
  /** The runs that there must be in the end, each once. */
  readonly runs: readonly { readonly dagId: string; readonly logicalDates: readonly string[] }[];
  /** Whether TMDB's data is in the lake in the end. */
  readonly isTmdb: boolean;
  /** Changes the world's Dags, once. */
  furnish?(world: SweepWorld): void;
  /** The whole work, resumed from the last crash. */
  work(world: SweepWorld, crashAt?: CrashAt): Promise<CliResult>;
  /** The work once more, when it is done. */
  again(world: SweepWorld): Promise<CliResult>;
}

const DATE = "2026-01-02";
const MANUAL = ["2026-01-02T09:00:00.000Z"];
const SLOTS = ["2026-01-01T09:00:00.000Z", "2026-01-02T09:00:00.000Z", "2026-01-03T09:00:00.000Z"];

const runArgs = (dagId: string): readonly string[] => ["run", dagId, "--date", DATE];
const backfillArgs = (dagId: string): readonly string[] => [
  "backfill",
  dagId,
  "--from",
  "2026-01-01",
  "--to",
  "2026-01-03",
];

type DagId = "csv_ingest" | "tmdb_ingest";

function listRuns(dagId: DagId, logicalDates: readonly string[]): Scene["runs"] {
  return (dagId === "csv_ingest" ? [dagId] : ["csv_ingest", dagId]).map((id) => ({
    dagId: id,
    logicalDates,
  }));
}

export function foreground(dagId: DagId): Scene {
  return {
    name: `run ${dagId}`,
    prepare: dagId === "tmdb_ingest" ? [runArgs("csv_ingest")] : [],
    runs: listRuns(dagId, MANUAL),
    isTmdb: dagId === "tmdb_ingest",
    work: (world, crashAt) => world.start(runArgs(dagId), crashAt).ended,
    again: (world) => world.start([...runArgs(dagId), "--rerun"]).ended,
  };
}

export function backfill(dagId: DagId): Scene {
  return {
    name: `backfill ${dagId}`,
    prepare: dagId === "tmdb_ingest" ? [backfillArgs("csv_ingest")] : [],
    runs: listRuns(dagId, SLOTS),
    isTmdb: dagId === "tmdb_ingest",
    work: (world, crashAt) => world.start(backfillArgs(dagId), crashAt).ended,
    again: (world) => world.start([...backfillArgs(dagId), "--reprocess", "completed"]).ended,
  };
}

/** Three slots that are due, and the Dag that follows their runs. */
export function scheduler(): Scene {
  const runs = listRuns("tmdb_ingest", SLOTS);
  return {
    name: "scheduler",
    prepare: [],
    runs,
    isTmdb: true,
    furnish(world) {
      world.editDag("csv_ingest", (text) =>
        text
          .replace(/^start:.*$/m, "start: 2026-01-01\nend: 2026-01-03T12:00:00Z")
          .replace(/^catchup:.*$/m, "catchup: all"),
      );
    },
    work: (world, crashAt) => schedule(world, crashAt, () => countEnded(world) >= runs.length * SLOTS.length),
    again(world) {
      const before = world.passed().length;
      // The first turn takes the folder in, the second would make what is due.
      const isTurning = (): boolean =>
        world
          .passed()
          .slice(before)
          .filter((name) => name === "transaction.after").length >= 4;
      return schedule(world, undefined, isTurning);
    },
  };
}

function countEnded(world: SweepWorld): number {
  return world.query("SELECT 1 FROM dag_runs WHERE state IN ('success', 'failed')").length;
}

const PATIENCE_MS = 60_000;

async function schedule(world: SweepWorld, crashAt: CrashAt, isOver: () => boolean): Promise<CliResult> {
  const running = world.start(["scheduler"], crashAt);
  const until = performance.now() + PATIENCE_MS;
  const { child } = running;
  while (child.exitCode === null && child.signalCode === null) {
    if (performance.now() > until) child.kill("SIGABRT");
    if (running.output().includes("is scheduling") && isOver()) {
      child.kill("SIGTERM");
      break;
    }
    await delay(20);
  }
  return running.ended;
}
