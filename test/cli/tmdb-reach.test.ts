/** What a person reads while TMDB cannot be reached, is not trusted, or wants another secret. */
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import BetterSqlite3 from "better-sqlite3";
import { formatLocalText } from "../../model/time/local-time.ts";
import { openCliWorld, startSimulator, waitUntil, writeSamples, type CliWorld } from "../support/cli.ts";

let world: CliWorld;
/** It answers each film that is asked for by its IMDb id, under a certificate of its own making. */
let server: Server;
let certificate: string;

beforeAll(async () => {
  world = openCliWorld();
  await writeSamples(world, { movies: 20, series: 5 });
  await world.prepare(["run", "csv_ingest", "--date", "2026-11-22"]);
  certificate = join(world.folder, "certificate.pem");
  const key = join(world.folder, "key.pem");
  const made = spawnSync(
    "openssl",
    // prettier-ignore
    ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=tmdb.test", "-addext",
      "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
    { encoding: "utf8" },
  );
  if (made.status !== 0) throw new Error(`openssl made no certificate: ${made.stderr}`);
  server = createServer({ key: readFileSync(key), cert: readFileSync(certificate) }, (request, response) => {
    const imdbId = /\/movie\/(tt\d+)/.exec(request.url ?? "")?.[1] ?? "";
    response.end(JSON.stringify({ id: Number(imdbId.slice(2)), imdb_id: imdbId }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  world.remove();
});

const ingest = (date: string): readonly string[] => [
  "run",
  "tmdb_ingest",
  "--task",
  "movie_ids",
  "--task",
  "movies",
  "--date",
  date,
];

test("a refused connection is reported within 5 s with its cause, the progress shows the wait, and no time left is shown", async () => {
  const running = world.start(ingest("2026-11-22"), { TMDB_BASE_URL: "http://127.0.0.1:9/3" });
  const says = (text: string | RegExp): Promise<void> =>
    waitUntil(running, () => running.output().match(text) !== null);
  await says("movies: started");
  const startedMs = performance.now();
  await says(
    "127.0.0.1:9 cannot be reached: the connection was refused (ECONNREFUSED)".replaceAll(/[()]/g, "."),
  );
  await says(
    /movies: .* waits: 127\.0\.0\.1:9 \(TMDB_BASE_URL\): the connection was refused \(ECONNREFUSED\)/,
  );
  expect(performance.now() - startedMs).toBeLessThan(5000);
  running.child.kill("SIGTERM");
  const result = await running.ended;
  expect(result.exitCode).toBe(75);
  expect(result.stdout).not.toMatch(/\d left/);
}, 60_000);

test("a certificate that is not trusted ends the task at once with its cause, and NODE_EXTRA_CA_CERTS mends it", async () => {
  const TMDB_BASE_URL = `https://127.0.0.1:${(server.address() as AddressInfo).port}/3`;
  const refused = await world.run(ingest("2026-11-23"), { TMDB_BASE_URL });
  expect(refused.exitCode).toBe(1);
  expect(refused.stdout).toContain(
    "is not trusted: its certificate is self-signed (DEPTH_ZERO_SELF_SIGNED_CERT)",
  );
  expect(refused.stdout).toContain("NODE_EXTRA_CA_CERTS");
  expect(
    world.query(
      "SELECT attempt, error_code FROM v_attempts WHERE task_id = 'movies' AND error_code IS NOT NULL AND run_id LIKE '%11-23%'",
    ),
  ).toEqual([{ attempt: 1, error_code: "TMDB_UNTRUSTED" }]);
  expect(
    world.query("SELECT 1 FROM processed_ids JOIN questions USING (question_id) WHERE source LIKE '%https%'"),
  ).toEqual([]);
  const mended = await world.run(ingest("2026-11-23"), { TMDB_BASE_URL, NODE_EXTRA_CA_CERTS: certificate });
  expect(mended.exitCode, mended.stdout + mended.stderr).toBe(0);
}, 60_000);

test("runs list and runs show report a pause of thirty days with its end, for the run and for those behind it", async () => {
  const simulator = await startSimulator();
  simulator.faults.push({ when: {}, play: { kind: "status", status: 429, retryAfter: "2592000" } });
  const running = world.start(ingest("2026-11-25"), { TMDB_BASE_URL: simulator.url });
  await waitUntil(running, () => running.output().includes("movies: up_for_retry"));
  running.child.kill("SIGTERM");
  await running.ended;
  await simulator.close();
  const database = new BetterSqlite3(world.databaseFile);
  database.exec(`INSERT INTO dag_runs (dag_id, run_id, run_type, state, logical_date, logical_date_local, timezone, partition,
      run_stamp, params, fingerprint, created_at, lake)
    SELECT dag_id, 'manual__2026-11-26T09:00:00.000Z', 'manual', 'queued', '2026-11-26T09:00:00.000Z', '', timezone, '', '', params, fingerprint, created_at, lake
      FROM dag_runs WHERE dag_id = 'tmdb_ingest' AND run_id LIKE '%11-25%'`);
  database.close();
  const [waiting] = world.query<{ at: string }>(
    "SELECT next_attempt_at AS at FROM v_tasks WHERE state = 'up_for_retry' AND run_id LIKE '%11-25%'",
  );
  const until = formatLocalText(waiting?.at ?? "", "America/Sao_Paulo");
  const cause = `movies: up_for_retry until ${until} (127.0.0.1:${simulator.port} answered 429`;
  const listed = await world.run(["runs", "list", "tmdb_ingest"]);
  const lines = listed.stdout.split("\n").filter((line) => line.includes(" waits: "));
  expect(lines.find((line) => line.includes("11-25"))).toContain(cause);
  expect(lines.find((line) => line.includes("11-26T09:00:00.000Z waits:"))).toMatch(
    /it is queued; running: .*11-25.*movies: up_for_retry until/,
  );
  expect(listed.stdout).toContain("asks for a pause of 2592000 seconds; it is asked again in 86400");
  const shown = await world.run(["runs", "show", "tmdb_ingest/manual__2026-11-26T09:00:00.000Z"]);
  expect(shown.stdout).toMatch(/the run waits: it is queued; running: .*movies: up_for_retry until/);
  const json = await world.run(["runs", "list", "--json"]);
  expect(json.stdout).toContain(`"waits": "${cause}`);
}, 60_000);

test("an API Key as the token ends the command with 78 before a run is made", async () => {
  const TMDB_API_TOKEN = "0123456789abcdef0123456789abcdef";
  const result = await world.run(ingest("2026-11-24"), { TMDB_API_TOKEN });
  expect(result.exitCode).toBe(78);
  expect(result.stderr).toMatch(/TMDB_API_TOKEN holds an API Key[\s\S]*TMDB_API_KEY/);
  expect(result.stdout + result.stderr).not.toContain(TMDB_API_TOKEN);
  expect(world.query("SELECT 1 FROM v_runs WHERE dag_id = 'tmdb_ingest' AND run_id LIKE '%11-24%'")).toEqual(
    [],
  );
}, 60_000);
