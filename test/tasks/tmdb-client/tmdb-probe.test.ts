/** `dagmar doctor`'s one request to TMDB, and what the client knows of its own address. */
import { expect, onTestFinished, test } from "vitest";
import { ConfigError } from "../../../model/errors.ts";
import { BASE_URL } from "../../../tasks/tmdb-to-lake/declare.ts";
import { describeTmdbService } from "../../../tasks/tmdb-to-lake/tmdb-probe.ts";
import { describeTmdb } from "../../../tasks/tmdb-to-lake/tmdb-provider.ts";
import { json, NEVER, openClient, startProvider, type Answer, type Provider } from "./provider.ts";

async function openProbe(
  answer: Answer,
  assertConfigured: () => void = () => undefined,
  changes: Partial<Provider> = {},
) {
  const provider = { ...(await startProvider(() => answer)), ...changes };
  onTestFinished(() => provider.close());
  const clients: { closed: boolean }[] = [];
  const service = describeTmdbService({
    baseUrl: provider.url,
    assertConfigured,
    openClient: ({ rules }) => {
      const client = openClient(provider, rules === undefined ? {} : { rules });
      const seen = { closed: false };
      clients.push(seen);
      const close = (): void => {
        seen.closed = true;
        client.close();
      };
      return Promise.resolve({ ...client, host: client.host, close });
    },
  });
  return { provider, service, clients };
}

const host = (url: string): string => new URL(url).host;

test("one request shows that the token is accepted", async () => {
  const { provider, service, clients } = await openProbe(json({ movie_results: [], tv_results: [] }));
  expect(service).toMatchObject({ name: "TMDB", address: provider.url });
  expect(await service.probe(NEVER)).toBe(`${host(provider.url)} accepts the token`);
  expect(provider.asked).toEqual(["/find/tt0000000?external_source=imdb_id&language=en-US"]);
  expect(clients).toEqual([{ closed: true }]);
});

test("an answer that is none is asked once, and described", async () => {
  const { provider, service, clients } = await openProbe(json({}, 500));
  await expect(service.probe(NEVER)).rejects.toMatchObject({
    code: "TMDB_UNAVAILABLE",
    message: expect.stringContaining("500") as string,
    retryable: true,
    hint: "Check the network, the proxy and TMDB_BASE_URL.",
  });
  expect(provider.asked).toHaveLength(1);
  expect(clients).toEqual([{ closed: true }]);
});

test("an address that nothing listens at cannot be reached", async () => {
  const { service } = await openProbe(json({}), undefined, { url: "http://127.0.0.1:9/3" });
  await expect(service.probe(NEVER)).rejects.toMatchObject({
    code: "TMDB_UNAVAILABLE",
    message: expect.stringMatching(/^127\.0\.0\.1:9 cannot be reached: ./) as string,
  });
});

test("without a token nothing is asked", async () => {
  const refuse = (): void => {
    throw new ConfigError("SECRET_MISSING", "TMDB_API_TOKEN is not set");
  };
  const { provider, service } = await openProbe(json({}), refuse);
  expect(() => service.assertConfigured()).toThrow("TMDB_API_TOKEN");
  await expect(service.probe(NEVER)).rejects.toThrow("TMDB_API_TOKEN");
  expect(provider.asked).toEqual([]);
});

test("an address is the user's own unless it is TMDB's", () => {
  const of = (baseUrl: string) => describeTmdb({ baseUrl, host: host(baseUrl) }).isAddressOwn;
  expect(of("http://127.0.0.1:1/3")).toBe(true);
  expect(of(BASE_URL.default ?? "")).toBe(false);
});
