/** The states in which remedies are executed: Dags, files, a simulator, a run at work. */
import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished } from "vitest";
import type { TmdbSimulator } from "../../quickstart/simulator/tmdb-simulator.ts";
import { ageFile, startSimulator, waitUntil, writeSamples, type CliWorld } from "../support/cli.ts";

const DAGS = {
  by_hand: `schedule: manual\ntasks: { nothing: { type: noop } }\n`,
  daily: `schedule: "0 6 * * *"\ntasks: { nothing: { type: noop } }\n`,
  faulty: `schedule: manual\ntasks:\n  fails: { type: shell, with: { script: "test -e well" } }\n  after: { type: noop, needs: [fails] }\n`,
  reader: `schedule: manual\ntasks: { ids: { type: csv-to-ids, with: { source: { dataset: titles }, id: id } } }\n`,
  slow: `schedule: manual\ntasks: { waits: { type: shell, with: { script: "until test -e well; do sleep 0.1; done" } } }\n`,
  slow_daily: `schedule: "0 6 * * *"\ntasks: { waits: { type: shell, with: { script: "until test -e well; do sleep 0.1; done" } } }\n`,
  talks: `schedule: manual\ntasks: { speaks: { type: shell, with: { script: "echo hello" } } }\n`,
  table: `schedule: manual\ntasks: { made: { type: sql-to-lake, with: { dataset: made, key: Trusted/made.parquet, inputs: { raw: { dataset: titles, format: csv } }, sql: "select id from raw", columns: { id: varchar }, expect: [{ unique: [id] }] } } }\n`,
  files: `schedule: manual\ntasks: { file: { type: file-to-lake, with: { dataset: titles, file: titles.csv, key: "Raw/CSV/\${partition}/titles.csv", stable_for: 0s } } }\n`,
};

export function writeDag(world: CliWorld, dagId: keyof typeof DAGS): void {
  writeFileSync(join(world.dagsFolder, `${dagId}.yaml`), `dag: ${dagId}\n${DAGS[dagId]}`);
}

export function writeTitles(world: CliWorld, text: string): void {
  writeDag(world, "files");
  writeFileSync(join(world.inputFolder, "titles.csv"), text);
  ageFile(join(world.inputFolder, "titles.csv"));
}

export async function prepareTmdb(world: CliWorld, latencyMs = 0): Promise<TmdbSimulator> {
  const simulator = await startSimulator({ latencyMs });
  onTestFinished(() => simulator.close());
  world.environment["TMDB_BASE_URL"] = simulator.url;
  await writeSamples(world, { movies: 30, series: 5 });
  return simulator;
}

/** Objects of another lake, whose database asked for the same ids, are copied into the world's lake. */
export async function doubleIds(world: CliWorld, date: string): Promise<void> {
  const other = join(world.folder, "other-lake");
  const variables = { DAGMAR_DB: join(world.folder, "other.db"), DAGMAR_LAKE: `file:${other}` };
  await world.prepare(["run", "csv_ingest", "--date", date], variables);
  await world.prepare(["run", "tmdb_ingest", "--date", date], variables);
  cpSync(join(other, "Raw/TMDB"), lakeFile(world, "Raw/TMDB"), { recursive: true });
}

export const lakeFile = (world: CliWorld, key: string): string => join(world.lakeFolder, key);

export async function say(world: CliWorld, args: readonly string[], exitCode: number): Promise<string> {
  const result = await world.run(args);
  const text = result.stdout + result.stderr;
  expect(result.exitCode, text).toBe(exitCode);
  return text;
}

/** Executes the first command of that name that the text recommends, as it stands there; `more` are its placeholders' values. */
export function follow(
  world: CliWorld,
  text: string,
  name: string,
  { more = [], exitCode = 0 }: { readonly more?: readonly string[]; readonly exitCode?: number } = {},
): Promise<string> {
  const [, command] = new RegExp(`\`dagmar (${name}\\b[^\`]*)\``).exec(text) ?? [];
  if (command === undefined) throw new Error(`no \`dagmar ${name}\` in: ${text}`);
  const words = command.split(" ").filter((word) => word !== "…");
  return say(world, [...words, ...more], exitCode);
}

/** A scheduler, and a run of `slow` at work under it. */
export async function startSlow(world: CliWorld, args: readonly string[]) {
  const scheduler = world.start(["scheduler"], { DAGMAR_HTTP: "off" });
  await waitUntil(scheduler, () => scheduler.output().includes("is scheduling"));
  const asking = world.start(args);
  const isRunning = () => world.query("SELECT 1 FROM task_instances WHERE state = 'running'").length > 0;
  await waitUntil(asking, isRunning);
  return {
    asking,
    untilIdle: () => waitUntil(scheduler, () => !isRunning()),
    async stop() {
      await asking.ended;
      scheduler.child.kill("SIGTERM");
      await scheduler.ended;
    },
  };
}
