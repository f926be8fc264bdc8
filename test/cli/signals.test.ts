/** What SIGINT, a second SIGINT and SIGTERM do to `dagmar run`, and that the state resumes after each. */
import BetterSqlite3 from "better-sqlite3";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { TmdbSimulator } from "../../quickstart/simulator/tmdb-simulator.ts";
import {
  isUnknown,
  openCliWorld,
  startSimulator,
  waitUntil,
  writeSamples,
  type CliProcess,
  type CliWorld,
  type SampleIds,
} from "../support/cli.ts";

let simulator: TmdbSimulator;
let world: CliWorld;
let ids: SampleIds;
let day = 10;
let command: readonly string[];

beforeAll(async () => {
  simulator = await startSimulator({ latencyMs: 100 });
  world = openCliWorld({ TMDB_BASE_URL: simulator.url });
  ids = await writeSamples(world, { movies: 150, series: 10 });
  await world.prepare(["run", "csv_ingest", "--date", "2026-11-01"]);
});
afterAll(async () => {
  await simulator.close();
  world.remove();
});

const LANGUAGES = ["en-US", "fr-FR", "de-DE", "es-ES", "it-IT", "ja-JP", "nl-NL", "pl-PL"];

/** Each test asks another question, on another day. */
beforeEach(() => {
  day += 1;
  world.editDag("tmdb_ingest", (text) =>
    text.replaceAll(/language: [a-z]{2}-[A-Z]{2}/g, `language: ${LANGUAGES[day % LANGUAGES.length]}`),
  );
  command = ["run", "tmdb_ingest", "--date", `2026-11-${day}`];
  simulator.reset();
});

async function startAsking(): Promise<CliProcess> {
  const running = world.start(command);
  await waitUntil(running, () => simulator.requests > 60);
  return running;
}

function readAttempts(): readonly string[] {
  return world
    .query<{ state: string }>(
      `SELECT state FROM v_attempts WHERE task_id = 'movies' AND logical_date LIKE '2026-11-${day}%' ORDER BY attempt`,
    )
    .map((row) => row.state);
}

/** The same command then succeeds, and requests nothing again that the database has. */
async function expectToResume(): Promise<void> {
  const rows = world.query<{ asked_id: string }>(
    `SELECT asked_id FROM v_ids WHERE logical_date LIKE '2026-11-${day}%' AND dataset = 'tmdb_movies'`,
  );
  const durable = new Map(rows.map(({ asked_id: id }) => [id, simulator.countOf(id)]));
  expect(durable.size).toBeGreaterThan(0);
  const resumed = await world.run(command);
  expect(resumed.exitCode, resumed.stdout + resumed.stderr).toBe(0);
  expect(resumed.stdout).toContain("(resumed)");
  for (const [id, count] of durable) expect(simulator.countOf(id), id).toBe(count);
  const stored = ids.movies.filter((id) => !isUnknown(id));
  const [sum] = world.query<{ n: number }>(
    `SELECT count(*) AS n FROM v_ids WHERE logical_date LIKE '2026-11-${day}%' AND dataset = 'tmdb_movies' AND outcome = 'stored'`,
  );
  expect(sum?.n).toBe(stored.length);
}

test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
  "%s drains: the run stops, exits 75, says how to resume, and resumes",
  async (signal) => {
    const running = await startAsking();
    running.child.kill(signal);
    const { exitCode, stdout, stderr } = await running.ended;
    expect(exitCode).toBe(75);
    expect(stderr).toContain(`${signal}: stopping at the next safe point; a second signal stops at once`);
    expect(stdout).toContain("(stopped; the same command resumes it)");
    expect(stdout).not.toMatch(/Error|at .*\.js:/);
    expect(readAttempts()).toEqual(["cancelled"]);
    // What was fetched is sealed, and no lease is left.
    const [left] = world.query(
      "SELECT (SELECT count(*) FROM spool WHERE batch_id IS NULL) AS open, expires_at FROM lease",
    );
    expect(left).toEqual({ open: 0, expires_at: null });
    // It shows the answers that are safe, not only the objects.
    const [kept] = world.query<{ n: number }>("SELECT count(*) AS n FROM spool");
    expect(kept?.n).toBeGreaterThan(0);
    expect(stdout).toMatch(new RegExp(`^ {2}${kept?.n} answers? (is|are) safe in the database`, "m"));
    expect(stdout).toMatch(/remaining {2}of these kept$/m);
    await expectToResume();
  },
);

test("SIGQUIT ends at once and leaves no program running, and the same command resumes", async () => {
  const running = await startAsking();
  running.child.kill("SIGQUIT");
  const { exitCode, signal, stderr } = await running.ended;
  expect({ exitCode, signal }).toEqual({ exitCode: 131, signal: null });
  expect(stderr).toContain("SIGQUIT: stopping at once");
  await expectToResume();
});

test("a second SIGINT ends at once, even when the drain cannot come to its end", async () => {
  const running = await startAsking();
  await waitUntil(running, () => readDurableCount() > 0);
  const blocker = new BetterSqlite3(world.databaseFile);
  blocker.exec("BEGIN IMMEDIATE");
  try {
    running.child.kill("SIGINT");
    await waitUntil(running, () => running.output().includes("SIGINT: stopping"));
    running.child.kill("SIGINT");
    const { exitCode } = await running.ended;
    expect(exitCode).toBe(130);
  } finally {
    blocker.exec("ROLLBACK");
    blocker.close();
  }
  expect(readAttempts()).toEqual(["running"]);
  await expectToResume();
  expect(readAttempts()).toEqual(["lost", "success"]);
});

function readDurableCount(): number {
  return world.query("SELECT 1 FROM spool").length;
}

test("a reader that goes away stops the run, which does not pass for done: it exits 75 and resumes", async () => {
  const running = world.start(command);
  running.child.stdout?.destroy();
  const { exitCode } = await running.ended;
  expect(exitCode).toBe(75);
  const resumed = await world.run(command);
  expect(resumed.exitCode, resumed.stderr).toBe(0);
  expect(resumed.stdout).toContain("(resumed)");
});
