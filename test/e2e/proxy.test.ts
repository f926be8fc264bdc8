/** One proxy rule for the store, TMDB and the webhook, seen from the proxy: which connections reach it, and what it can read. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { TmdbSimulator } from "../../quickstart/simulator/tmdb-simulator.ts";
import { openCliWorld, startSimulator, waitUntil, writeSamples, type CliWorld } from "../support/cli.ts";
import { CERTIFICATE } from "../support/connect-proxy/certificate.ts";
import { startConnectProxy, type ConnectProxy } from "../support/connect-proxy/connect-proxy.ts";
import { startS3Server, type S3Server } from "../support/s3-server/server.ts";

const TOKEN = "hushToken-9f3kQ7xW2";
const NOTICE_PATH = "/hushHook-8d4mR6y";
const PROXY_PASSWORD = "hushProxy@1";
const HOSTS = ["hooks.example", "store.example", "tmdb.example"] as const;

/** Talks to the store and to TMDB, and then fails, so that a notice is sent. */
const DAG = `dag: all_three
schedule: manual
defaults: { retries: 0 }
tasks:
  file: { type: file-to-lake, with: { dataset: movies, file: movies.csv, key: "Raw/movies.csv" } }
  ids: { type: csv-to-ids, needs: [file], with: { source: { dataset: movies }, id: id } }
  titles:
    type: tmdb-to-lake
    needs: [ids]
    with: { dataset: titles, entity: movie, language: pt-BR, key: "Raw/TMDB/\${run_stamp}-\${seq}.json" }
  end: { type: shell, needs: [titles], with: { command: ["false"] } }
`;

let simulator: TmdbSimulator;
let store: S3Server;
let webhook: Server;
let proxy: ConnectProxy;
let world: CliWorld;
const notices: string[] = [];

beforeEach(async () => {
  notices.length = 0;
  simulator = await startSimulator({ token: TOKEN });
  store = await startS3Server();
  webhook = createServer((request, response) => {
    notices.push(request.url ?? "");
    request.resume();
    response.end("ok");
  });
  await new Promise<void>((resolve) => {
    webhook.listen(0, "127.0.0.1", resolve);
  });
  proxy = await startConnectProxy({
    "store.example": Number(new URL(store.endpoint).port),
    "tmdb.example": Number(new URL(simulator.url).port),
    "hooks.example": (webhook.address() as AddressInfo).port,
  });
  world = openCliWorld();
  const certificate = join(world.folder, "ca.pem");
  writeFileSync(certificate, CERTIFICATE);
  Object.assign(world.environment, {
    TMDB_API_TOKEN: TOKEN,
    DAGMAR_LAKE: `s3://${store.bucket}/the zone`,
    AWS_REGION: store.region,
    AWS_ACCESS_KEY_ID: store.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: store.credentials.secretAccessKey,
    DAGMAR_HTTP: "off",
    DAGMAR_LOG_LEVEL: "debug",
    NODE_EXTRA_CA_CERTS: certificate,
  });
  for (const name of ["csv_ingest", "tmdb_ingest"]) rmSync(join(world.dagsFolder, `${name}.yaml`));
  writeFileSync(join(world.dagsFolder, "all_three.yaml"), DAG);
  await writeSamples(world, { movies: 10, series: 1 });
});
afterEach(async () => {
  world.remove();
  await proxy.close();
  await simulator.close();
  await store.close();
  await new Promise((resolve) => webhook.close(resolve));
});

