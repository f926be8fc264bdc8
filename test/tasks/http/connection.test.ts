/** A connection sends requests to its own address only, and keeps the bytes as they come. */
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openConnection, type Connection } from "../../../tasks/http/connection.ts";

let asked: IncomingMessage[];
let address: string;
let connection: Connection;
let close: () => Promise<void>;

beforeEach(async () => {
  asked = [];
  const server = createServer((request, response) => {
    asked.push(request);
    if (request.url === "/3/elsewhere") response.writeHead(302, { location: "/3/other" }).end();
    else response.writeHead(200, { "content-type": "application/json" }).end('{ "a" : 1.50 }');
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/3`;
  connection = openConnection(address, { headers: { Authorization: "Bearer t" } });
  close = async () => {
    connection.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
});
afterEach(() => close());

const get = (path: string) => connection.instance.get<Buffer>(path);

test("the bytes are the server's, and the headers are those of the client", async () => {
  const { data, status } = await get("/movie/1");
  expect([status, data.toString()]).toEqual([200, '{ "a" : 1.50 }']);
  expect(asked[0]?.headers).toMatchObject({
    accept: "application/json",
    "accept-encoding": "gzip, br",
    authorization: "Bearer t",
    connection: "keep-alive",
  });
});

test("a path that is an address of its own stays below the client's", async () => {
  await get("http://127.0.0.1:1/movie/1");
  await get("//127.0.0.1:1/movie/1");
  expect(asked.map(({ url }) => url)).toEqual(["/3/http://127.0.0.1:1/movie/1", "/3/127.0.0.1:1/movie/1"]);
});

test("a redirect is an answer", async () => {
  expect((await get("/elsewhere")).status).toBe(302);
  expect(asked).toHaveLength(1);
});
