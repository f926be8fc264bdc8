/** The path under which a proxy shows the pages and the API: it is taken off requests, and put in front of links in replies. */
import type { HttpAnswer } from "./exchange.ts";

/** `base`: empty, or such as `/x/y`. `undefined` for a path outside of it. */
export function stripBasePath(path: string, base: string): string | undefined {
  if (path === base) return "/";
  return path.startsWith(`${base}/`) ? path.slice(base.length) : undefined;
}

/** In `Location`, and in the `type` of a problem. Pages write their links with it themselves. */
export function prefixLinks<Answer extends HttpAnswer>(reply: Answer, base: string): Answer {
  if (base === "") return reply;
  const { Location: location, ...headers } = reply.headers;
  const prefixed =
    location?.startsWith("/") === true ? { ...headers, Location: base + location } : reply.headers;
  const isProblem = headers["Content-Type"]?.startsWith("application/problem+json") === true;
  if (!isProblem || !("body" in reply) || typeof reply.body !== "string")
    return { ...reply, headers: prefixed };
  const problem = JSON.parse(reply.body) as { readonly type: string };
  return {
    ...reply,
    headers: prefixed,
    body: `${JSON.stringify({ ...problem, type: base + problem.type })}\n`,
  };
}
