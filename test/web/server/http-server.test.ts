/** The server for health and metrics over real HTTP: its answers, limits, closing, and unusable addresses. */
import { once } from "node:events";
import { createServer } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { judgeHealth, judgeReadiness, type ServiceFacts } from "../../../app/service/health.ts";
import { ANONYMOUS } from "../../../model/access/user.ts";
import { answerOps, type OpsAnswers } from "../../../web/ops/ops-routes.ts";
import { reply, TEXT } from "../../../web/server/exchange.ts";
import { startHttpServer, type HttpAddress, type HttpServer } from "../../../web/server/http-server.ts";
import { makeKeptLogger, type KeptLogger } from "../../lake/lake-tools.ts";

const FACTS: ServiceFacts = {
  role: "active",
  lastTickMs: 0,
  nowMs: 1000,
  lastWriteError: null,
  stepFault: null,
  brokenDags: 0,
  leaseExpiresInSeconds: 20,
};

interface Changes extends Partial<OpsAnswers> {
  readonly facts?: Partial<ServiceFacts>;
  readonly address?: HttpAddress;
}

async function start({
  address = { host: "127.0.0.1", port: 0 },
  facts: changedFacts,
  ...changes
}: Changes = {}): Promise<{ readonly server: HttpServer; readonly log: KeptLogger }> {
  const log = makeKeptLogger();
  const facts = { ...FACTS, ...changedFacts };
  const answers: OpsAnswers = {
    health: () => judgeHealth(facts),
    ready: () => judgeReadiness(facts),
    metrics: () => Promise.resolve({ contentType: "text/plain; version=0.0.4", body: "up 1\n" }),
    ...changes,
  };
  const server = await startHttpServer({
    address,
    admit: (head) => Promise.resolve({ ...head, user: ANONYMOUS }),
    answer: async (request) => (await answerOps(request, answers)) ?? reply(404, TEXT, "Not found.\n"),
    log,
  });
  onTestFinished(() => server.close());
  return { server, log };
}

function readPort(server: HttpServer): number {
  return Number(new URL(server.url).port);
}

/** The whole answer to bytes that no client would send, once the server has hung up. */
async function sendBytes(port: number, bytes: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  const chunks: Buffer[] = [];
  socket.on("data", (chunk) => chunks.push(chunk));
  socket.write(bytes);
  await once(socket, "close");
  return Buffer.concat(chunks).toString();
}

describe("what it answers", () => {
  test("health as JSON, with 200 when all is well", async () => {
    const { server } = await start();
    const response = await fetch(`${server.url}/healthz`);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("application/json; charset=utf-8");
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(await response.json()).toEqual({
      status: "ok",
      checks: {
        loop: { ok: true, detail: "turned 1.0 s ago" },
        lease: { ok: true, detail: "held, for another 20 s unless renewed" },
      },
    });
  });

  test("503 for what is failing: a standby is healthy and not ready", async () => {
    const { server } = await start({ facts: { role: "standby", leaseExpiresInSeconds: null } });
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    const ready = await fetch(`${server.url}/readyz`);
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({ status: "failing", checks: { role: { ok: false } } });
  });

  test("the metrics as they are rendered, whatever the query says", async () => {
    const { server } = await start();
    const response = await fetch(`${server.url}/metrics?name[]=up`);
    expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4");
    expect(await response.text()).toBe("up 1\n");
  });

  test("HEAD with the same head and no body", async () => {
    const { server } = await start({ facts: { lastTickMs: null } });
    const [get, head] = await Promise.all([
      fetch(`${server.url}/healthz`),
      fetch(`${server.url}/healthz`, { method: "HEAD" }),
    ]);
    expect(head.status).toBe(503);
    expect(head.headers.get("content-length")).toBe(get.headers.get("content-length"));
    expect(await head.text()).toBe("");
  });

  test.each(["POST", "PUT", "DELETE", "OPTIONS"])("405 to %s", async (method) => {
    const { server } = await start();
    const response = await fetch(`${server.url}/metrics`, { method });
    expect(response.status).toBe(405);
    expect(response.headers.get("allow")).toBe("GET, HEAD");
  });

  test.each(["/", "/healthz/", "/metrics/../healthz/x", "//healthz", "/HEALTHZ"])(
    "no health to %s, which is another path",
    async (path) => {
      const { server } = await start();
      expect((await fetch(server.url + path)).status).toBe(404);
    },
  );

  test("500 without the reason, which the log has, when an answer cannot be made", async () => {
    const { server, log } = await start({
      metrics: () => Promise.reject(new Error("the canary reason")),
      ready: () => {
        throw new Error("another reason");
      },
    });
    const [metrics, ready] = [await fetch(`${server.url}/metrics`), await fetch(`${server.url}/readyz`)];
    expect([metrics.status, ready.status]).toEqual([500, 500]);
    expect(await metrics.text()).not.toContain("canary");
    expect(log.lines).toEqual([
      { level: "error", message: "/metrics could not be answered: the canary reason" },
      { level: "error", message: "/readyz could not be answered: another reason" },
    ]);
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
  });
});

