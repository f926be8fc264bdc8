/**
 * Makes TMDB clients only when tasks need them, because axios is slow to load. All of them share one limiter and one
 * circuit.
 */
import type { Agent } from "node:http";
import type { Clock } from "../../model/ports/clock.ts";
import type { Logger } from "../../model/ports/logger.ts";
import type { TmdbSettings } from "./declare.ts";
import { assertTmdbConfigured, readBaseUrl } from "./tmdb-access.ts";
import type { TmdbSource } from "./index.ts";

interface Tools {
  /** Makes the agents for a client's connections, for example through a proxy. */
  readonly makeAgent?: (() => Agent) | undefined;
  readonly clock: Clock;
  readonly log: Logger;
  readonly random: () => number;
}

export function openTmdbSource(settings: TmdbSettings, tools: Tools): TmdbSource {
  const { baseUrl, token, apiKey, ratePerSecond } = settings;
  const { clock, log, random, makeAgent } = tools;
  return {
    baseUrl,
    assertConfigured: () => {
      assertTmdbConfigured(settings);
      readBaseUrl(baseUrl);
    },
    async openClient({ maxRatePerSecond = Infinity, pickControl, rules } = {}) {
      const { createTmdbClient } = await import("./tmdb-client.ts");
      return createTmdbClient({
        baseUrl,
        token,
        apiKey,
        ratePerSecond: Math.min(ratePerSecond, maxRatePerSecond),
        ...(pickControl === undefined ? {} : { pickControl }),
        ...(rules === undefined ? {} : { rules }),
        makeAgent,
        clock,
        log,
        random,
      });
    },
  };
}
