/** Who may use pages and API. On loopback no login is needed, but a page of another site must not reach them either. */
import { replyProblem } from "../api/problem.ts";
import type { HttpReply, RequestHead } from "./exchange.ts";

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i;

function isLoopback(host: string): boolean {
  return host === "::1" || LOOPBACK.test(host);
}

/** `undefined` if the request may pass. `host`: the address that the server listens on. */
export function guard(request: RequestHead, host: string): HttpReply | undefined {
  if (!isLoopback(host)) {
    return replyProblem({
      status: 403,
      code: "CONFIG_INVALID",
      detail: `DAGMAR_HTTP is ${host}, which other machines can reach, and there is no login.`,
      hint: "The API answers on a loopback address, such as DAGMAR_HTTP=127.0.0.1:8793.",
    });
  }
  // DNS rebinding: a name of another site that leads to this machine.
  if (!LOOPBACK.test(request.headers["host"] ?? "")) {
    return replyProblem({
      status: 403,
      code: "USAGE",
      detail: "The Host header does not name this machine.",
    });
  }
  return undefined;
}
