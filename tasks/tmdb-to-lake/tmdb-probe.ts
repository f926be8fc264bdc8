/** One request to TMDB with the configured token, for `dagmar doctor`. */
import type { TaskService } from "../../model/ports/examination.ts";
import { TaskFailure } from "../../model/errors.ts";
import type { TmdbClient, TmdbClientOptions } from "./tmdb-client.ts";

interface Tmdb {
  readonly baseUrl: string;
  assertConfigured(): void;
  openClient(options: { readonly rules: TmdbClientOptions["rules"] }): Promise<TmdbClient>;
}

/** No title has this number: TMDB answers with an empty list, and one request is enough. */
const NO_TITLE = { entity: "series", imdbId: "tt0000000", language: "en-US", append: [] } as const;

export function describeTmdbService(tmdb: Tmdb): TaskService {
  return {
    name: "TMDB",
    address: tmdb.baseUrl,
    assertConfigured: () => tmdb.assertConfigured(),
    async probe(signal) {
      tmdb.assertConfigured();
      const client = await tmdb.openClient({ rules: { maxRetries: 0, attemptTimeoutMs: 8_000 } });
      try {
        const answer = await client.fetchTitle(NO_TITLE, signal);
        if (answer.outcome !== "failed") return `${client.host} accepts the token`;
        const { cause, detail } = answer;
        const isUnreached = answer.reason === "unreachable";
        const message = isUnreached ? `${client.host} cannot be reached: ${cause}` : detail;
        throw new TaskFailure("TMDB_UNAVAILABLE", message, true, {
          hint: "Check the network, the proxy and TMDB_BASE_URL.",
        });
      } finally {
        client.close();
      }
    },
  };
}
