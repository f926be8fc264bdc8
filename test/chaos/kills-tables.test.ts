/**
 * SIGKILL at random instants, of the process that runs the Dags and of the one that computes, while Trusted, Refined and the
 * report are made again and again: at each key one of the two versions whole, nothing left, and at the end the bytes of a quiet run.
 */
import { createHash } from "node:crypto";
import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { TmdbSimulator } from "../../quickstart/simulator/tmdb-simulator.ts";
import { readFolderLake } from "../support/check-lake.ts";
import {
  openCliWorld,
  startSimulator,
  writeSamples,
  type CliProcess,
  type CliWorld,
} from "../support/cli.ts";
import { listEngines, listLeft } from "./support/table-dag.ts";
import { IS_LONG, openRandom, tell } from "./sweep.ts";

const DAGS = fileURLToPath(new URL("../../dags", import.meta.url));
const DATE = "2026-11-22";
const CHAIN = ["trusted", "refined", "report"];
const DERIVED = /^(?:Trusted|Refined|Report)\//;
const KILLS = IS_LONG ? 100 : 6;
/** A task that is killed three times in a run is given up. */
const KILLS_A_ROUND = 2;
const VERSIONS = ["as it is", "turned"] as const;
type Version = (typeof VERSIONS)[number];
type Bytes = ReadonlyMap<string, string>;

let simulator: TmdbSimulator;
let world: CliWorld;
const quiet = new Map<Version, Bytes>();
let chainMs = 0;

beforeAll(async () => {
  simulator = await startSimulator({ structureDrift: true });
  world = openCliWorld({ TMDB_BASE_URL: simulator.url, DAGMAR_HTTP: "127.0.0.1:0" });
  await writeSamples(world, { movies: 24, series: 8 });
  for (const dag of ["csv_ingest", "tmdb_ingest"]) await world.prepare(["run", dag, "--date", DATE]);
  for (const version of VERSIONS) {
    writeDags(version);
    const startedMs = performance.now();
    for (const dag of CHAIN) await world.prepare(makeAgain(dag));
    chainMs = performance.now() - startedMs;
    quiet.set(version, readBytes());
  }
}, 600_000);
afterAll(async () => {
  await simulator.close();
  world.remove();
});

/** The same rows in another order, and another title: each object differs between the versions. */
function writeDags(version: Version): void {
  cpSync(DAGS, world.dagsFolder, { recursive: true });
  for (const dag of CHAIN) world.editDag(dag, (text) => text.replace("retry_delay: 30s", "retry_delay: 1s"));
  if (version === "as it is") return;
  const sql = join(world.dagsFolder, "sql");
  for (const name of readdirSync(sql).filter((one) => !one.startsWith("report_"))) {
    const text = readFileSync(join(sql, name), "utf8").trimEnd().replace(/;$/, "");
    writeFileSync(join(sql, name), `SELECT * FROM (\n${text}\n) ORDER BY ALL DESC\n`);
  }
  world.editDag("report", (text) =>
    text.replace("Os melhores e", "Outra vez, os melhores e").replace("The best", "Again, the best"),
  );
}

const makeAgain = (dag: string): readonly string[] => ["run", dag, "--date", DATE, "--rerun"];

/** SHA-256 of each derived object by its key. */
function readBytes(): Bytes {
  const objects = [...readFolderLake(world.lakeFolder)].filter(([key]) => DERIVED.test(key));
  return new Map(objects.map(([key, { body }]) => [key, createHash("sha256").update(body).digest("hex")]));
}

/** What is at a key now and in neither version, or in one and not there. */
function listStrange(): readonly string[] {
  const now = readBytes();
  const keys = new Set([...now.keys(), ...[...quiet.values()].flatMap((bytes) => [...bytes.keys()])]);
  return [...keys].filter(
    (key) => !VERSIONS.some((version) => quiet.get(version)?.get(key) === now.get(key)),
  );
}

interface Round {
  readonly version: Version;
  /** Whether a scheduler does the work, or the commands themselves. */
  readonly isServed: boolean;
  /** Milliseconds after the beginning, ascending. */
  readonly instants: readonly number[];
}

