/**
 * A Lambda service on loopback: the Runtime API for a sandbox's process, which it starts, freezes between events, and kills at the
 * deadline. https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 */
import { spawn, type ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import * as fs from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import * as path from "node:path";
import { findProperties, readTemplate, showValue } from "../../deploy/lambda/read-template.ts";

/** Below the project's folder, from which the suite and the bench are started. */
const BOOTSTRAP = path.resolve("test/lambda/support/bootstrap.mjs");
const TEMPLATE = path.resolve("deploy/lambda/template.yaml");

export type Ending =
  | { readonly kind: "response"; readonly body: Readonly<Record<string, unknown>>; readonly spareMs: number }
  | { readonly kind: "error"; readonly message: string; readonly spareMs: number }
  /** The process ended, by itself or at the deadline, before it answered. */
  | { readonly kind: "killed" };

export interface Sandbox {
  /** Starts the process if none lives. `limitMs`: the time until the deadline. */
  invoke(event: unknown, limitMs: number): Promise<Ending>;
  /** SIGKILL, as Lambda's own at the deadline. */
  kill(): Promise<void>;
  /** Whether an event is under way. */
  hasBegun(): boolean;
  /** Of the living process. */
  pid(): number | undefined;
  /** What the processes have written. */
  output(): string;
  close(): Promise<void>;
}

interface Waiting {
  readonly requestId: string;
  readonly event: unknown;
  readonly deadlineMs: number;
  readonly end: (ending: Ending) => void;
}

/** `handler`: the path of the function's module. `variables`: the environment of its processes. */
export async function openSandbox(
  handler: string,
  folder: string,
  variables: Readonly<Record<string, string>>,
): Promise<Sandbox> {
  let child: ChildProcess | undefined;
  let output = "";
  let toCome: Waiting | undefined;
  let underWay: Waiting | undefined;
  let idle: ServerResponse | undefined;

  function hand(response: ServerResponse, waiting: Waiting): void {
    underWay = waiting;
    toCome = undefined;
    response.setHeader("Lambda-Runtime-Aws-Request-Id", waiting.requestId);
    response.setHeader("Lambda-Runtime-Deadline-Ms", String(waiting.deadlineMs));
    response.end(JSON.stringify(waiting.event));
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = request.url ?? "";
    if (url.endsWith("/invocation/next")) {
      if (toCome === undefined) {
        idle = response;
        child?.kill("SIGSTOP");
      } else hand(response, toCome);
      return;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = JSON.parse(Buffer.concat(chunks).toString()) as Readonly<Record<string, unknown>>;
    response.writeHead(202).end();
    const ended = underWay ?? toCome;
    underWay = undefined;
    const spareMs = (ended?.deadlineMs ?? 0) - Date.now();
    if (url.endsWith("/response")) ended?.end({ kind: "response", body, spareMs });
    else ended?.end({ kind: "error", message: String(body["errorMessage"]), spareMs });
  }

  const server = createServer((request, response) => {
    void serve(request, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const api = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const nodeOptions = readNodeOptions();

  function start(): void {
    const started = spawn(process.execPath, [BOOTSTRAP], {
      cwd: folder,
      env: {
        PATH: process.env["PATH"],
        NODE_OPTIONS: nodeOptions,
        ...variables,
        AWS_LAMBDA_RUNTIME_API: api,
        TEST_HANDLER: handler,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    child = started;
    for (const stream of [started.stdout, started.stderr]) {
      stream.on("data", (chunk: Buffer) => {
        output += chunk.toString();
      });
    }
    started.on("exit", () => {
      if (child === started) child = undefined;
      idle = undefined;
      const waiting = underWay ?? toCome;
      underWay = undefined;
      toCome = undefined;
      waiting?.end({ kind: "killed" });
    });
  }

  async function kill(): Promise<void> {
    const living = child;
    if (living === undefined) return;
    const gone = once(living, "exit");
    living.kill("SIGKILL");
    await gone;
  }

  return {
    async invoke(event, limitMs) {
      const deadlineMs = Date.now() + limitMs;
      const ending = new Promise<Ending>((end) => {
        toCome = { requestId: randomUUID(), event, deadlineMs, end };
      });
      const timer = setTimeout(() => void kill(), limitMs);
      if (child === undefined) start();
      else {
        child.kill("SIGCONT");
        if (idle !== undefined && toCome !== undefined) {
          const response = idle;
          idle = undefined;
          hand(response, toCome);
        }
      }
      try {
        return await ending;
      } finally {
        clearTimeout(timer);
      }
    },
    kill,
    hasBegun: () => underWay !== undefined,
    pid: () => child?.pid,
    output: () => output,
    async close() {
      await kill();
      server.closeAllConnections();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}

/** As the template starts the function's process. */
function readNodeOptions(): string {
  const template = readTemplate(fs.readFileSync(TEMPLATE, "utf8"));
  const names = ["Resources", "Function", "Properties", "Environment", "Variables"];
  return showValue(findProperties(template, ...names)["NODE_OPTIONS"]);
}
