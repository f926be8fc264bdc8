/**
 * Which requests go through a proxy, from HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY: the one rule for every
 * client. The composition root makes the connections.
 */
import { BlockList, isIP } from "node:net";
import { decodePart } from "../../model/text/address.ts";
import { isLoopback } from "../../model/text/loopback.ts";

export interface ProxyRule {
  /** The proxy for https addresses: an http or https URL, perhaps with a user and password. */
  readonly https: string | null;
  readonly http: string | null;
  /** What NO_PROXY lists, in lower case. */
  readonly exempt: readonly string[];
}

/** `null` if no proxy is configured. Faults never repeat an address, which may hold a password. */
export function parseProxyRule(
  variables: Readonly<Record<string, string>>,
  faults: string[],
): ProxyRule | null {
  const read = (name: string): string | undefined => variables[name.toLowerCase()] ?? variables[name];
  const readProxy = (name: string): string | null => {
    const text = read(name)?.trim();
    if (text === undefined || text === "") return null;
    const address = text.includes("://") ? text : `http://${text}`;
    const url = URL.canParse(address) ? new URL(address) : undefined;
    if (url !== undefined && /^https?:$/.test(url.protocol) && url.hostname !== "") return url.href;
    faults.push(
      `${name} must be the address of an http or https proxy, such as http://proxy.example.com:3128`,
    );
    return null;
  };
  const all = readProxy("ALL_PROXY");
  const https = readProxy("HTTPS_PROXY") ?? all;
  const http = readProxy("HTTP_PROXY") ?? all;
  if (https === null && http === null) return null;
  const exempt = (read("NO_PROXY") ?? "").toLowerCase().split(/[\s,]+/);
  return { https, http, exempt: exempt.filter((entry) => entry !== "") };
}

/** The proxy's URL for a request to this address, or `null` for none. A loopback address never goes through a proxy. */
export function chooseProxy(rule: ProxyRule, address: URL): string | null {
  const host = address.hostname
    .replace(/^\[|\]$/g, "")
    .replace(/\.$/, "")
    .toLowerCase();
  const isSecure = address.protocol === "https:";
  const port = address.port === "" ? (isSecure ? "443" : "80") : address.port;
  if (isLoopback(host)) return null;
  if (rule.exempt.some((entry) => isExempt(entry, host, port))) return null;
  return isSecure ? rule.https : rule.http;
}

/** The password of each proxy, for redaction, as written and decoded. */
export function listProxySecrets(rule: ProxyRule | null): readonly string[] {
  const passwords = [rule?.https, rule?.http].flatMap((address) =>
    address === null || address === undefined ? [] : [new URL(address).password],
  );
  return [...new Set(passwords.flatMap((text) => (text === "" ? [] : [text, decodePart(text) ?? text])))];
}

function isExempt(entry: string, host: string, port: string): boolean {
  if (entry === "*") return true;
  if (entry.includes("/")) return isInNetwork(entry, host);
  const [, bracketed, plain, onlyPort] = /^(?:\[([^\]]*)\]|([^:]*)|.*)(?::(\d+))?$/.exec(entry) ?? [];
  if (onlyPort !== undefined && onlyPort !== port) return false;
  const name = (bracketed ?? plain ?? entry).replace(/^\*?\./, "").replace(/\.$/, "");
  return name !== "" && (host === name || (isIP(host) === 0 && host.endsWith(`.${name}`)));
}

/** As `10.0.0.0/8`; host names are not resolved for it. */
function isInNetwork(entry: string, host: string): boolean {
  const [network = "", bits = ""] = entry.split("/");
  const family = isIP(network);
  const prefix = Number(bits);
  if (family === 0 || isIP(host) !== family || !/^\d{1,3}$/.test(bits)) return false;
  if (prefix > (family === 4 ? 32 : 128)) return false;
  const list = new BlockList();
  const kind = family === 4 ? "ipv4" : "ipv6";
  list.addSubnet(network, prefix, kind);
  return list.check(host, kind);
}
