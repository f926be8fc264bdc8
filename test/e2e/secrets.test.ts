/** Canary secrets at debug level, through good and bad days: none is in what is printed, in the database, or in the lake. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTmdbSimulator, type TmdbSimulator } from "../../quickstart/simulator/tmdb-simulator.ts";
import {
  killWhen,
  openCliWorld,
  writeSamples,
  type CliResult,
  type CliWorld,
  type SampleIds,
} from "../support/cli.ts";
import { startS3Server, type S3Server } from "../support/s3-server/server.ts";

const CANARIES = {
  TMDB_API_TOKEN: "canaryTokenA9f3kQ7xW2",
  TMDB_API_KEY: "canaryApiKeyB8d4mR6yV1",
  AWS_ACCESS_KEY_ID: "CANARYACCESSC7S5NT5ZU0",
  AWS_SECRET_ACCESS_KEY: "canarySecret/D6g+h6oU4aT9",
  AWS_SESSION_TOKEN: "canarySession/E5j+i7pV3bS8==",
  ENDPOINT_PASSWORD: "canaryEndpointF4k8qW2cR7",
} as const;

let simulator: TmdbSimulator;
let store: S3Server;
let world: CliWorld;
let ids: SampleIds;
const printed: string[] = [];

beforeAll(async () => {
  simulator = await startTmdbSimulator({ token: CANARIES.TMDB_API_TOKEN, unknownShare: 0.1 });
  store = await startS3Server({
    credentials: {
      accessKeyId: CANARIES.AWS_ACCESS_KEY_ID,
      secretAccessKey: CANARIES.AWS_SECRET_ACCESS_KEY,
      sessionToken: CANARIES.AWS_SESSION_TOKEN,
    },
  });
  const { ENDPOINT_PASSWORD: _, TMDB_API_KEY: _key, ...variables } = CANARIES;
  world = openCliWorld({
    ...variables,
    DAGMAR_LOG_LEVEL: "debug",
    TMDB_BASE_URL: simulator.url,
    AWS_REGION: store.region,
  });
  for (const dagId of ["csv_ingest", "tmdb_ingest"]) {
    world.editDag(dagId, (text) => text.replace("retries: 3", "retries: 0"));
  }
  ids = await writeSamples(world, { movies: 60, series: 20 });
  await run("csv_ingest", "2026-11-23");
});
afterAll(async () => {
  await simulator.close();
  await store.close();
  world.remove();
});

async function run(
  dagId: string,
  date: string,
  more: Record<string, string | undefined> = {},
): Promise<CliResult> {
  const result = await world.run(["run", dagId, "--date", date], more);
  printed.push(result.stdout, result.stderr);
  return result;
}

/** Every form in which a secret could slip out. */
function listForms(secret: string): readonly string[] {
  return [
    secret,
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
    Buffer.from(secret).toString("base64").replace(/=+$/, "").slice(0, -1),
    Buffer.from(secret).toString("hex"),
  ];
}

function findCanaries(bytes: Buffer | string): readonly string[] {
  return Object.entries(CANARIES).flatMap(([name, secret]) =>
    listForms(secret).some((form) => bytes.includes(form)) ? [name] : [],
  );
}

/** The world's files, the program's own apart: database, lake, metadata. */
function listWrittenFiles(): readonly string[] {
  return readdirSync(world.folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !path.startsWith(join(world.folder, "program")));
}

function expectNoCanary(): void {
  for (const text of printed) expect(findCanaries(text), text).toEqual([]);
  for (const path of listWrittenFiles()) expect(findCanaries(readFileSync(path)), path).toEqual([]);
  for (const [key, { body, metadata }] of store.objects()) {
    expect(findCanaries(body.bytes ?? ""), key).toEqual([]);
    expect(findCanaries(JSON.stringify({ key, metadata })), key).toEqual([]);
  }
}

test("the search finds a canary in each of its forms", () => {
  const secret = CANARIES.AWS_SECRET_ACCESS_KEY;
  const basic = Buffer.from(secret).toString("base64");
  for (const text of [`x${secret}x`, encodeURIComponent(secret), JSON.stringify({ secret }), basic]) {
    expect(findCanaries(text)).toEqual(["AWS_SECRET_ACCESS_KEY"]);
  }
  expect(findCanaries("nothing")).toEqual([]);
});

test("resets, 500s, HTML, broken JSON and the wrong title, with the Bearer token", async () => {
  const [a, b, c, d, e] = ids.movies;
  simulator.faults.push(
    { when: { id: a ?? "" }, times: 1, play: { kind: "reset" } },
    { when: { id: b ?? "" }, times: 1, play: { kind: "status", status: 500 } },
    { when: { id: c ?? "" }, play: { kind: "badJson" } },
    { when: { id: d ?? "" }, play: { kind: "html" } },
    { when: { id: e ?? "" }, play: { kind: "wrongTitle" } },
  );
  const result = await run("tmdb_ingest", "2026-11-23", { DAGMAR_LOG_FORMAT: "json" });
  expect(result.exitCode).toBe(1);
  expect(result.stdout).toMatch(/ids failed, and max_failed is 0/);
  expect(result.stderr).toContain('"level":"debug"');
  expectNoCanary();
});

