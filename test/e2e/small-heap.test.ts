/** Millions of ids in a heap that holds none of the lists of them: read, kept, planned and asked by the compiled command. */
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import {
  ageFile,
  killWhen,
  openCliWorld,
  waitUntil,
  type CliProcess,
  type CliWorld,
} from "../support/cli.ts";

const MANY = 1_200_000;
const FEW = 20_000;
/** A list of the ids as texts takes more than that. */
const SMALL_HEAP = { NODE_OPTIONS: "--max-old-space-size=64" };
/** What a hundred times as many ids may cost, the scanning thread's and SQLite's memory included. */
const MOST_GROWTH_MIB = 120;

const DAG = `dag: many
schedule: manual
tasks:
  file: { type: file-to-lake, with: { dataset: titles, file: titles.csv, key: "Raw/CSV/\${partition}/titles.csv", stable_for: 0s } }
  ids: { type: csv-to-ids, needs: [file], with: { source: { dataset: titles }, id: id } }
  titles:
    type: tmdb-to-lake
    needs: [ids]
    with: { dataset: answers, entity: movie, language: pt-BR, key: "Raw/TMDB/\${partition}/titles-\${run_stamp}-\${seq}.json" }
`;

function openManyIds(count: number): CliWorld {
  const world = openCliWorld();
  onTestFinished(() => world.remove());
  writeFileSync(join(world.dagsFolder, "many.yaml"), DAG);
  const file = join(world.inputFolder, "titles.csv");
  // Each id twice, far apart: an id that was seen early is still known at the end.
  const lines = Array.from(
    { length: count },
    (_, index) => `tt${1_000_000 + ((index * 7) % count)}|x\n`,
  ).join("");
  writeFileSync(file, `id|title\n${lines}${lines.slice(0, lines.length / 10)}`);
  ageFile(file);
  return world;
}

/** A TMDB that answers nothing; resolves when it is asked. */
async function openSilentTmdb(world: CliWorld): Promise<() => boolean> {
  let isAsked = false;
  const server = createServer(() => {
    isAsked = true;
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  world.environment["TMDB_BASE_URL"] = `http://127.0.0.1:${(server.address() as AddressInfo).port}/3`;
  return () => isAsked;
}

/** Of all its threads, in MiB; 0 if the system does not report it. */
function readPeakMemory({ child }: CliProcess): number {
  try {
    const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
    return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

async function readAndAsk(count: number): Promise<{ readonly peakMiB: number }> {
  const world = openManyIds(count);
  const isAsked = await openSilentTmdb(world);
  const running = world.start(["run", "many", "--date", "2026-11-20"], SMALL_HEAP);
  await waitUntil(running, isAsked);
  const peakMiB = readPeakMemory(running);
  running.child.kill("SIGINT");
  const { exitCode, stderr } = await running.ended;
  expect(exitCode, stderr).toBe(75);
  expect(
    world.query("SELECT count(*) AS ids, count(DISTINCT asked_id) AS different FROM candidate_ids"),
  ).toEqual([{ ids: count, different: count }]);
  return { peakMiB };
}

test("1,200,000 ids are read, kept and planned in a heap of 64 MiB, at little more memory than 20,000", async () => {
  const few = await readAndAsk(FEW);
  const many = await readAndAsk(MANY);
  expect(many.peakMiB - few.peakMiB).toBeLessThan(MOST_GROWTH_MIB);
}, 180_000);

test("a killed reading leaves no set, and the next one leaves nothing of it", async () => {
  const world = openManyIds(200_000);
  const staged = (): boolean => {
    try {
      return world.query("SELECT 1 FROM candidate_ids LIMIT 1").length > 0;
    } catch {
      return false;
    }
  };
  const args = ["run", "many", "--date", "2026-11-20", "--task", "file", "--task", "ids"];
  expect(await killWhen(world.start(args), staged)).toBe(true);
  const kept = () => world.query<{ ids: number }>("SELECT count(*) AS ids FROM candidate_ids")[0]?.ids;
  expect(kept()).toBeLessThan(200_000);
  await world.prepare(args);
  expect(kept()).toBe(200_000);
  expect(world.query("SELECT id_count FROM candidate_sets")).toEqual([{ id_count: 200_000 }]);
}, 180_000);