describe("what it refuses", () => {
  test("a head of more than 8 KiB", async () => {
    const { server } = await start();
    const text = await sendBytes(
      readPort(server),
      `GET /healthz HTTP/1.1\r\nHost: x\r\nA: ${"a".repeat(9000)}\r\n\r\n`,
    );
    expect(text).toMatch(/^HTTP\/1\.1 431 /);
  });

  test("what is not HTTP", async () => {
    const { server } = await start();
    expect(await sendBytes(readPort(server), "\u0016\u0003\u0001 hello\r\n\r\n")).toMatch(/^HTTP\/1\.1 400 /);
  });

  test("a connection that stays open after its answer", async () => {
    const { server } = await start();
    const text = await sendBytes(readPort(server), "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
    expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n(?:.*\r\n)*Connection: close\r\n/);
  });
});

describe("closing", () => {
  test("hangs up on a client that says nothing, one in the middle of a request, and one that is being answered", async () => {
    let isAsked = (): void => undefined;
    const asked = new Promise<void>((resolve) => {
      isAsked = resolve;
    });
    const { server } = await start({
      metrics: () => {
        isAsked();
        return new Promise(() => undefined);
      },
    });
    const port = readPort(server);
    const sockets = ["", "GET /healthz HTTP/1.1\r\nHos", "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"].map(
      (bytes) => {
        const socket = connect(port, "127.0.0.1");
        socket.on("error", () => undefined);
        socket.write(bytes);
        return socket;
      },
    );
    const hungUp = sockets.map((socket) => once(socket, "close"));
    await Promise.all([asked, ...sockets.map((socket) => (socket.connecting ? once(socket, "connect") : 0))]);
    await server.close();
    await Promise.all(hungUp);
    await expect(fetch(`${server.url}/healthz`)).rejects.toThrow("fetch failed");
  });

  test("twice is once", async () => {
    const { server } = await start();
    await Promise.all([server.close(), server.close()]);
    await server.close();
    const again = await start({ address: { host: "127.0.0.1", port: readPort(server) } });
    expect(readPort(again.server)).toBe(readPort(server));
  });
});

describe("an address that cannot be listened on", () => {
  test("a port in use is to be tried again, and says what to do", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => {
      other.listen(0, "127.0.0.1", resolve);
    });
    onTestFinished(() => {
      other.close();
    });
    const { port } = other.address() as AddressInfo;
    await expect(start({ address: { host: "127.0.0.1", port } })).rejects.toMatchObject({
      code: "ADDRESS_TAKEN",
      exitCode: 75,
      message: `DAGMAR_HTTP: 127.0.0.1 port ${port}: another program already listens there.`,
      hint: expect.stringContaining("Give this one another port in DAGMAR_HTTP, set it to off") as string,
    });
  });

  // 192.0.2.0/24 is documentation's alone (RFC 5737): no machine has it.
  test("so is an address that this machine does not have", async () => {
    await expect(start({ address: { host: "192.0.2.1", port: 0 } })).rejects.toMatchObject({
      code: "ADDRESS_TAKEN",
      message: "DAGMAR_HTTP: 192.0.2.1 port 0: this machine does not have that address.",
    });
  });
});
