/** The whole HTTP face over real HTTP, with a scheduler's loop behind it, and a clock that the test moves. */
import { request as send } from "node:http";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { createToken } from "../../../scheduler/commands/manage-access.ts";
import { hashToken, writeSecret } from "../../../model/access/credential.ts";
import type { Role } from "../../../model/access/user.ts";
import { judgeHealth, judgeReadiness } from "../../../app/service/health.ts";
import { createWebFace } from "../../../web/endpoint.ts";
import { createReader } from "../../../web/reading/answer-reads.ts";
import type { FromReader } from "../../../web/reading/read-request.ts";
import type { ThreadHandle } from "../../../web/reading/read-thread.ts";
import { serveReads } from "../../../web/reading/serve-reads.ts";
import { makeKeptLogger, type KeptLogger } from "../../lake/lake-tools.ts";
import { TEST_READING } from "./read-world.ts";
import { openWriteWorld, type WriteWorld } from "./write-world.ts";

export interface AccessSettings {
  /** What the server listens on. */
  readonly host?: string;
  readonly password?: string | null;
  readonly basePath?: string;
  /** One whose database this server is to use too. */
  readonly world?: WriteWorld;
}

export interface Sent {
  readonly method?: string;
  /** Sent as it is: `Host` too. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Got {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

export interface AccessWorld extends WriteWorld {
  readonly port: number;
  /** Of the face. */
  readonly log: KeptLogger;
  /** The target goes over the wire as it is written. */
  readonly http: (target: string, sent?: Sent) => Promise<Got>;
  /** Returns the token. */
  readonly addToken: (role: Role, lifeSeconds?: number) => Promise<string>;
  /** Logs in by the form; returns the Cookie header. */
  readonly logIn: (password: string, name?: string) => Promise<string>;
}

export const FORM = { "Content-Type": "application/x-www-form-urlencoded" };
export const JSON_BODY = { "Content-Type": "application/json" };

export async function openAccessWorld(settings: AccessSettings = {}): Promise<AccessWorld> {
  const { host = "127.0.0.1", password = null, basePath = "" } = settings;
  const world = settings.world ?? (await openWriteWorld());
  const { database, clock, folder, lake, orders } = world;
  if (settings.world === undefined) await world.begin();
  const log = makeKeptLogger();
  const reading = {
    databaseFile: join(folder, "dagmar.db"),
    lakeId: lake.id,
    dagsFolder: folder,
    logsFolder: folder,
    version: "1.2.3",
    ...TEST_READING,
    base: basePath,
  };
  const face = createWebFace(database, {
    address: { host, port: 0 },
    web: { password, basePath },
    timezone: "UTC",
    clock,
    log,
    lake,
    version: "1.2.3",
    startReader: () => startInProcess(createReader(reading, clock)),
  });
  const facts = {
    role: "active" as const,
    lastTickMs: 0,
    nowMs: 0,
    lastWriteError: null,
    stepFault: null,
    brokenDags: 0,
    leaseExpiresInSeconds: 20,
  };
  const endpoint = await face.open({
    health: () => judgeHealth(facts),
    readiness: () => judgeReadiness(facts),
    orders,
  });
  onTestFinished(() => endpoint.close());
  const started = log.lines.find(({ message }) => message.includes("/healthz"))?.message ?? "";
  const port = Number(/:(\d+)\/healthz/.exec(started)?.[1]);
  const http = (target: string, sent: Sent = {}) => sendOver(port, target, sent);
  return {
    ...world,
    port,
    log,
    http,
    async addToken(role, lifeSeconds = 3_600) {
      const secret = role.padEnd(43, "x");
      const expiresAt = new Date(clock.now().getTime() + lifeSeconds * 1000).toISOString();
      const request = { name: role, role, secretHash: hashToken(secret), lastFour: "xxxx", expiresAt };
      const id = await database.write((query) =>
        createToken(query, { ...request, timezone: "UTC" }, "test", clock.now()),
      );
      return writeSecret({ kind: "token", id, secret });
    },
    async logIn(given, name = "marina") {
      const body = new URLSearchParams({ name, password: given }).toString();
      const got = await http(`${basePath}/login`, { method: "POST", headers: FORM, body });
      const [cookie = ""] = got.headers["set-cookie"] ?? [];
      return cookie.split(";", 1)[0] ?? "";
    },
  };
}

/** As the thread does it, with the test's clock. */
function startInProcess(reader: ReturnType<typeof createReader>): ThreadHandle {
  const ready: FromReader[] = [];
  let take: ((message: FromReader) => void) | undefined;
  const serve = serveReads(reader, (message) => {
    if (take === undefined) ready.push(message);
    else take(message);
    take = undefined;
  });
  return {
    post: serve,
    next: () => {
      const first = ready.shift();
      if (first !== undefined) return Promise.resolve(first);
      return new Promise((resolve) => {
        take = resolve;
      });
    },
    stop: () => reader.close(),
  };
}

function sendOver(port: number, target: string, { method = "GET", headers, body }: Sent): Promise<Got> {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { "Content-Length": Buffer.byteLength(body) };
    const options = { port, host: "127.0.0.1", path: target, method, agent: false };
    const made = send({ ...options, headers: { ...length, ...headers } }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
      );
    });
    made.on("error", reject);
    made.end(body);
  });
}
