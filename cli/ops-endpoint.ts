/** Opens the door for health and metrics. A standby does without it where the one it stands by for has the address. */
import type { HttpAddress } from "../config/settings/setting-values.ts";
import { DagmarError, describeError } from "../model/errors.ts";
import type { Logger } from "../model/ports/logger.ts";
import { judgeHealth, judgeReadiness } from "../web/ops/health.ts";
import type { Metrics } from "../web/ops/metrics.ts";
import { startOpsServer, type OpsServer } from "../web/ops/ops-server.ts";
import type { ServiceState } from "../app/service/service-state.ts";
import { systemClock } from "./process/system-clock.ts";

const TRY_EVERY_MS = 5_000;

export interface OpsDoor {
  /** This process is the one that schedules: opens the door if it is not open. Raises `CONFIG_INVALID` where that fails. */
  insist(): Promise<void>;
  /** As `insist`, but goes on trying until it is closed: a holder that hangs is taken over from, and still has the address. */
  keepTrying(): void;
  close(): Promise<void>;
}

export async function openOpsDoor(
  address: HttpAddress | null,
  parts: { readonly log: Logger; readonly metrics: Metrics; readonly state: ServiceState },
): Promise<OpsDoor> {
  const { log, metrics, state } = parts;
  let server: OpsServer | undefined;
  let trying = Promise.resolve();
  const closing = new AbortController();
  const open = async (): Promise<void> => {
    if (address === null || server !== undefined) return;
    server = await startOpsServer({
      address,
      log,
      health: () => judgeHealth(state.facts()),
      ready: () => judgeReadiness(state.facts()),
      metrics: () => metrics.render(),
    });
    log.info(`Health and metrics: ${server.url}/healthz, /readyz, /metrics`);
  };
  try {
    await open();
  } catch (error) {
    if (!(error instanceof DagmarError)) throw error;
    log.debug(`No health and metrics yet: ${describeError(error)}`);
  }

  async function tryAgain(): Promise<void> {
    for (let isTold = false; !closing.signal.aborted; isTold = true) {
      try {
        await open();
        return;
      } catch (error) {
        if (!isTold) log.warn(`No health and metrics yet; it is tried again. ${describeError(error)}`);
      }
      await systemClock.sleep(TRY_EVERY_MS, closing.signal).catch(() => undefined);
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