const random = openRandom("kills of tables");
const killed = { scheduler: 0, command: 0, engine: 0 };

async function tryRound({ version, isServed, instants }: Round): Promise<void> {
  writeDags(version);
  let scheduler = isServed ? world.start(["scheduler"]) : undefined;
  let current: CliProcess | undefined;
  let isOver = false;

  const chain = (async () => {
    for (const dag of CHAIN) {
      for (;;) {
        current = world.start(makeAgain(dag));
        const { exitCode, signal, stdout, stderr } = await current.ended;
        if (exitCode === 0) break;
        // Killed, or the scheduler that it asked was.
        if (signal !== "SIGKILL" && exitCode !== 75)
          throw new Error(`${dag} ended with ${exitCode}:\n${stdout}${stderr}`);
      }
    }
  })().finally(() => (isOver = true));

  const strange: string[] = [];
  const killing = (async () => {
    const startedMs = performance.now();
    for (const instant of instants) {
      await delay(Math.max(0, instant - (performance.now() - startedMs)));
      if (isOver) return;
      const [engine] = listEngines(world);
      if (engine !== undefined && random.below(2) === 0) {
        if (end(engine)) killed.engine += 1;
      } else if (scheduler !== undefined) {
        scheduler.child.kill("SIGKILL");
        await scheduler.ended;
        killed.scheduler += 1;
        strange.push(...listStrange());
        // What computes for it ends by itself.
        for (let look = 0; look < 500 && listEngines(world).length > 0; look += 1) await delay(20);
        strange.push(...listEngines(world).map((pid) => `process ${pid}`));
        scheduler = world.start(["scheduler"]);
      } else if (current !== undefined) {
        const { child, ended } = current;
        if (child.kill("SIGKILL") && (await ended).signal === "SIGKILL") killed.command += 1;
        strange.push(...listStrange());
      }
    }
  })();

  await Promise.all([chain, killing]);
  expect(strange, "between a kill and the next start").toEqual([]);
  scheduler?.child.kill("SIGTERM");
  await scheduler?.ended;
  await expect.poll(() => listLeft(world), { timeout: 10_000, interval: 20 }).toEqual([]);
  expect(readBytes()).toEqual(quiet.get(version));
}

/** Whether it was still there. */
function end(pid: number): boolean {
  try {
    return process.kill(pid, "SIGKILL");
  } catch {
    return false;
  }
}

test("both versions have all keys, and each object differs between them", () => {
  const [first, second] = VERSIONS.map((version) => quiet.get(version) ?? new Map<string, string>());
  expect([...(first?.keys() ?? [])]).toHaveLength(16);
  expect([...(second?.keys() ?? [])].toSorted()).toEqual([...(first?.keys() ?? [])].toSorted());
  expect([...(first ?? [])].filter(([key, sha256]) => second?.get(key) === sha256)).toEqual([]);
});

test(
  "killed at random instants, each table and each page is whole, and nothing is left",
  { timeout: 3 * 3_600_000 },
  async () => {
    const count = (): number => killed.scheduler + killed.command + killed.engine;
    for (let round = 0; count() < KILLS; round += 1) {
      const instants = Array.from({ length: KILLS_A_ROUND }, () => random.below(Math.ceil(chainMs)));
      await tryRound({
        version: round % 2 === 0 ? "as it is" : "turned",
        isServed: round % 4 < 2,
        instants: instants.toSorted((left, right) => left - right),
      });
    }
    tell(
      `tables, a round of ${Math.round(chainMs)} ms: killed ${killed.scheduler} schedulers, ${killed.command} commands, ${killed.engine} engines`,
    );
    const verified = await world.run(["lake", "verify", "--deep"]);
    expect(verified.exitCode, verified.stdout).toBe(0);
    const lost = world.query(
      "SELECT message FROM v_events WHERE kind IN ('objects_missing', 'objects_replaced', 'objects_unclaimed')",
    );
    expect(lost).toEqual([]);
  },
);