/** One run with the three servers at these addresses; gives what was printed. */
async function useAllThree(
  addressOf: (host: (typeof HOSTS)[number]) => string,
  variables: Readonly<Record<string, string>>,
): Promise<string> {
  Object.assign(world.environment, {
    TMDB_BASE_URL: `${addressOf("tmdb.example")}${new URL(simulator.url).pathname}`,
    AWS_ENDPOINT_URL: addressOf("store.example"),
    DAGMAR_NOTIFY_URL: `${addressOf("hooks.example")}${NOTICE_PATH}`,
    ...variables,
  });
  await world.prepare(["trigger", "all_three"]);
  const scheduler = world.start(["scheduler"]);
  await waitUntil(scheduler, () => notices.length > 0);
  scheduler.child.kill("SIGTERM");
  const { exitCode, stdout, stderr } = await scheduler.ended;
  expect(exitCode, stdout + stderr).toBe(0);
  const tasks = world.query<{ task_id: string; state: string }>("SELECT task_id, state FROM v_tasks");
  expect(Object.fromEntries(tasks.map(({ task_id, state }) => [task_id, state])), stdout + stderr).toEqual({
    file: "success",
    ids: "success",
    titles: "success",
    end: "failed",
  });
  expect(notices).toEqual([NOTICE_PATH]);
  return stdout + stderr;
}

const proxyUrl = (): string => `http://me:${encodeURIComponent(PROXY_PASSWORD)}@127.0.0.1:${proxy.port}`;
const countRequests = (): number => store.requests.length + simulator.stats().requests + notices.length;

test("HTTPS_PROXY: all three are reached by CONNECT, and the proxy sees no secret, no path and no request", async () => {
  const printed = await useAllThree((host) => `https://${host}`, { HTTPS_PROXY: proxyUrl() });
  expect([...new Set(proxy.tunnels)].toSorted()).toEqual(HOSTS.map((host) => `${host}:443`));
  expect(proxy.tunnels.length, "connections are kept").toBeLessThan(countRequests());
  expect(proxy.inClear).toEqual([]);
  expect([...proxy.authorizations]).toEqual([
    `Basic ${Buffer.from(`me:${PROXY_PASSWORD}`).toString("base64")}`,
  ]);
  const seen = proxy.seen();
  expect(seen.length).toBeGreaterThan(10_000);
  for (const secret of [TOKEN, "Bearer", NOTICE_PATH, store.credentials.accessKeyId, "HTTP/1.1"]) {
    expect(seen, secret).not.toContain(secret);
  }
  for (const secret of [TOKEN, PROXY_PASSWORD, encodeURIComponent(PROXY_PASSWORD)]) {
    expect(printed, secret).not.toContain(secret);
  }
});

test("a proxy whose own address is https:// is used over TLS, and its certificate is checked", async () => {
  const secureUrl = proxyUrl().replace(`http://`, "https://").replace(/@.*/, `@0.0.0.0:${proxy.securePort}`);
  await useAllThree((host) => `https://${host}`, { HTTPS_PROXY: secureUrl });
  expect([...new Set(proxy.tunnels)].toSorted()).toEqual(HOSTS.map((host) => `${host}:443`));
  const refused = await world.run(["lake", "verify"], {
    HTTPS_PROXY: secureUrl.replace("0.0.0.0", "127.0.0.1"),
  });
  expect(refused.exitCode).toBe(1);
  expect(refused.stderr).toMatch(/is not trusted .*for another name \(ERR_TLS_CERT_ALTNAME_INVALID\)/);
});

test("HTTP_PROXY is the one for http addresses, which the store and the webhook may have", async () => {
  await useAllThree((host) => `${host === "tmdb.example" ? "https" : "http"}://${host}`, {
    HTTP_PROXY: proxyUrl(),
    HTTPS_PROXY: proxyUrl(),
  });
  expect([...new Set(proxy.tunnels)]).toEqual(["tmdb.example:443"]);
  const hosts = proxy.inClear.map((url) => new URL(url).hostname);
  expect([...new Set(hosts)].toSorted()).toEqual(["hooks.example", "store.example"]);
  expect(hosts, "every request").toHaveLength(store.requests.length + notices.length);
});

// 0.0.0.0 is reached on this machine, and is not one of the addresses that no proxy is ever used for.
test.each(["0.0.0.0", "store.example, 0.0.0.0/8"])(
  "NO_PROXY=%s: all three are reached without the proxy",
  async (exempt) => {
    await useAllThree((host) => `https://0.0.0.0:${proxy.securePortOf(host)}`, {
      HTTPS_PROXY: proxyUrl(),
      NO_PROXY: exempt,
    });
    expect(proxy.tunnels).toEqual([]);
    expect(proxy.inClear).toEqual([]);
  },
);
