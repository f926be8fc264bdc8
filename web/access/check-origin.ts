/**
 * Whether a request may come from where it comes: a page of another site must neither read through a name that leads to this
 * machine (DNS rebinding) nor write with the user's session (CSRF). Who sends it is not judged here.
 */
import { isLoopbackHost } from "../../model/text/loopback.ts";
import type { ProblemFacts } from "../api/problem.ts";
import type { ReceivedHead, RequestHead } from "../server/exchange.ts";

/** What a proxy adds, in whole or as a beginning. Without a login, such a request could come from any machine. */
const FORWARDED: ReadonlySet<string> = new Set(["forwarded", "via", "x-real-ip"]);
const FORWARDED_ALL = "x-forwarded-";
/** nginx speaks it by default to what is behind it, and adds no header. Browsers and clients of today do not. */
const PROXY_VERSION = "1.0";

/** `undefined` if it may pass. */
export function findOriginFault(head: ReceivedHead, isLoginNeeded: boolean): ProblemFacts | undefined {
  if (!isLoginNeeded) {
    const fault = findHostFault(head);
    if (fault !== undefined) return refuse(...fault);
  }
  if (head.method === "GET") return undefined;
  if (!comesFromElsewhere(head)) return undefined;
  return refuse("The request comes from a page of another site.");
}

function findHostFault({
  headers,
  httpVersion,
}: ReceivedHead): readonly [detail: string, hint: string] | undefined {
  const hint =
    "Set DAGMAR_WEB_PASSWORD_FILE to use Dagmar under another name, or from another machine through a proxy.";
  if (!isLoopbackHost(headers["host"] ?? "")) return ["The Host header does not name this machine.", hint];
  const isForwarded = Object.keys(headers).some(
    (name) => FORWARDED.has(name) || name.startsWith(FORWARDED_ALL),
  );
  if (!isForwarded && httpVersion !== PROXY_VERSION) return undefined;
  return ["The request came through a proxy, and there is no login.", hint];
}

/** Programs such as curl send neither header. Browsers let no page change them. */
function comesFromElsewhere({ headers }: RequestHead): boolean {
  const site = headers["sec-fetch-site"];
  if (site !== undefined && site !== "same-origin" && site !== "none") return true;
  const origin = headers["origin"];
  if (origin === undefined) return false;
  // Over plain HTTP and HTTPS alike: a proxy may end TLS.
  const own = [headers["host"], headers["x-forwarded-host"]].filter((name) => name !== undefined);
  return !own.some((name) => [`http://${name}`, `https://${name}`].includes(origin.toLowerCase()));
}

function refuse(detail: string, hint?: string): ProblemFacts {
  return { status: 403, code: "NOT_PERMITTED", detail, hint };
}
