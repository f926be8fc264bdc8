/** The service's HTTP face: health and metrics at once, the API from its first request; opened while another process may have the address. */
import { readReport } from "../app/lake/read-report.ts";
import type { Endpoint, ServiceAccess, ServiceFace } from "../app/service/endpoint.ts";
import { ANONYMOUS } from "../model/access/user.ts";
import { DagmarError, describeError } from "../model/errors.ts";
import type { Clock } from "../model/ports/clock.ts";
import type { Lake } from "../model/ports/lake.ts";
import type { Logger } from "../model/ports/logger.ts";
import { isLoopback } from "../model/text/loopback.ts";
import { readDatabaseId } from "../state/control/database-identity.ts";
import type { Database } from "../state/sqlite/database.ts";
import type { Access } from "./access/access.ts";
import { createMetrics, type Metrics } from "./ops/metrics.ts";
import { answerOps, OPS_PATHS, type OpsAnswers } from "./ops/ops-routes.ts";
import { readSnapshot } from "./ops/read-snapshot.ts";
import type { ReadThread, ThreadHandle } from "./reading/read-thread.ts";
import { answerReport } from "./reports/answer-report.ts";
import { prefixLinks, stripBasePath } from "./server/base-path.ts";
import type { Admitted, HttpAnswer, HttpReply, HttpRequest, ReceivedHead } from "./server/exchange.ts";
import { startHttpServer, type HttpAddress, type HttpServer } from "./server/http-server.ts";

const TRY_EVERY_MS = 5_000;

export interface FaceTools {
  /** `null` if HTTP is off. */
  readonly address: HttpAddress | null;
  readonly web: { readonly password: string | null; readonly basePath: string };
  readonly timezone: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly lake: Lake;
  readonly version: string;
  readonly startReader: () => ThreadHandle;
}

export function createWebFace(database: Database, tools: FaceTools): ServiceFace {
  const { address, clock, log, version } = tools;
  const metrics = createMetrics({ read: () => readSnapshot(database), clock, version });
  return {
    observer: metrics.observer,
    async open(service) {
      if (address === null) return openEndpoint(() => Promise.resolve(undefined), clock, log);
      const { admit, answer, close } = createAnswers(database, address, tools, metrics, service);
      const start = async (): Promise<HttpServer> => {
        const server = await startHttpServer({ address, log, admit, answer });
        const pages = `${server.url}${tools.web.basePath}/`;
        log.info(`Health and metrics: ${server.url}/healthz, /readyz, /metrics; pages: ${pages}`);
        return server;
      };
      const endpoint = await openEndpoint(start, clock, log);
      return {
        ...endpoint,
        async close() {
          await endpoint.close();
          await close();
        },
      };
    },
  };
}

interface Answers {
  readonly admit: (head: ReceivedHead) => Promise<Admitted | HttpReply>;
  readonly answer: (request: HttpRequest) => Promise<HttpAnswer>;
  readonly close: () => Promise<void>;
}

function createAnswers(
  database: Database,
  { host }: HttpAddress,
  { web, timezone, clock, log, lake, startReader }: FaceTools,
  metrics: Metrics,
  { health, readiness, orders }: ServiceAccess,
): Answers {
  const ops: OpsAnswers = {
    health,
    ready: readiness,
    metrics: () => metrics.render(),
  };
  const { basePath } = web;
  let reader: ReadThread | undefined;
  let access: Access | undefined;

  async function openReader(): Promise<ReadThread> {
    const { createReadThread } = await import("./reading/read-thread.ts");
    reader ??= createReadThread({ start: startReader, orders, clock, log });
    return reader;
  }

  /** Loaded at the first request: a scheduler whose pages and API are not used keeps its memory. */
  async function openAccess(): Promise<Access> {
    const { createAccess } = await import("./access/access.ts");
    access ??= createAccess({
      ...web,
      isLoginNeeded: web.password !== null || !isLoopback(host),
      databaseId: readDatabaseId(database),
      timezone,
      clock,
      log,
      orders,
      identify: async (credential) => (await openReader()).identify(credential),
      render: async (request) => {
        const answer = await (await openReader()).answer(request);
        if (!("body" in answer)) throw new Error(`${request.path} is no page`);
        return answer;
      },
    });
    return access;
  }

  return {
    async admit(head) {
      const path = stripBasePath(head.path, basePath) ?? head.path;
      if (Object.hasOwn(OPS_PATHS, path)) return { ...head, path, user: ANONYMOUS };
      const admitted = await (await openAccess()).admit(head);
      return "status" in admitted ? prefixLinks(admitted, basePath) : admitted;
    },
    async answer(request) {
      const known = await answerOps(request, ops);
      if (known !== undefined) return known;
      const guard = await openAccess();
      const signedIn = await guard.answer(request);
      if (signedIn !== undefined) return prefixLinks(signedIn, basePath);
      const report = await answerReport(request, (key) => readReport(lake, database, key));
      if (report !== undefined) return report;
      const made = await (await openReader()).answer(request);
      return prefixLinks("open" in made ? guard.watch(request, made) : made, basePath);
    },
    close: async () => reader?.close(),
  };
}

async function openEndpoint(
  start: () => Promise<HttpServer | undefined>,
  clock: Clock,
  log: Logger,
): Promise<Endpoint> {
  let server: HttpServer | undefined;
  let trying = Promise.resolve();
  const closing = new AbortController();
  const open = async (): Promise<void> => {
    server ??= await start();
  };
  try {
    await open();
  } catch (error) {
    if (!(error instanceof DagmarError)) throw error;
    log.debug(`Health, metrics, pages and API are not available yet: ${describeError(error)}`);
  }

  async function tryAgain(): Promise<void> {
    for (let isLogged = false; !closing.signal.aborted; isLogged = true) {
      try {
        await open();
        return;
      } catch (error) {
        if (!isLogged)
          log.warn(`Health, metrics, pages and API are not available yet; retrying. ${describeError(error)}`);
      }
      await clock.sleep(TRY_EVERY_MS, closing.signal).catch(() => undefined);
    }
  }

  return {
    insist: open,
    keepTrying() {
      trying = tryAgain();
    },
    async close() {
      closing.abort();
      await trying;
      await server?.close();
    },
  };
}
