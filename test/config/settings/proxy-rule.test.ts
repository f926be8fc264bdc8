/** Which requests go through a proxy: one rule for S3, TMDB and the webhook. */
import { describe, expect, test } from "vitest";
import { chooseProxy, listProxySecrets, parseProxyRule } from "../../../config/settings/proxy-rule.ts";

const PROXY = "http://proxy.example:3128/";

function choose(variables: Readonly<Record<string, string>>, address: string): string | null {
  const rule = parseProxyRule(variables, []);
  return rule === null ? null : chooseProxy(rule, new URL(address));
}

describe("a request to", () => {
  test.each<[string, Readonly<Record<string, string>>, string | null]>([
    ["https://a.example", { HTTPS_PROXY: PROXY }, PROXY],
    ["https://a.example", { https_proxy: PROXY, HTTPS_PROXY: "http://other.example" }, PROXY],
    ["https://a.example", { HTTPS_PROXY: "proxy.example:3128" }, PROXY],
    ["https://a.example", { ALL_PROXY: PROXY }, PROXY],
    ["https://a.example", { HTTPS_PROXY: PROXY, ALL_PROXY: "http://other.example" }, PROXY],
    ["https://a.example", { HTTP_PROXY: PROXY }, null],
    ["http://a.example", { HTTP_PROXY: PROXY }, PROXY],
    ["http://a.example", { HTTPS_PROXY: PROXY }, null],
    ["https://a.example", { NO_PROXY: "b.example" }, null],
    ["https://127.0.0.1:9000", { HTTPS_PROXY: PROXY }, null],
    ["https://localhost", { HTTPS_PROXY: PROXY }, null],
    ["https://[::1]", { HTTPS_PROXY: PROXY }, null],
  ])("%s with %j goes through %s", (address, variables, proxy) => {
    expect(choose(variables, address)).toBe(proxy);
  });

  test.each<[string, string, boolean]>([
    ["*", "https://a.example", true],
    ["a.example", "https://a.example", true],
    ["a.example", "https://b.a.example", true],
    ["a.example", "https://ba.example", false],
    [".a.example", "https://b.a.example", true],
    ["*.a.example", "https://b.a.example", true],
    ["A.Example", "https://a.EXAMPLE.", true],
    ["x.example, a.example", "https://a.example", true],
    ["x.example a.example", "https://a.example", true],
    ["a.example:443", "https://a.example", true],
    ["a.example:8443", "https://a.example", false],
    ["a.example:8443", "https://a.example:8443", true],
    ["10.1.2.3", "https://10.1.2.3", true],
    ["2.3", "https://10.1.2.3", false],
    ["10.0.0.0/8", "https://10.1.2.3", true],
    ["10.0.0.0/8", "https://11.1.2.3", false],
    ["10.0.0.0/99", "https://10.1.2.3", false],
    ["fd00::/8", "https://[fd00::1]", true],
    ["[fd00::1]:443", "https://[fd00::1]", true],
    ["fd00::1", "https://[fd00::1]", true],
    ["10.0.0.0/8", "https://a.example", false],
  ])("NO_PROXY=%s and %s goes past the proxy: %s", (exempt, address, isPast) => {
    expect(choose({ HTTPS_PROXY: PROXY, no_proxy: exempt }, address)).toBe(isPast ? null : PROXY);
  });
});

test.each(["socks5://proxy.example:1080", "http://", "http://me:hush@"])(
  "a proxy that is none (%s) is a fault that does not repeat it",
  (address) => {
    const faults: string[] = [];
    parseProxyRule({ HTTPS_PROXY: address }, faults);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(/^HTTPS_PROXY must be the address of an http or https proxy/);
    expect(faults[0]).not.toContain("hush");
  },
);

test("a proxy's password is a secret, as it is written and as it is meant", () => {
  const rule = parseProxyRule({ HTTPS_PROXY: "http://me:hu%40sh@proxy.example" }, []);
  expect(listProxySecrets(rule)).toEqual(["hu%40sh", "hu@sh"]);
});
