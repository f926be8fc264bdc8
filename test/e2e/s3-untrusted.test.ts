/** A store whose certificate is not trusted: reported at once with its cause, in one attempt, and the named remedy works. */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openCliWorld, writeSamples, type CliWorld } from "../support/cli.ts";
import { CERTIFICATE, EXPIRED_CERTIFICATE, EXPIRED_KEY } from "../support/connect-proxy/certificate.ts";
import {
  startConnectProxy,
  startTlsFront,
  type ConnectProxy,
  type TlsFront,
} from "../support/connect-proxy/connect-proxy.ts";
import { startS3Server, type S3Server } from "../support/s3-server/server.ts";

let store: S3Server;
let proxy: ConnectProxy;
let expired: TlsFront;
let world: CliWorld;
let port: number;

beforeAll(async () => {
  store = await startS3Server();
  const plainPort = Number(new URL(store.endpoint).port);
  proxy = await startConnectProxy({ "store.example": plainPort });
  expired = await startTlsFront(plainPort, { cert: EXPIRED_CERTIFICATE, key: EXPIRED_KEY });
  port = proxy.securePortOf("store.example");
  world = openCliWorld();
  Object.assign(world.environment, {
    DAGMAR_LAKE: `s3://${store.bucket}`,
    AWS_REGION: store.region,
    AWS_ACCESS_KEY_ID: store.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: store.credentials.secretAccessKey,
  });
  for (const [name, text] of [
    ["authority.pem", CERTIFICATE],
    ["expired.pem", EXPIRED_CERTIFICATE],
  ] as const) {
    writeFileSync(join(world.folder, name), text);
  }
  rmSync(join(world.dagsFolder, "tmdb_ingest.yaml"));
  await writeSamples(world, { movies: 10, series: 1 });
});
afterAll(async () => {
  world.remove();
  await expired.close();
  await proxy.close();
  await store.close();
});

test.each([
  [
    "signed by an unknown authority",
    () => `https://0.0.0.0:${port}`,
    {},
    /self-signed \(DEPTH_ZERO_SELF_SIGNED_CERT\)/,
  ],
  [
    "for another name",
    () => `https://127.0.0.1:${port}`,
    { NODE_EXTRA_CA_CERTS: "authority.pem" },
    /for another name \(ERR_TLS_CERT_ALTNAME_INVALID\)/,
  ],
  [
    "that has expired",
    () => `https://0.0.0.0:${expired.port}`,
    { NODE_EXTRA_CA_CERTS: "expired.pem" },
    /has expired \(CERT_HAS_EXPIRED\)/,
  ],
])(
  "a certificate %s ends the task in one attempt, with the cause and what to do",
  async (name, address, more, cause) => {
    const AWS_ENDPOINT_URL_S3 = address();
    const date = ["--date", `2026-11-0${name.length % 9}`];
    const { exitCode, stdout, stderr } = await world.run(["run", "csv_ingest", "--task", "movies", ...date], {
      AWS_ENDPOINT_URL_S3,
      ...more,
    });
    expect(exitCode, stdout + stderr).toBe(1);
    expect(stdout).toMatch(cause);
    expect(stdout).toContain("is not trusted");
    expect(stdout).toContain("NODE_EXTRA_CA_CERTS");
    expect(
      world.query(
        "SELECT attempt, error_code FROM v_attempts WHERE error LIKE ?",
        `%${AWS_ENDPOINT_URL_S3}%`,
      ),
    ).toEqual([{ attempt: 1, error_code: "LAKE_UNTRUSTED" }]);
    expect(store.requests).toEqual([]);
    const verified = await world.run(["lake", "verify"], { AWS_ENDPOINT_URL_S3, ...more });
    expect(verified.exitCode).toBe(1);
    expect(verified.stderr).toMatch(cause);
  },
);

test("with the authority's certificate in NODE_EXTRA_CA_CERTS the same command stores", async () => {
  await world.prepare(["run", "csv_ingest", "--task", "movies", "--date", "2026-11-09"], {
    AWS_ENDPOINT_URL_S3: `https://0.0.0.0:${port}`,
    NODE_EXTRA_CA_CERTS: "authority.pem",
  });
  expect([...store.objects().keys()]).toHaveLength(1);
});
