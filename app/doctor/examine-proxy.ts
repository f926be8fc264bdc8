/** Whether the configured proxies take connections, and which servers are reached through them. */
import { connect } from "node:net";
import { chooseProxy, type ProxyRule } from "../../config/settings/proxy-rule.ts";
import type { Finding } from "../../model/ports/examination.ts";
import { describeNetworkFault } from "../../model/text/network-fault.ts";

const CONNECT_MS = 5_000;

export async function examineProxy(
  rule: ProxyRule | null,
  addresses: readonly string[],
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const what = "proxy";
  if (rule === null) return [{ what, state: "ok", says: "none is configured", todo: null }];
  const proxies = [...new Set([rule.https, rule.http].filter((proxy) => proxy !== null))];
  return await Promise.all(
    proxies.map(async (proxy): Promise<Finding> => {
      const { hostname, port, protocol } = new URL(proxy);
      // Without the user and the password that the address may hold.
      const place = `${hostname}:${port === "" ? (protocol === "https:" ? "443" : "80") : port}`;
      const behind = addresses.filter((address) => chooseProxy(rule, new URL(address)) === proxy);
      const used =
        behind.length === 0
          ? "nothing configured goes"
          : `${behind.map((one) => new URL(one).host).join(" and ")} goes`;
      try {
        await reach(hostname.replace(/^\[|\]$/g, ""), Number(place.split(":").at(-1)), signal);
        return { what, state: "ok", says: `${place} takes connections; ${used} through it`, todo: null };
      } catch (error) {
        const todo = "Start the proxy, or correct HTTPS_PROXY, HTTP_PROXY and NO_PROXY.";
        return {
          what,
          state: "fail",
          says: `${place}: ${describeNetworkFault((error as NodeJS.ErrnoException).code)}; ${used} through it`,
          todo,
        };
      }
    }),
  );
}

function reach(host: string, port: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, timeout: CONNECT_MS, signal });
    socket.once("connect", () => {
      socket.destroy();
      resolve();
    });
    socket.once("timeout", () => socket.destroy(Object.assign(new Error("timeout"), { code: "ETIMEDOUT" })));
    socket.once("error", reject);
  });
}
