/** Answers that cannot be sent, over real HTTP: each costs its own connection, is logged, and the server continues. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { ANONYMOUS } from "../../../model/access/user.ts";
import { reply, TEXT, type HttpAnswer, type HttpStream } from "../../../web/server/exchange.ts";
import { startHttpServer, type HttpServer } from "../../../web/server/http-server.ts";
import { makeKeptLogger, type KeptLogger } from "../../lake/lake-tools.ts";
import { eventually } from "../../support/service-process.ts";

type Make = () => HttpAnswer | Promise<HttpAnswer>;

/** `/odd` is answered with `make`, everything else with 200. */
async function start(make: Make): Promise<{ readonly server: HttpServer; readonly log: KeptLogger }> {
  const log = makeKeptLogger();
  const server = await startHttpServer({
    address: { host: "127.0.0.1", port: 0 },
    log,
    admit: (head) => Promise.resolve({ ...head, user: ANONYMOUS }),
    answer: async ({ path }) => (path === "/odd" ? await make() : reply(200, TEXT, "fine\n")),
  });
  onTestFinished(() => server.close());
  return { server, log };
}

function open(server: HttpServer, head: string): Socket {
  const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
  socket.on("error", () => undefined);
  onTestFinished(() => {
    socket.destroy();
  });
  socket.write(`${head}\r\nHost: x\r\n\r\n`);
  return socket;
}

/** All that comes until the server hangs up. */
async function readAll(socket: Socket): Promise<string> {
  let text = "";
  socket.on("data", (chunk: Buffer) => (text += chunk.toString()));
  await once(socket, "close");
  return text;
}

async function expectAlive(server: HttpServer): Promise<void> {
  expect(await (await fetch(`${server.url}/other`)).text()).toBe("fine\n");
}

const stream = (chunks: HttpStream["open"], headers: Readonly<Record<string, string>> = {}): HttpStream => ({
  status: 200,
  headers: { "Content-Type": "text/plain", ...headers },
  open: chunks,
});

async function* give(...chunks: readonly unknown[]): AsyncGenerator<string, undefined> {
  for (const chunk of chunks) yield (await Promise.resolve(chunk)) as string;
  return undefined;
}

async function* giveAndFail(...chunks: readonly string[]): AsyncGenerator<string, undefined> {
  yield* give(...chunks);
  throw new Error("the canary");
}

describe("an answer that cannot be sent is 500 and is logged, and the server continues", () => {
  test.each<readonly [string, Make]>([
    ["a line break in a header", () => withHeader("Location", "/backfills/1\n")],
    ["a carriage return in a header", () => withHeader("Location", "/a\r\nSet-Cookie: a=b")],
    ["a NUL in a header", () => withHeader("Location", "/\0")],
    ["a character above 255 in a header", () => withHeader("X-Name", "ação →")],
    ["a name of a header with a space", () => withHeader("X Name", "x")],
    ["a header without a value", () => withHeader("X-Name", undefined as unknown as string)],
    ["a status that is none", () => ({ ...reply(200, TEXT, "x"), status: 99_999 })],
    ["a body that is neither text nor bytes", () => reply(200, TEXT, 3 as unknown as string)],
    ["no answer at all", () => undefined as unknown as HttpAnswer],
    ["a stream with a line break in a header", () => stream(() => give("x"), { "X-Name": "a\nb" })],
    [
      "a stream that does not open",
      () =>
        stream(() => {
          throw new Error("the canary");
        }),
    ],
  ])("%s", async (_, make) => {
    const { server, log } = await start(make);
    const got = await fetch(`${server.url}/odd`, { redirect: "manual" });
    expect(got.status).toBe(500);
    expect(got.headers.get("set-cookie")).toBe(null);
    expect(got.headers.get("connection")).toBe("close");
    const text = await got.text();
    expect(JSON.parse(text)).toMatchObject({ status: 500, code: "INTERNAL" });
    expect(text).not.toContain("canary");
    expect(log.lines.map(({ level, message }) => [level, message.split(":", 1)[0]])).toEqual([
      ["error", "/odd could not be answered"],
    ]);
    await expectAlive(server);
  });

  test.each<readonly [string, Make]>([
    ["that throws before its first chunk", () => stream(() => giveAndFail())],
    ["that throws after its first chunk", () => stream(() => giveAndFail("begin"))],
    ["whose chunk is neither text nor bytes", () => stream(() => give("begin", { a: 1 }))],
    ["whose chunk is missing", () => stream(() => give("begin", undefined))],
  ])("a stream %s is cut off", async (_, make) => {
    const { server, log } = await start(make);
    await expect(fetch(`${server.url}/odd`).then((got) => got.text())).rejects.toThrow("terminated");
    await expectAlive(server);
    expect(log.lines.every(({ level }) => level === "error")).toBe(true);
  });

  test.each<readonly [string, Make]>([
    ["an answer", () => withHeader("Location", "\n")],
    ["a stream", () => stream(() => give("x"), { "X-Name": "\n" })],
  ])("%s to a HEAD", async (_, make) => {
    const { server, log } = await start(make);
    expect(await readAll(open(server, "HEAD /odd HTTP/1.1"))).toMatch(/^HTTP\/1\.1 500 [^{]*$/);
    expect(log.lines.length).toBe(1);
    await expectAlive(server);
  });
});

describe("a client that goes away", () => {
  test("while its answer is made costs nothing", async () => {
    let finish: (answer: HttpAnswer) => void = () => undefined;
    let isAsked = false;
    const { server, log } = await start(() => {
      isAsked = true;
      return new Promise((resolve) => {
        finish = resolve;
      });
    });
    const socket = open(server, "GET /odd HTTP/1.1");
    await eventually("the request has arrived", () => isAsked);
    socket.resetAndDestroy();
    await once(socket, "close");
    await expectAlive(server);
    finish(withHeader("Location", "\n"));
    await expectAlive(server);
    expect(log.lines.map(({ level }) => level)).toEqual(["error"]);
  });

  test("in the middle of a large answer costs nothing", async () => {
    const { server, log } = await start(() => reply(200, TEXT, "x".repeat(32 * 1024 * 1024)));
    const socket = open(server, "GET /odd HTTP/1.1");
    await once(socket, "data");
    socket.resetAndDestroy();
    await once(socket, "close");
    await expectAlive(server);
    expect(log.lines).toEqual([]);
  });
});

test.each([
  "/%0A",
  "/%0d%0a",
  "/%00",
  "/%ff",
  "/%",
  "/%u0041",
  "/a%2fb%5cc",
  `/${"a/".repeat(2_000)}`,
  "/?x=%0A",
  "/;x",
  "/..//..%2f",
])("the path %s is answered", async (path) => {
  const { server, log } = await start(() => reply(200, TEXT, ""));
  const text = await readAll(open(server, `GET ${path} HTTP/1.1\r\nConnection: close`));
  expect(text).toMatch(/^HTTP\/1\.1 200 /);
  expect(log.lines).toEqual([]);
});

function withHeader(name: string, value: string): HttpAnswer {
  const made = reply(303, TEXT, "\n");
  return { ...made, headers: { ...made.headers, [name]: value } };
}