test("the API key, which goes into URLs, through resets and 500s and a refusal", async () => {
  const apiKey = { TMDB_API_TOKEN: undefined, TMDB_API_KEY: CANARIES.TMDB_API_KEY };
  world.editDag("tmdb_ingest", (text) => text.replaceAll("pt-BR", "de-DE"));
  const refused = await run("tmdb_ingest", "2026-11-24", apiKey);
  expect(refused.exitCode).toBe(1);
  expect(refused.stdout).toMatch(/TMDB_API/);
  simulator.faults.clear();
  const open = await startTmdbSimulator({ token: CANARIES.TMDB_API_KEY });
  open.faults.push(
    { when: { id: ids.movies[0] ?? "" }, times: 2, play: { kind: "reset" } },
    { when: { id: ids.movies[1] ?? "" }, times: 2, play: { kind: "status", status: 503 } },
    { when: { id: ids.movies[2] ?? "" }, play: { kind: "truncate", by: "length" } },
    { when: { id: ids.series[0] ?? "" }, times: 1, play: { kind: "reset" } },
  );
  const asked = await run("tmdb_ingest", "2026-11-25", { ...apiKey, TMDB_BASE_URL: open.url });
  await open.close();
  expect(asked.exitCode).toBe(1);
  expect(asked.stdout).toContain(ids.movies[2]);
  expectNoCanary();
});

test("a token that TMDB refuses, and one that cannot stand in a header", async () => {
  const refused = await run("tmdb_ingest", "2026-11-26", { TMDB_API_TOKEN: `${CANARIES.TMDB_API_TOKEN}old` });
  expect(refused.exitCode).toBe(1);
  expect(refused.stdout).toMatch(/TMDB_API_TOKEN/);
  const spoiled = await run("tmdb_ingest", "2026-11-26", {
    TMDB_API_TOKEN: `${CANARIES.TMDB_API_TOKEN} \n x`,
  });
  expect(spoiled.exitCode).toBe(78);
  expect(spoiled.stderr).toContain("TMDB_API_TOKEN holds a space or another character that no token has");
  expectNoCanary();
});

test("a killed run leaves none in the database's journal", async () => {
  world.editDag("tmdb_ingest", (text) => text.replaceAll("de-DE", "fr-FR"));
  const requests = simulator.requests + 40;
  const running = world.start(["run", "tmdb_ingest", "--date", "2026-11-27"]);
  expect(await killWhen(running, () => simulator.requests > requests)).toBe(true);
  printed.push(running.output());
  expect(existsSync(`${world.databaseFile}-wal`)).toBe(true);
  expectNoCanary();
});

test("an S3 store that accepts, resets, fails and at last refuses the keys", async () => {
  const s3 = { DAGMAR_LAKE: `s3://${store.bucket}/zone`, AWS_ENDPOINT_URL_S3: store.endpoint };
  store.faults.push(
    { when: { operation: "PutObject" }, fault: { kind: "reset-before" } },
    { when: { operation: "PutObject" }, fault: { kind: "error", status: 500, code: "InternalError" } },
  );
  const stored = await run("csv_ingest", "2026-11-23", { ...s3, DAGMAR_DB: join(world.folder, "s3.db") });
  expect(stored.exitCode, stored.stdout + stored.stderr).toBe(0);
  expect(store.requests[0]?.headers["x-amz-security-token"]).toBe(CANARIES.AWS_SESSION_TOKEN);
  store.changeCredentials({
    accessKeyId: CANARIES.AWS_ACCESS_KEY_ID,
    secretAccessKey: "changed",
    sessionToken: CANARIES.AWS_SESSION_TOKEN,
  });
  const refused = await run("csv_ingest", "2026-11-24", { ...s3, DAGMAR_DB: join(world.folder, "s3.db") });
  expect(refused.exitCode).toBe(1);
  expect(refused.stdout).toMatch(/AWS_|credentials|key/i);
  expect(store.objects().size).toBe(2);
  expectNoCanary();
});

test("addresses with a password in them", async () => {
  const login = `user:${CANARIES.ENDPOINT_PASSWORD}@`;
  const results = [
    await run("csv_ingest", "2026-11-25", {
      DAGMAR_LAKE: `s3://${store.bucket}/zone`,
      AWS_ENDPOINT_URL_S3: store.endpoint.replace("http://", `http://${login}`),
      DAGMAR_DB: join(world.folder, "login.db"),
    }),
    await run("csv_ingest", "2026-11-26", { DAGMAR_LAKE: `s3://${login}${store.bucket}/zone` }),
    await run("tmdb_ingest", "2026-11-28", {
      TMDB_BASE_URL: simulator.url.replace("http://", `http://${login}`),
    }),
  ];
  for (const { exitCode } of results) expect(exitCode).toBe(78);
  expectNoCanary();
});
