/** Streams over real HTTP: no faster than their client, as long as it is there, and never complete by mistake. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setImmediate as yieldToEvents } from "node:timers/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { ANONYMOUS } from "../../../model/access/user.ts";
import type { HttpStream } from "../../../web/server/exchange.ts";
import { startHttpServer, type HttpServer } from "../../../web/server/http-server.ts";
import { makeKeptLogger, type KeptLogger } from "../../lake/lake-tools.ts";
import { eventually } from "../../support/service-process.ts";

interface World {
  readonly server: HttpServer;
  readonly log: KeptLogger;
  readonly made: { chunks: number; isEnded: boolean };
}

/** Gives that many chunks of 64 KiB; without a number, until its client has gone. */
async function start(count = Infinity, fault?: Error): Promise<World> {
  const made = { chunks: 0, isEnded: false };
  const log = makeKeptLogger();
  const stream: HttpStream = {
    status: 200,
    headers: { "Content-Type": "text/plain" },
    async *open(signal): AsyncGenerator<string, undefined> {
      try {
        for (; made.chunks < count && !signal.aborted; made.chunks += 1) {
          yield "x".repeat(64 * 1024);
          await yieldToEvents();
        }
        if (fault !== undefined) throw fault;
      } finally {
        made.isEnded = true;
      }
    },
  };
  const server = await startHttpServer({
    address: { host: "127.0.0.1", port: 0 },
    log,
    admit: (head) => Promise.resolve({ ...head, user: ANONYMOUS }),
    answer: () => Promise.resolve(stream),
  });
  onTestFinished(() => server.close());
  return { server, log, made };
}

function open({ server }: World, method = "GET"): Socket {
  const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
  socket.on("error", () => undefined);
  onTestFinished(() => {
    socket.destroy();
  });
  socket.write(`${method} / HTTP/1.1\r\nHost: x\r\n\r\n`);
  return socket;
}

describe("a stream", () => {
  test("reaches its client whole", async () => {
    const world = await start(20);
    const text = await (await fetch(world.server.url)).text();
    expect(text.length).toBe(20 * 64 * 1024);
  });

  test("waits for a client that does not read, and ends with it", async () => {
    const world = await start();
    const socket = open(world);
    socket.pause();
    let before = -1;
    await eventually("no further chunk is made", async () => {
      const isSame = before === world.made.chunks && before > 0;
      before = world.made.chunks;
      await new Promise((resolve) => setTimeout(resolve, 100));
      return isSame;
    });
    // What the kernel holds for both sides.
    expect(world.made.chunks).toBeLessThan(400);
    expect(world.made.isEnded).toBe(false);
    socket.destroy();
    await eventually("the stream has ended", () => world.made.isEnded);
    expect(world.log.lines).toEqual([]);
  });

  test("that fails is cut off: its client must not take it for complete", async () => {
    const world = await start(2, new Error("the canary"));
    await expect(fetch(world.server.url).then((reply) => reply.text())).rejects.toThrow("terminated");
    expect(world.log.lines).toEqual([
      { level: "error", message: "/ could not be answered to its end: the canary" },
    ]);
  });

  test("is not made for HEAD", async () => {
    const world = await start();
    const socket = open(world, "HEAD");
    const [head] = (await once(socket, "data")) as [Buffer];
    expect(head.toString()).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    await eventually("the stream has ended", () => world.made.isEnded || world.made.chunks === 0);
    expect(world.made.chunks).toBe(0);
  });

  test("ends when the server closes", async () => {
    const world = await start();
    const socket = open(world);
    await once(socket, "data");
    const hungUp = once(socket.resume(), "close");
    await world.server.close();
    await hungUp;
    await eventually("the stream has ended", () => world.made.isEnded);
    expect(world.log.lines).toEqual([]);
  });
});
