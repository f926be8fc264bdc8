/** Bodies over real HTTP: what is read, what is refused, and that a request that may not pass is refused before its body. */
import { once } from "node:events";
import { connect } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { ANONYMOUS, LOCAL, type User } from "../../../model/access/user.ts";
import { reply, TEXT, type HttpReply, type HttpRequest } from "../../../web/server/exchange.ts";
import { startHttpServer } from "../../../web/server/http-server.ts";
import { makeKeptLogger } from "../../lake/lake-tools.ts";

const KIB = 1024;
const JSON_TYPE = { "Content-Type": "application/json" };

async function start(
  refusal?: HttpReply,
  user: User = LOCAL,
): Promise<{ url: string; port: number; seen: HttpRequest[] }> {
  const seen: HttpRequest[] = [];
  const server = await startHttpServer({
    address: { host: "127.0.0.1", port: 0 },
    log: makeKeptLogger(),
    admit: (head) => Promise.resolve(refusal ?? { ...head, user }),
    answer(request) {
      seen.push(request);
      return Promise.resolve(reply(200, TEXT, request.body));
    },
  });
  onTestFinished(() => server.close());
  return { url: server.url, port: Number(new URL(server.url).port), seen };
}

/** The whole answer to these bytes, sent one after the other; the client hangs up once it has `until`. */
async function sendBytes(port: number, parts: readonly string[], until: RegExp): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  let text = "";
  socket.on("data", (chunk: Buffer) => {
    text += chunk.toString();
    if (until.test(text)) socket.destroy();
  });
  for (const part of parts) socket.write(part);
  await once(socket, "close");
  return text;
}

test.each([
  ["JSON", JSON_TYPE, '{"a":"ção"}'],
  ["JSON with a character set", { "Content-Type": "Application/JSON; charset=utf-8" }, "{}"],
  ["a form", { "Content-Type": "application/x-www-form-urlencoded" }, "a=b&c=%20"],
  ["exactly 256 KiB", JSON_TYPE, "x".repeat(256 * KIB)],
])("%s arrives as it was sent", async (_, headers, body) => {
  const { url } = await start();
  const response = await fetch(url, { method: "POST", headers, body });
  expect(response.status).toBe(200);
  expect((await response.text()) === body).toBe(true);
});

test("a request without a body needs no type", async () => {
  const { url } = await start();
  expect((await fetch(url, { method: "POST" })).status).toBe(200);
  expect((await fetch(url, { method: "DELETE" })).status).toBe(200);
});

test("a body that comes in chunks is joined", async () => {
  const { port, seen } = await start();
  const head =
    "PATCH / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
  await sendBytes(port, [head, "3\r\n[1,\r\n", "2\r\n2]\r\n", "0\r\n\r\n"], /200 OK/);
  expect(seen.map(({ method, body }) => [method, body])).toEqual([["PATCH", "[1,2]"]]);
});

test("the body of a GET is left out", async () => {
  const { port, seen } = await start();
  await sendBytes(port, ["GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"], /200 OK/);
  expect(seen.map(({ body }) => body)).toEqual([""]);
});

test.each([
  [413, "of more than 256 KiB", JSON_TYPE, "x".repeat(256 * KIB + 1)],
  [415, "of another type", { "Content-Type": "text/plain" }, "{}"],
  [415, "as browsers send files", { "Content-Type": "multipart/form-data; boundary=x" }, "--x--"],
  [415, "that is compressed", { ...JSON_TYPE, "Content-Encoding": "gzip" }, "{}"],
  [400, "that is not UTF-8", JSON_TYPE, Buffer.from([0x22, 0xff, 0x22])],
])("%i to a body %s", async (status, _, headers, body) => {
  const { url, seen } = await start();
  const response = await fetch(url, { method: "POST", headers, body });
  expect(response.status).toBe(status);
  expect(await response.json()).toMatchObject({ status, code: "USAGE" });
  expect(seen).toEqual([]);
});

test("a body without a given length is refused once it is too large", async () => {
  const { port, seen } = await start();
  const chunk = `10000\r\n${"x".repeat(0x10000)}\r\n`;
  const head =
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
  const text = await sendBytes(port, [head, chunk, chunk, chunk, chunk, chunk], /"status":413/);
  expect(text).toMatch(/^HTTP\/1\.1 413 /);
  expect(seen).toEqual([]);
});

test("a request without a login, such as the login itself, has at most 8 KiB", async () => {
  const { url, seen } = await start(undefined, ANONYMOUS);
  const post = (body: string): Promise<Response> => fetch(url, { method: "POST", headers: JSON_TYPE, body });
  expect((await post("x".repeat(8 * KIB))).status).toBe(200);
  const refused = await post("x".repeat(8 * KIB + 1));
  expect(await refused.json()).toMatchObject({ status: 413, detail: "A body has at most 8 KiB here." });
  expect(seen.length).toBe(1);
});

test("a request that may not pass is refused before its body is there", async () => {
  const { port, seen } = await start(reply(401, TEXT, "No.\n"));
  const head = "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n";
  expect(await sendBytes(port, [head], /No\.\n/)).toMatch(/^HTTP\/1\.1 401 /);
  expect(seen).toEqual([]);
});

test("a client that goes away in the middle of its body is not answered", async () => {
  const { port, url, seen } = await start();
  const socket = connect(port, "127.0.0.1");
  socket.write(
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{",
  );
  await once(socket, "connect");
  socket.destroy();
  await once(socket, "close");
  expect((await fetch(url, { method: "POST" })).status).toBe(200);
  expect(seen.map(({ body }) => body)).toEqual([""]);
});

test.each([
  ["two Host headers", "GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n"],
  [
    "two Authorization headers",
    "GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n",
  ],
  ["two Origin headers", "POST / HTTP/1.1\r\nHost: x\r\nOrigin: http://x\r\nOrigin: http://y\r\n\r\n"],
  ["an absolute target", "GET http://127.0.0.1/healthz HTTP/1.1\r\nHost: x\r\n\r\n"],
  ["a target that is no path", "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n"],
])("%s are refused", async (_, bytes) => {
  const { port, seen } = await start();
  expect(await sendBytes(port, [bytes], /\r\n\r\n/)).toMatch(/^HTTP\/1\.1 400 /);
  expect(seen).toEqual([]);
});
