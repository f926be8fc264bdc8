/** Which requests reach the API: on loopback those that name this machine, elsewhere none. */
import { describe, expect, test } from "vitest";
import { guard } from "../../../web/server/guard.ts";

function ask(host: string | undefined, address = "127.0.0.1"): number | undefined {
  const headers = host === undefined ? {} : { host };
  return guard({ method: "GET", path: "/api/v2/dags", search: "", headers }, address)?.status;
}

describe("on a loopback address", () => {
  test.each(["localhost", "LOCALHOST:8793", "127.0.0.1:8793", "127.1.2.3", "[::1]:8793", "[::1]"])(
    "a request to %s passes",
    (host) => {
      expect(ask(host)).toBe(undefined);
      expect(ask(host, "::1")).toBe(undefined);
      expect(ask(host, "localhost")).toBe(undefined);
    },
  );

  test.each([
    "evil.example",
    "localhost.evil.example",
    "127.0.0.1.evil.example:8793",
    "evil.example:127.0.0.1",
    "localhost:80@evil.example",
    "10.0.0.1",
    "::1",
    "",
    undefined,
  ])("one to %s is refused: it may be another site's page", (host) => {
    expect(ask(host)).toBe(403);
  });
});

test.each(["0.0.0.0", "::", "10.0.0.1", "192.168.1.7", "dagmar.example"])(
  "on %s none passes: there is no login",
  (address) => {
    expect(ask("localhost", address)).toBe(403);
  },
);
