/** Opens the address for health and metrics, and retries while another process still has it. */
import type { Endpoint, ServiceFace } from "../../app/service/endpoint.ts";
import { judgeHealth, judgeReadiness } from "../../app/service/health.ts";
import { DagmarError, describeError } from "../../model/errors.ts";
import type { Clock } from "../../model/ports/clock.ts";
import type { Logger } from "../../model/ports/logger.ts";
import type { Database } from "../../state/sqlite/database.ts";
import { createMetrics } from "./metrics.ts";
import { startOpsServer, type OpsAddress, type OpsServer } from "./ops-server.ts";
import { readSnapshot } from "./read-snapshot.ts";

const TRY_EVERY_MS = 5_000;

export interface OpsTools {
  /** `null` if HTTP is off. */
  readonly address: OpsAddress | null;
  readonly clock: Clock;
  readonly log: Logger;
  readonly version: string;
}

export function createOpsFace(database: Database, tools: OpsTools): ServiceFace {
  const { address, clock, log, version } = tools;
  const metrics = createMetrics({ read: () => readSnapshot(database), clock, version });
  return {
    observer: metrics.observer,
    async open(facts) {
      const start = async (): Promise<OpsServer | undefined> => {
        if (address === null) return undefined;
        const server = await startOpsServer({
          address,
          log,
          health: () => judgeHealth(facts()),
          ready: () => judgeReadiness(facts()),
          metrics: () => metrics.render(),
        });
        log.info(`Health and metrics: ${server.url}/healthz, /readyz, /metrics`);
        return server;
      };
      return openEndpoint(start, clock, log);
    },
  };
}

async function openEndpoint(
  start: () => Promise<OpsServer | undefined>,
  clock: Clock,
  log: Logger,
): Promise<Endpoint> {
  let server: OpsServer | undefined;
  let trying = Promise.resolve();
  const closing = new AbortController();
  const open = async (): Promise<void> => {
    server ??= await start();
  };
  try {
    await open();
  } catch (error) {
    if (!(error instanceof DagmarError)) throw error;
    log.debug(`Health and metrics are not available yet: ${describeError(error)}`);
  }

  async function tryAgain(): Promise<void> {
    for (let isLogged = false; !closing.signal.aborted; isLogged = true) {
      try {
        await open();
        return;
      } catch (error) {
        if (!isLogged)
          log.warn(`Health and metrics are not available yet; retrying. ${describeError(error)}`);
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
